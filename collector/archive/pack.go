package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"portolan/collector/ledger"
)

// A file is its magic line and one zstd frame with a checksum. In the frame is, for each batch, how far its position lies
// beyond the one before, its length, and its bytes as they were sent.
const magic = "portolan archive 1\n"

// mostUnpacked bounds what a file may hold: its batches, of which the last one may be large.
const mostUnpacked = 64 << 20

// pack returns the content of a file.
func pack(links []ledger.Link) []byte {
	var plain []byte
	before := ledger.Position(0)
	for i := range links {
		plain = binary.AppendUvarint(plain, uint64(links[i].Position-before))
		plain = binary.AppendUvarint(plain, uint64(len(links[i].Bytes)))
		plain = append(plain, links[i].Bytes...)
		before = links[i].Position
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constants
	}
	return encoder.EncodeAll(plain, []byte(magic))
}

// unpack returns what a file holds, by position.
func unpack(data []byte) (map[ledger.Position][]byte, error) {
	frame, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return nil, errors.New("not an archive of this form")
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostUnpacked))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	plain, err := decoder.DecodeAll(frame, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	found := map[ledger.Position][]byte{}
	position := uint64(0)
	for len(plain) > 0 {
		step, n := binary.Uvarint(plain)
		if n <= 0 || step == 0 || position+step < position || position+step > 1<<63-1 {
			return nil, errors.New("a position that cannot be")
		}
		plain, position = plain[n:], position+step
		length, n := binary.Uvarint(plain)
		if n <= 0 || length > uint64(len(plain)-n) {
			return nil, errors.New("it ends in the middle of a batch")
		}
		found[ledger.Position(position)] = plain[n : n+int(length) : n+int(length)]
		plain = plain[n+int(length):]
	}
	return found, nil
}
