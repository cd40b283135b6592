package projection

import (
	"fmt"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

// accuracy is the relative error of a quantile.
const accuracy = 0.01

// sketch answers with quantiles of how long right answers took, within 1 %.
type sketch struct {
	*ddsketch.DDSketch
}

func newSketch() (*sketch, error) {
	scale, err := newScale()
	if err != nil {
		return nil, err
	}
	return &sketch{ddsketch.NewDDSketch(scale, store.NewDenseStore(), store.NewDenseStore())}, nil
}

// newScale returns the bins of all sketches.
func newScale() (*mapping.LogarithmicMapping, error) {
	scale, err := mapping.NewLogarithmicMapping(accuracy)
	if err != nil {
		return nil, fmt.Errorf("make latency sketch: %w", err)
	}
	return scale, nil
}

// merge adds stored counts to s.
func (s *sketch) merge(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	r := reader{b: b}
	if zeros := r.uint(); zeros > 0 {
		if err := s.AddWithCount(0, float64(zeros)); err != nil {
			return fmt.Errorf("read latency sketch: %w", err)
		}
	}
	index := 0
	for len(r.b) > 0 {
		index += int(r.at())
		s.GetPositiveValueStore().AddWithCount(index, float64(r.uint()))
	}
	return r.err
}
