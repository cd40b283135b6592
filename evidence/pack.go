package evidence

import (
	"github.com/klauspost/compress/zstd"
)

// pack returns the body in the smaller of its two forms, and which one that is.
func pack(body []byte) ([]byte, int) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		return body, packRaw
	}
	defer z.Close()
	if packed := z.EncodeAll(body, nil); len(packed) < len(body) {
		return packed, packZstd
	}
	return body, packRaw
}

// unpack returns the body, whose size the header tells.
func unpack(packed []byte, way uint64, size int) ([]byte, error) {
	body := packed
	if way == packZstd {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(uint64(DefaultLimits().Body)))
		if err != nil {
			return nil, malformed("body", "%v", err)
		}
		defer z.Close()
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
