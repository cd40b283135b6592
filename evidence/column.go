package evidence

import "math/bits"

// column writes one kind of number as its length in bits, told as the distance from the length that the
// column has led the reader to expect, then the bits below the leading one. Measured times scatter around a
// length: most cost one or two bits more than their own digits, a rare long one costs little more, and a
// value that is always zero costs one bit. Both sides keep the same expectation, so nothing of it is sent.
type column struct {
	expect int // expected length in sixteenths of a bit
}

func expecting(length int) column { return column{expect: length * 16} }

func (c *column) put(w *bitWriter, v uint64) {
	n := bits.Len64(v)
	w.unary(rank(n - c.length()))
	if n > 1 {
		w.bits(v&(1<<(n-1)-1), uint(n-1))
	}
	c.learn(n)
}

func (c *column) get(r *bitReader) uint64 {
	n := c.length() + distance(r.unary(128))
	if n < 0 || n > 64 {
		r.bad = true
		return 0
	}
	c.learn(n)
	if n < 2 {
		return uint64(n)
	}
	return 1<<(n-1) | r.bits(uint(n-1))
}

func (c *column) putSigned(w *bitWriter, v int64) { c.put(w, uint64(v)<<1^uint64(v>>63)) }

func (c *column) getSigned(r *bitReader) int64 {
	u := c.get(r)
	return int64(u>>1) ^ -int64(u&1)
}

func (c *column) length() int { return c.expect >> 4 }

func (c *column) learn(n int) { c.expect += (n*16 - c.expect) >> 2 }

// rank orders lengths by distance from the expected one: 0, +1, -1, +2, -2 and so on.
func rank(d int) uint {
	if d > 0 {
		return uint(2*d - 1)
	}
	return uint(-2 * d)
}

func distance(rank uint) int {
	if rank%2 == 1 {
		return int(rank+1) / 2
	}
	return -int(rank / 2)
}
