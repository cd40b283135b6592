package spool

import (
	"testing"

	"pgregory.net/rapid"

	"portolan"
)

// A set of ranges must do as a set of numbers does.
func TestSeqSet_AreASetOfNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rs seqSet
		model := map[portolan.Seq]bool{}
		draw := func(label string) seqRange {
			first := rapid.IntRange(1, 60).Draw(t, label)
			return seqRange{First: portolan.Seq(first), Last: portolan.Seq(first + rapid.IntRange(0, 9).Draw(t, label+" length"))}
		}
		for range rapid.IntRange(0, 12).Draw(t, "additions") {
			r := draw("range")
			rs.add(seqSet{r})
			for seq := r.First; seq <= r.Last; seq++ {
				model[seq] = true
			}
		}
		if !rs.valid() || rs.Count() != uint64(len(model)) {
			t.Fatalf("%v: valid %v, count %d, want %d", rs, rs.valid(), rs.Count(), len(model))
		}
		probe := draw("probe")
		left := rs.Without(probe)
		for seq := portolan.Seq(1); seq < 80; seq++ {
			inside := probe.First <= seq && seq <= probe.Last
			if rs.Has(seq) != model[seq] || left.Has(seq) != (inside && !model[seq]) {
				t.Fatalf("%v without %v is %v: wrong at %d", rs, probe, left, seq)
			}
		}
	})
}
