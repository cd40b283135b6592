package spool

import (
	"slices"

	"portolan"
)

// seqRange is a run of sequence numbers, both ends included.
type seqRange struct {
	First, Last portolan.Seq
}

func (r seqRange) count() uint64 { return uint64(r.Last - r.First + 1) }

// seqSet is a set of sequence numbers: runs in ascending order that neither touch nor overlap.
type seqSet []seqRange

// rangesOf returns the set of the given numbers, which must ascend.
func rangesOf(seqs []portolan.Seq) seqSet {
	var rs seqSet
	for _, seq := range seqs {
		if n := len(rs); n > 0 && rs[n-1].Last+1 == seq {
			rs[n-1].Last = seq
			continue
		}
		rs = append(rs, seqRange{First: seq, Last: seq})
	}
	return rs
}

// Has reports whether seq is in the set.
func (rs seqSet) Has(seq portolan.Seq) bool {
	i := rs.from(seq)
	return i < len(rs) && rs[i].First <= seq
}

// Count returns how many numbers are in the set.
func (rs seqSet) Count() (n uint64) {
	for _, r := range rs {
		n += r.count()
	}
	return n
}

// Without returns the numbers of r that are not in the set.
func (rs seqSet) Without(r seqRange) seqSet {
	var out seqSet
	for i := rs.from(r.First); i < len(rs) && rs[i].First <= r.Last; i++ {
		if r.First < rs[i].First {
			out = append(out, seqRange{First: r.First, Last: rs[i].First - 1})
		}
		if rs[i].Last >= r.Last {
			return out
		}
		r.First = rs[i].Last + 1
	}
	return append(out, r)
}

// add puts the numbers of more into the set.
func (rs *seqSet) add(more seqSet) {
	for _, r := range more {
		rs.addRange(r)
	}
}

func (rs *seqSet) addRange(r seqRange) {
	i := rs.from(max(r.First, 1) - 1)
	j := i
	for ; j < len(*rs) && (*rs)[j].First <= r.Last+1; j++ {
		r.First, r.Last = min(r.First, (*rs)[j].First), max(r.Last, (*rs)[j].Last)
	}
	*rs = slices.Replace(*rs, i, j, r)
}

// from returns the index of the first run that ends at seq or later.
func (rs seqSet) from(seq portolan.Seq) int {
	i, _ := slices.BinarySearchFunc(rs, seq, func(r seqRange, seq portolan.Seq) int {
		if r.Last < seq {
			return -1
		}
		return 1
	})
	return i
}

// valid reports whether the set, read from disk, has the form that the methods rely on.
func (rs seqSet) valid() bool {
	for i, r := range rs {
		if r.First == 0 || r.First > r.Last || r.Last == ^portolan.Seq(0) || i > 0 && r.First <= rs[i-1].Last+1 {
			return false
		}
	}
	return true
}
