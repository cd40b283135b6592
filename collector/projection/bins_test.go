package projection

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A bin is told as the scale tells it, for any value; what the table says at the edges of its cells and bins included.
func TestBins_AreThoseOfTheScale(t *testing.T) {
	t.Parallel()
	b, err := newBins()
	if err != nil {
		t.Fatal(err)
	}
	check := func(t interface{ Errorf(string, ...any) }, seconds float64) {
		if got, want := b.Index(seconds), b.LogarithmicMapping.Index(seconds); got != want {
			t.Errorf("%g s: got bin %d, want %d", seconds, got, want)
		}
	}
	for _, c := range b.cells {
		for _, edge := range []float64{c.next, b.LowerBound(c.bin), b.LowerBound(c.bin + 1)} {
			check(t, math.Nextafter(edge, 0))
			check(t, edge)
			check(t, math.Nextafter(edge, math.Inf(1)))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.Float64Range(leastMeasured/10, 10*mostMeasured).Draw(t, "seconds"))
		check(t, float64(rapid.Int64Range(1, 1e11).Draw(t, "microseconds"))/1e6)
	})
}
