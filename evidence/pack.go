package evidence

import (
	"sync"

	"github.com/klauspost/compress/zstd"
)

// minPack is the size of a body below which packing has never won anything.
const minPack = 256

// The packers keep tables of a megabyte and are safe for concurrent use, so the program shares one of each,
// made when first needed.
var (
	packer = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	})
	unpacker = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(uint64(DefaultLimits().Body)))
	})
)

// pack returns the body in the smaller of its two forms, and which one that is.
func pack(body []byte) ([]byte, int) {
	if len(body) < minPack {
		return body, packRaw
	}
	z, err := packer()
	if err != nil {
		return body, packRaw
	}
	if packed := z.EncodeAll(body, nil); len(packed) < len(body) {
		return packed, packZstd
	}
	return body, packRaw
}

// unpack returns the body, whose size the header tells.
func unpack(packed []byte, way uint64, size int) ([]byte, error) {
	body := packed
	if way == packZstd {
		z, err := unpacker()
		if err != nil {
			return nil, malformed("body", "%v", err)
		}
		// The room that is set aside is bounded: a header may tell of megabytes that never come.
		if body, err = z.DecodeAll(packed, make([]byte, 0, min(size, 64*len(packed)))); err != nil {
			return nil, malformed("body", "%v", err)
		}
	}
	if len(body) != size {
		return nil, malformed("body", "%d bytes, the header tells of %d", len(body), size)
	}
	return body, nil
}
