package availability

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// A sum is packed as a uvarint with a bit for each of its times that is not zero, and those as varints of 128 bits, so
// that a healthy day is some twenty bytes.

// Append appends the sum to b in a form that ReadSum reads.
func (s *Sum) Append(b []byte) []byte {
	var set uint64
	for i, t := range s.all() {
		for c := range t {
			if !t[c].IsZero() {
				set |= 1 << (i*Classes + c)
			}
		}
	}
	b = binary.AppendUvarint(b, set)
	for _, t := range s.all() {
		for c := range t {
			if !t[c].IsZero() {
				b = t[c].append(b)
			}
		}
	}
	return b
}

// ReadSum returns the sum that Append appended at the beginning of b, and what follows it. It accepts nothing that
// Append would not have written.
func ReadSum(b []byte) (s Sum, rest []byte, err error) {
	set, n := binary.Uvarint(b)
	if n <= 0 || n != varintLen(set) || bits.Len64(set) > len(s.all())*Classes {
		return Sum{}, nil, errors.New("read sum: not in the form in which it is written")
	}
	rest = b[n:]
	all := s.all()
	for ; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		var ok bool
		t := &all[i/Classes][i%Classes]
		if *t, rest, ok = readUint128(rest); !ok || t.IsZero() {
			return Sum{}, nil, errors.New("read sum: truncated, or not in the form in which it is written")
		}
	}
	return s, rest, nil
}

// all returns the sum's times in the order in which they are stored.
func (s *Sum) all() [5]*times {
	return [...]*times{&s.time, &s.uncertain, &s.planned, &s.plannedUncertain, &s.plain}
}

// varintLen returns how many bytes a uvarint takes.
func varintLen(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// append appends u as a varint: seven bits a byte, the lowest first, the top bit set where more follow.
func (u Uint128) append(b []byte) []byte {
	for u.Hi != 0 || u.Lo >= 0x80 {
		b = append(b, byte(u.Lo)|0x80)
		u.Lo = u.Lo>>7 | u.Hi<<57
		u.Hi >>= 7
	}
	return append(b, byte(u.Lo))
}

// readUint128 reads a varint that is no longer than it need be.
func readUint128(b []byte) (u Uint128, rest []byte, ok bool) {
	for i, c := range b {
		shift := uint(7 * i)
		bitsOf := uint64(c & 0x7f)
		switch {
		case shift < 64:
			u.Lo |= bitsOf << shift
			u.Hi |= bitsOf >> (64 - shift)
		case shift < 128:
			high := bitsOf << (shift - 64)
			if high>>(shift-64) != bitsOf {
				return Uint128{}, nil, false
			}
			u.Hi |= high
		default:
			return Uint128{}, nil, false
		}
		if c < 0x80 {
			return u, b[i+1:], c != 0 || i == 0
		}
	}
	return Uint128{}, nil, false
}
