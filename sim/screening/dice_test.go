package screening

import (
	"slices"
	"testing"
	"time"
)

// drawn returns the first draws for a purpose, while others draw in between.
func drawn(seed uint64, purpose string, others int) []uint64 {
	d := NewDice(seed)
	var values []uint64
	for range 20 {
		for range others {
			d.For("another purpose")
		}
		values = append(values, d.For(purpose).Uint64())
	}
	return values
}

func TestDice_SequenceDependsOnSeedAndPurposeOnly(t *testing.T) {
	t.Parallel()
	first := drawn(7, "tpac/sign-on/MIA-1/latency", 0)
	if busy := drawn(7, "tpac/sign-on/MIA-1/latency", 3); !slices.Equal(first, busy) {
		t.Error("what others draw changes the sequence")
	}
	if other := drawn(8, "tpac/sign-on/MIA-1/latency", 0); slices.Equal(first, other) {
		t.Error("another seed gives the same sequence")
	}
	if other := drawn(7, "tpac/sign-on/SEA-1/latency", 0); slices.Equal(first, other) {
		t.Error("another agent gets the same sequence")
	}
	if repeated := slices.Compact(slices.Sorted(slices.Values(first))); len(repeated) != len(first) {
		t.Error("a value repeats")
	}
}

func TestLatency_LogNormalAroundTheMedian(t *testing.T) {
	t.Parallel()
	const median = 200 * time.Millisecond
	d := NewDice(1)
	var took []time.Duration
	for range 4000 {
		took = append(took, latency(d.For("x"), median))
	}
	slices.Sort(took)
	for _, c := range []struct {
		name     string
		got      time.Duration
		from, to time.Duration
	}{
		{"least", took[0], 60 * time.Millisecond, 120 * time.Millisecond},
		{"median", took[2000], 190 * time.Millisecond, 210 * time.Millisecond},
		{"99th percentile", took[3960], 400 * time.Millisecond, 520 * time.Millisecond}, // 200 ms x e^(0.35 x 2.33) = 452 ms
		{"greatest", took[3999], 500 * time.Millisecond, 572 * time.Millisecond},
	} {
		if c.got < c.from || c.got > c.to {
			t.Errorf("%s: got %v, want %v to %v", c.name, c.got, c.from, c.to)
		}
	}
}
