package projection

import (
	"fmt"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// accuracy is the relative error of a quantile.
const accuracy = 0.01

// newScale returns the bins of all sketches.
func newScale() (*mapping.LogarithmicMapping, error) {
	scale, err := mapping.NewLogarithmicMapping(accuracy)
	if err != nil {
		return nil, fmt.Errorf("make latency sketch: %w", err)
	}
	return scale, nil
}

// total returns how many answers were counted.
func (c *counts) total() uint64 {
	total := c.zeros
	for _, n := range c.bins {
		total += n
	}
	return total
}

// quantile returns, within 1 %, the value that this share of some answers, at least one, does not exceed: what a DDSketch with the same
// bins returns.
func (c *counts) quantile(share float64, total uint64, scale *mapping.LogarithmicMapping) float64 {
	rank := float64(share * float64(total-1))
	below := float64(c.zeros)
	if rank < below {
		return 0
	}
	for at, n := range c.bins {
		if below += float64(n); below > rank {
			return scale.Value(c.first + at)
		}
	}
	return scale.Value(c.first + len(c.bins) - 1)
}
