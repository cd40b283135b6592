package projection

import (
	"slices"

	"portolan"
)

// seqSet is a set of sequence numbers as ascending ranges that do not touch. A stream without holes is one range.
type seqSet []seqRange

type seqRange struct{ first, last portolan.Seq }

// has reports whether seq is in the set.
func (s seqSet) has(seq portolan.Seq) bool {
	if n := len(s); n == 0 || s[n-1].last < seq {
		return false
	}
	i := s.search(seq)
	return i < len(s) && s[i].first <= seq
}

// search returns the first range that ends at or after seq.
func (s seqSet) search(seq portolan.Seq) int {
	i, _ := slices.BinarySearchFunc(s, seq, func(r seqRange, seq portolan.Seq) int {
		if r.last < seq {
			return -1
		}
		return 1
	})
	return i
}

// with returns the set with seq added; s itself may be changed.
func (s seqSet) with(seq portolan.Seq) seqSet {
	if n := len(s); n > 0 && s[n-1].last+1 == seq { // as nearly always
		s[n-1].last = seq
		return s
	}
	i := s.search(seq)
	if i < len(s) && s[i].first <= seq {
		return s
	}
	before := i > 0 && s[i-1].last+1 == seq
	after := i < len(s) && s[i].first == seq+1
	switch {
	case before && after:
		s[i-1].last = s[i].last
		return slices.Delete(s, i, i+1)
	case before:
		s[i-1].last = seq
	case after:
		s[i].first = seq
	default:
		return slices.Insert(s, i, seqRange{seq, seq})
	}
	return s
}
