package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"iter"
)

// kind says what a frame holds. Values are stored: do not reorder, add at the end.
type kind uint8

const (
	kindUnknown  kind = iota
	kindSnapshot      // a state: the first frame of every segment
	kindPlan          // the plan of the records that follow
	kindRecord        // one record
	kindFlight        // a batch about to be sent for the first time
	kindMark          // a state without a flight, as it is now
)

// A frame is a marker, its kind, the length of what it holds, a checksum over all of that, and what it holds.
// The marker lets a reader find the next frame behind damaged bytes.
const (
	marker     = "\xf7PS1"
	headerSize = len(marker) + 1 + 4 + 4
	// maxFrame is above the largest batch that may be sent, with what is noted beside it.
	maxFrame = 4 << 20
)

// frame is one frame of a segment. Its payload refers to the segment's bytes.
type frame struct {
	kind    kind
	payload []byte
	end     int // the offset behind the frame
}

func appendFrame(b []byte, k kind, payload []byte) []byte {
	start := len(b)
	b = append(append(b, marker...), byte(k))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, checksum(b[start+len(marker):], payload))
	return append(b, payload...)
}

func checksum(head, payload []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(head, table), table, payload)
}

// readFrame returns the frame that begins at offset at, if a whole and sound one does.
func readFrame(data []byte, at int) (frame, bool) {
	b := data[at:]
	if len(b) < headerSize || string(b[:len(marker)]) != marker {
		return frame{}, false
	}
	size := binary.LittleEndian.Uint32(b[len(marker)+1:])
	if size > maxFrame || int(size) > len(b)-headerSize {
		return frame{}, false
	}
	payload := b[headerSize : headerSize+int(size)]
	if checksum(b[len(marker):headerSize-4], payload) != binary.LittleEndian.Uint32(b[headerSize-4:]) {
		return frame{}, false
	}
	return frame{kind: kind(b[len(marker)]), payload: payload, end: at + headerSize + int(size)}, true
}

// health is what scan found besides frames.
type health struct {
	whole int  // bytes up to the end of the last sound frame
	holes bool // there are sound frames behind damaged bytes
}

// scan yields the sound frames in data, stepping over damaged bytes.
func scan(data []byte, h *health) iter.Seq[frame] {
	return func(yield func(frame) bool) {
		for at := 0; at < len(data); {
			f, ok := readFrame(data, at)
			if !ok {
				next := bytes.Index(data[at+1:], []byte(marker))
				if next < 0 {
					return
				}
				at += 1 + next
				continue
			}
			h.holes = h.holes || at != h.whole
			at, h.whole = f.end, f.end
			if !yield(f) {
				return
			}
		}
	}
}
