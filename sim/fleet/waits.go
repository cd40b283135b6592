package fleet

import (
	"math"
	"time"
)

// Waits says how long batches waited for their acknowledgements, in seconds; percentiles are right within one percent.
type Waits struct {
	Batches uint64  `json:"batches"`
	P50     float64 `json:"p50_seconds"`
	P95     float64 `json:"p95_seconds"`
	P99     float64 `json:"p99_seconds"`
	Max     float64 `json:"max_seconds"`
}

// waits counts waits in steps of two percent, so that its size does not grow with what is counted.
type waits struct {
	counts [steps]uint64
	all    uint64
	max    time.Duration
}

const (
	steps  = 1024 // from 1 us to 2 h
	growth = 1.02
	least  = time.Microsecond
)

func (w *waits) add(d time.Duration) {
	at := 0
	if d > least {
		at = int(math.Log(float64(d)/float64(least)) / math.Log(growth))
	}
	w.counts[min(at, steps-1)]++
	w.all++
	w.max = max(w.max, d)
}

// at returns what a part of the waits, from 0 to 1, do not exceed; zero if there are none.
func (w *waits) at(part float64) time.Duration {
	want, seen := uint64(math.Ceil(part*float64(w.all))), uint64(0)
	for i, n := range w.counts {
		if seen += n; n > 0 && seen >= want {
			middle := float64(least) * math.Pow(growth, float64(i)+0.5)
			return min(time.Duration(middle), w.max)
		}
	}
	return 0
}

func (w *waits) summary() Waits {
	return Waits{
		Batches: w.all, P50: w.at(0.5).Seconds(), P95: w.at(0.95).Seconds(), P99: w.at(0.99).Seconds(), Max: w.max.Seconds(),
	}
}
