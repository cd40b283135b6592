package projection

import (
	"testing"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/store"
	"pgregory.net/rapid"
)

// Counts give the quantiles of a DDSketch with the same bins, however they were added up.
func TestCounts_GiveTheQuantilesOfADDSketch(t *testing.T) {
	t.Parallel()
	scale, err := newScale()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		sketch := ddsketch.NewDDSketch(scale, store.NewDenseStore(), store.NewDenseStore())
		var all counts
		for range rapid.IntRange(1, 5).Draw(t, "hours") {
			var hour counts
			for _, seconds := range rapid.SliceOfN(rapid.Float64Range(0, 2000), 1, 40).Draw(t, "seconds") {
				if seconds < scale.MinIndexableValue() {
					hour.zeros++
				} else {
					hour.add(scale.Index(seconds))
				}
				if err := sketch.Add(seconds); err != nil {
					t.Fatal(err)
				}
			}
			if err := all.decode(hour.encode()); err != nil {
				t.Fatal(err)
			}
		}
		total := all.total()
		for _, share := range []float64{0, 0.5, 0.95, 0.99, 1} {
			want, err := sketch.GetValueAtQuantile(share)
			if got := all.quantile(share, total, scale); got != want || err != nil || total != uint64(sketch.GetCount()) {
				t.Errorf("%g of %d answers: got %g, want %g of %g, %v", share, total, got, want, sketch.GetCount(), err)
			}
		}
	})
}
