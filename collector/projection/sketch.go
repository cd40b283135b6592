package projection

import (
	"fmt"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// accuracy is the relative error of a quantile.
const accuracy = 0.01

// sketch is how long right answers took, as quantiles within 1 %. Failures are not in it: how long a wrong answer
// took says nothing about how long a right one takes.
type sketch struct {
	*ddsketch.DDSketch
}

func newSketch() (*sketch, error) {
	scale, err := mapping.NewLogarithmicMapping(accuracy)
	if err != nil {
		return nil, fmt.Errorf("make latency sketch: %w", err)
	}
	return &sketch{ddsketch.NewDDSketch(scale, store.NewDenseStore(), store.NewDenseStore())}, nil
}

// encode packs the sketch. The same counts give the same bytes, in whatever order they came.
func (s *sketch) encode() []byte {
	var w writer
	w.uint(uint64(s.GetZeroCount()))
	last := 0
	s.GetPositiveValueStore().ForEach(func(index int, count float64) bool {
		w.at(portolan.Instant(index - last))
		w.uint(uint64(count))
		last = index
		return false
	})
	return w.b
}

// merge adds an encoded sketch to s.
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

// sum adds a link's new right answers to the sketches of their hours.
func (f *folder) sum(o *opened, records []evidence.Record) error {
	for _, record := range records {
		r := record.Result
		if r == nil || r.Attempt != 1 || (r.Outcome != portolan.Good && r.Outcome != portolan.Slow) {
			continue
		}
		hour := o.eventTime(r.Start).Hour()
		key := ledger.SketchKey{Port: o.Chain.Agent.Port(), System: r.System, Transaction: r.Transaction, Hour: hour}
		if err := f.measure(key, r.Duration.Seconds()); err != nil {
			return err
		}
		for _, step := range r.Steps {
			key := ledger.SketchKey{System: r.System, Transaction: r.Transaction, Step: step.Step, Hour: hour}
			if err := f.measure(key, step.Duration.Seconds()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *folder) measure(key ledger.SketchKey, seconds float64) error {
	s := f.sketches[key]
	if s == nil {
		var err error
		if s, err = newSketch(); err != nil {
			return err
		}
		f.sketches[key] = s
	}
	if err := s.Add(seconds); err != nil {
		return fmt.Errorf("measure %s/%s: %w", key.System, key.Transaction, err)
	}
	return nil
}
