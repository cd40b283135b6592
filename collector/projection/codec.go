package projection

import (
	"encoding/binary"
	"errors"

	"portolan"
)

// errStored says that bytes which this package stored cannot be read back: the projection must be rebuilt.
var errStored = errors.New("stored projection is damaged or of another version: rebuild it")

// writer appends values in the order in which reader takes them.
type writer struct{ b []byte }

func (w *writer) uint(v uint64)            { w.b = binary.AppendUvarint(w.b, v) }
func (w *writer) at(v portolan.Instant)    { w.b = binary.AppendVarint(w.b, int64(v)) }
func (w *writer) stream(s portolan.Stream) { w.b = append(w.b, s[:]...) }

func (w *writer) flag(v bool) {
	if v {
		w.b = append(w.b, 1)
		return
	}
	w.b = append(w.b, 0)
}

func (w *writer) bytes(b []byte) {
	w.uint(uint64(len(b)))
	w.b = append(w.b, b...)
}

func (w *writer) text(s string) { w.bytes([]byte(s)) }

// reader takes values back; after the first one that is not there, err is set and all others are zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	return v * uint64(r.took(n))
}

func (r *reader) at() portolan.Instant {
	v, n := binary.Varint(r.b)
	return portolan.Instant(v * int64(r.took(n)))
}

// took drops the n bytes of a number and returns 1, or 0 if there was none.
func (r *reader) took(n int) int {
	if n <= 0 {
		r.b, r.err = nil, errStored
		return 0
	}
	r.b = r.b[n:]
	return 1
}

func (r *reader) fixed(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.err = nil, errStored
		return nil
	}
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) stream() (s portolan.Stream) {
	copy(s[:], r.fixed(len(s)))
	return s
}

func (r *reader) flag() bool {
	b := r.fixed(1)
	return len(b) == 1 && b[0] == 1
}

func (r *reader) bytes() []byte { return r.fixed(r.count()) }
func (r *reader) text() string  { return string(r.bytes()) }

// count reads how many things follow; each takes at least a byte, which bounds what a caller allocates.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.b, r.err = nil, errStored
		return 0
	}
	return int(n)
}
