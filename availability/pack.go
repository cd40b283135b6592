package availability

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"portolan"
)

// A segment is packed as one uvarint: its length in microseconds, and below that four bits for what it is. Length 0
// means "to the end of the span", so that an hour in one class is one byte. Time out of service is packed like a
// segment where segments follow it, and left out at the end.
const (
	packBits      = 4
	packClass     = 1<<3 - 1
	packUncertain = 1 << 3
	packNothing   = packClass // not in service; no class has this value
)

// AppendSegments appends the segments of one span (an hour of a series, as a database row keeps it) to b. Segments
// are as Fold returns them: in order, joined, and within the span.
func AppendSegments(b []byte, span portolan.Span, segments []Segment) []byte {
	at := span.From
	for _, s := range segments {
		if s.Span.From > at {
			b = appendPiece(b, uint64(s.Span.From-at), packNothing)
		}
		length := uint64(s.Span.To - s.Span.From)
		if s.Span.To == span.To {
			length = 0
		}
		kind := uint64(s.Class.known())
		if s.Uncertain {
			kind |= packUncertain
		}
		b = appendPiece(b, length, kind)
		at = s.Span.To
	}
	return b
}

func appendPiece(b []byte, length, kind uint64) []byte {
	return binary.AppendUvarint(b, length<<packBits|kind)
}

// ReadSegments returns the segments of a span that AppendSegments packed into b. It accepts nothing that
// AppendSegments would not have written.
func ReadSegments(b []byte, span portolan.Span) ([]Segment, error) {
	var segments []Segment
	at := span.From
	for rest := b; len(rest) > 0; {
		piece, n := binary.Uvarint(rest)
		if n <= 0 {
			return nil, errors.New("read segments: truncated")
		}
		rest = rest[n:]
		length := piece >> packBits
		if left := uint64(max(0, span.To-at)); length == 0 {
			length = left
		} else if length > left {
			return nil, fmt.Errorf("read segments: %d µs where %d are left", length, left)
		}
		s := Segment{Span: portolan.Span{From: at, To: at + portolan.Instant(length)}}
		at = s.Span.To
		if piece&(packClass|packUncertain) == packNothing {
			continue
		}
		s.Class, s.Uncertain = Class(piece&packClass), piece&packUncertain != 0
		segments = AppendSegment(segments, s)
	}
	if !bytes.Equal(AppendSegments(nil, span, segments), b) {
		return nil, errors.New("read segments: not in the form in which they are written")
	}
	return segments, nil
}
