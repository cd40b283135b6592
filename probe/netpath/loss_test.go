package netpath

import (
	"math"
	"testing"
)

// By definition each bound is a share from which what was seen is 1.96 standard errors away.
func TestWilson_BoundsAreSharesThatJustFit(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 200; n++ {
		for k := range n + 1 {
			low, high := wilson(k, n)
			seen := float64(k) / float64(n)
			if low > seen+1e-12 || high < seen-1e-12 || low < 0 || high > 1 {
				t.Fatalf("%d of %d: got %v to %v", k, n, low, high)
			}
			for _, bound := range []float64{low, high} {
				if away := math.Abs(seen - bound); away > 1e-9 && math.Abs(away-1.959964*math.Sqrt(bound*(1-bound)/float64(n))) > 1e-9 {
					t.Fatalf("%d of %d: bound %v is not 1.96 standard errors away", k, n, bound)
				}
			}
		}
	}
	if low, high := wilson(0, 20); low != 0 || math.Abs(high-0.1611) > 1e-4 {
		t.Errorf("none of 20: got %v to %v, want 0 to 0.1611", low, high)
	}
}

func TestPath_DiffersOnlyWhereBothAreKnown(t *testing.T) {
	t.Parallel()
	base := path{addresses: []string{"10.0.0.9"}, local: "10.0.0.1", hops: []string{"10.0.0.2", "", "10.0.0.9"}}
	for name, c := range map[string]struct {
		other path
		want  bool
	}{
		"same":          {base, false},
		"router":        {path{base.addresses, base.local, []string{"10.0.0.3", "", "10.0.0.9"}}, true},
		"silent-router": {path{base.addresses, base.local, []string{"", "10.0.0.7", "10.0.0.9"}}, false},
		"one-more":      {path{base.addresses, base.local, []string{"10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.9"}}, true},
		"no-trace":      {path{base.addresses, base.local, nil}, false},
		"name":          {path{[]string{"10.0.0.8"}, base.local, base.hops}, true},
		"interface":     {path{base.addresses, "10.1.0.1", base.hops}, true},
	} {
		if got := base.differs(c.other); got != c.want || c.other.differs(base) != got {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
