package screening

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Dice draws everything that is random from one seed. Each purpose (a system, a step, an agent, what for)
// has its own sequence, so what one of them draws does not depend on when the others do.
type Dice struct {
	seed uint64

	mu sync.Mutex
	// mu guards everything that follows.
	drawn map[string]uint64
}

// NewDice returns dice for a seed.
func NewDice(seed uint64) *Dice { return &Dice{seed: seed, drawn: map[string]uint64{}} }

// For returns the source of the next draw for a purpose.
func (d *Dice) For(purpose string) *rand.Rand {
	d.mu.Lock()
	n := d.drawn[purpose]
	d.drawn[purpose]++
	d.mu.Unlock()
	h := fnv.New64a()
	_, _ = h.Write([]byte(purpose))
	// Neighboring numbers are far apart in PCG's output only if both words of its seed differ well.
	return rand.New(rand.NewPCG(d.seed^h.Sum64(), (n+1)*0x9e3779b97f4a7c15))
}

// Latencies are log-normal: most near the median, a tail of slow ones.
const (
	latencySpread  = 0.35 // standard deviation of the logarithm
	latencyExtreme = 3.0  // standard deviations beyond which nothing is drawn
)

// latency draws a time around a median.
func latency(r *rand.Rand, median time.Duration) time.Duration {
	deviation := min(latencyExtreme, max(-latencyExtreme, r.NormFloat64()))
	return time.Duration(float64(median) * math.Exp(latencySpread*deviation))
}
