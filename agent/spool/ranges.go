package spool

import (
	"slices"

	"portolan"
)

// Range is a run of sequence numbers, both ends included.
type Range struct {
	First, Last portolan.Seq
}

func (r Range) count() uint64 { return uint64(r.Last - r.First + 1) }

// Ranges is a set of sequence numbers: runs in ascending order that neither touch nor overlap.
type Ranges []Range

// rangesOf returns the set of the given numbers, which must ascend.
func rangesOf(seqs []portolan.Seq) Ranges {
	var rs Ranges
	for _, seq := range seqs {
		if n := len(rs); n > 0 && rs[n-1].Last+1 == seq {
			rs[n-1].Last = seq
			continue
		}
		rs = append(rs, Range{First: seq, Last: seq})
	}
	return rs
}

// Has reports whether seq is in the set.
func (rs Ranges) Has(seq portolan.Seq) bool {
	i := rs.from(seq)
	return i < len(rs) && rs[i].First <= seq
}

// Count returns how many numbers are in the set.
func (rs Ranges) Count() (n uint64) {
	for _, r := range rs {
		n += r.count()
	}
	return n
}

// Without returns the numbers of r that are not in the set.
func (rs Ranges) Without(r Range) Ranges {
	var out Ranges
	for i := rs.from(r.First); i < len(rs) && rs[i].First <= r.Last; i++ {
		if r.First < rs[i].First {
			out = append(out, Range{First: r.First, Last: rs[i].First - 1})
		}
		if rs[i].Last >= r.Last {
			return out
		}
		r.First = rs[i].Last + 1
	}
	return append(out, r)
}

// add puts the numbers of more into the set.
func (rs *Ranges) add(more Ranges) {
	for _, r := range more {
		rs.addRange(r)
	}
}

func (rs *Ranges) addRange(r Range) {
	i := rs.from(max(r.First, 1) - 1)
	j := i
	for ; j < len(*rs) && (*rs)[j].First <= r.Last+1; j++ {
		r.First, r.Last = min(r.First, (*rs)[j].First), max(r.Last, (*rs)[j].Last)
	}
	*rs = slices.Replace(*rs, i, j, r)
}

// from returns the index of the first run that ends at seq or later.
func (rs Ranges) from(seq portolan.Seq) int {
	i, _ := slices.BinarySearchFunc(rs, seq, func(r Range, seq portolan.Seq) int {
		if r.Last < seq {
			return -1
		}
		return 1
	})
	return i
}

// valid reports whether the set, read from disk, has the form that the methods rely on.
func (rs Ranges) valid() bool {
	for i, r := range rs {
		if r.First == 0 || r.First > r.Last || r.Last == ^portolan.Seq(0) || i > 0 && r.First <= rs[i-1].Last+1 {
			return false
		}
	}
	return true
}
