package evidence

import (
	"encoding/binary"
	"math/bits"
)

// bitWriter appends bits to bytes, least significant bit first.
type bitWriter struct {
	out  []byte
	acc  uint64
	used uint // bits in acc, below 8 between calls
}

func (w *bitWriter) bits(v uint64, n uint) {
	for n > 32 {
		w.short(v&(1<<32-1), 32)
		v, n = v>>32, n-32
	}
	w.short(v, n)
}

func (w *bitWriter) short(v uint64, n uint) {
	w.acc |= v << w.used
	for w.used += n; w.used >= 8; w.used -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
}

// unary writes n ones and a zero.
func (w *bitWriter) unary(n uint) {
	for ; n >= 32; n -= 32 {
		w.short(1<<32-1, 32)
	}
	w.short(1<<n-1, n+1)
}

// bytes returns what was written, the last byte filled up with zeros.
func (w *bitWriter) bytes() []byte {
	if w.used == 0 {
		return w.out
	}
	return append(w.out, byte(w.acc))
}

// bitReader reads what bitWriter wrote. Past the end it reads zeros and remembers that it did.
type bitReader struct {
	in   []byte
	acc  uint64
	held uint // bits in acc
	bad  bool
}

func (r *bitReader) fill() {
	if len(r.in) >= 8 {
		r.acc |= binary.LittleEndian.Uint64(r.in) << r.held
		n := (63 - r.held) / 8
		r.in = r.in[n:]
		r.held += n * 8
		// Bits above held may stay set: they are those of the bytes read next.
		r.acc &= 1<<r.held - 1
		return
	}
	for r.held <= 55 && len(r.in) > 0 {
		r.acc |= uint64(r.in[0]) << r.held
		r.in, r.held = r.in[1:], r.held+8
	}
}

func (r *bitReader) bits(n uint) uint64 {
	if n <= 32 {
		return r.short(n)
	}
	low := r.short(32)
	return low | r.short(n-32)<<32
}

func (r *bitReader) short(n uint) uint64 {
	if r.held < n {
		if r.fill(); r.held < n {
			r.bad = true
			return 0
		}
	}
	v := r.acc & (1<<n - 1)
	r.acc >>= n
	r.held -= n
	return v
}

// unary reads ones up to a zero; a run longer than most is refused.
func (r *bitReader) unary(most uint) uint {
	var n uint
	for n <= most {
		if r.held == 0 {
			if r.fill(); r.held == 0 {
				break
			}
		}
		ones := min(uint(bits.TrailingZeros64(^r.acc)), r.held)
		n += ones
		if ones < r.held {
			r.acc >>= ones + 1
			r.held -= ones + 1
			if n <= most {
				return n
			}
			break
		}
		r.acc, r.held = 0, 0
	}
	r.bad = true
	return 0
}

// rest reports whether anything but the filling of the last byte is left.
func (r *bitReader) rest() bool {
	return len(r.in) > 0 || r.held >= 8 || r.acc != 0
}
