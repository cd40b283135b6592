package projection

import (
	"fmt"

	"portolan"
	"portolan/collector/ledger"
)

// counts is how long right answers took in an hour, as counts of the bins of a sketch. Failures are not in it: how
// long a wrong answer took says nothing about how long a right one takes.
type counts struct {
	key    ledger.SketchKey
	zeros  uint64
	first  int // the bin of bins[0]
	bins   []uint64
	dirty  bool // not stored as it is
	parted bool // no longer in memory: whoever holds it must look again
}

func (c *counts) add(bin int) {
	if at := bin - c.first; at >= 0 && at < len(c.bins) {
		c.bins[at]++
		return
	}
	c.reach(bin)
	c.bins[bin-c.first]++
}

// reach makes room for a bin, and some beside it: latencies of one kind lie close together.
func (c *counts) reach(bin int) {
	const beside = 16
	if len(c.bins) == 0 {
		c.first = bin - beside
	}
	from, to := min(c.first, bin-beside), max(c.first+len(c.bins), bin+beside)
	bins := make([]uint64, to-from)
	copy(bins[c.first-from:], c.bins)
	c.first, c.bins = from, bins
}

// encode packs the counts. The same counts give the same bytes, in whatever order they came.
func (c *counts) encode() []byte {
	var w writer
	w.uint(c.zeros)
	last := 0
	for i, n := range c.bins {
		if n > 0 {
			w.at(portolan.Instant(c.first + i - last))
			w.uint(n)
			last = c.first + i
		}
	}
	return w.b
}

// mostBins is farther from the first bin than that of any number of seconds.
const mostBins = 1 << 16

// decode adds what encode packed.
func (c *counts) decode(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	r := reader{b: b}
	c.zeros += r.uint()
	bin, room := 0, len(c.bins) == 0
	for len(r.b) > 0 {
		bin += int(r.at())
		n := r.uint()
		if r.err != nil {
			return r.err
		}
		if bin < -mostBins || bin > mostBins {
			return fmt.Errorf("%w: bin %d of a latency", errStored, bin)
		}
		if room { // a bin takes two bytes and more
			c.first, c.bins, room = bin, make([]uint64, 1+len(r.b)/2), false
		}
		c.add(bin)
		c.bins[bin-c.first] += n - 1
	}
	return r.err
}

// sketchSet is the counts that a fold works on, over those on the shelf.
type sketchSet struct {
	shelf shelf
	scale *bins // nil before the first counts
	all   map[ledger.SketchKey]*counts
	dirty []*counts
	// newest is the latest hour that was measured.
	newest portolan.Instant
}

func newSketchSet(s shelf) sketchSet {
	return sketchSet{shelf: s, all: map[ledger.SketchKey]*counts{}}
}

// of returns the counts that are kept under a key.
func (s *sketchSet) of(key ledger.SketchKey) (*counts, error) {
	if c := s.all[key]; c != nil {
		return c, nil
	}
	body, err := s.shelf.sketch(key)
	if err != nil {
		return nil, err
	}
	if s.scale == nil {
		if s.scale, err = newBins(); err != nil {
			return nil, err
		}
	}
	c := &counts{key: key}
	if err := c.decode(body); err != nil {
		return nil, fmt.Errorf("read latency of %s/%s: %w", key.System, key.Transaction, err)
	}
	s.all[key] = c
	return c, nil
}

// add counts a duration, in seconds.
func (s *sketchSet) add(c *counts, seconds float64) {
	if !c.dirty {
		c.dirty = true
		s.dirty = append(s.dirty, c)
	}
	if seconds < s.scale.MinIndexableValue() {
		c.zeros++
		return
	}
	c.add(s.scale.Index(seconds))
}

// stored says that everything was stored. Hours long ago need not stay in memory.
func (s *sketchSet) stored(newest portolan.Instant) {
	for _, c := range s.dirty {
		c.dirty = false
	}
	s.dirty = s.dirty[:0]
	if newest <= s.newest {
		return
	}
	s.newest = newest
	for key, c := range s.all {
		if key.Hour < newest.Add(-longAgo) {
			c.parted = true
			delete(s.all, key)
		}
	}
}

// measure adds a link's new right answers to the counts of their hours.
func (f *folder) measure(a *agentState, events []*event) error {
	if f.rows.discard {
		return nil
	}
	for _, e := range events {
		r := e.result
		if r == nil || r.Attempt != 1 || (r.Outcome != portolan.Good && r.Outcome != portolan.Slow) {
			continue
		}
		if err := f.measureOne(a, e.assigned, e.raw.Hour(), r); err != nil {
			return err
		}
	}
	return nil
}

// measureOne adds one right answer: its whole under the port, its steps under the transaction.
func (f *folder) measureOne(a *agentState, to *assigned, hour portolan.Instant, r *portolan.Result) error {
	key := ledger.SketchKey{System: r.System, Transaction: r.Transaction, Hour: hour}
	if !to.latency.holds(hour) {
		whole := key
		whole.Port = a.id.Port()
		var err error
		if to.latency, err = f.measured.of(whole); err != nil {
			return err
		}
	}
	f.measured.add(to.latency, r.Duration.Seconds())
	for i := range r.Steps {
		step := &r.Steps[i]
		into := to.step(i)
		if !(*into).holds(hour) || (*into).key.Step != step.Step {
			key.Step = step.Step
			var err error
			if *into, err = f.measured.of(key); err != nil {
				return err
			}
		}
		f.measured.add(*into, step.Duration.Seconds())
	}
	return nil
}

// holds reports whether counts, nil for none, are those of an hour and in memory.
func (c *counts) holds(hour portolan.Instant) bool {
	return c != nil && c.key.Hour == hour && !c.parted
}

// step returns where the i-th step of a run was last measured.
func (s *assigned) step(i int) **counts {
	for len(s.steps) <= i {
		s.steps = append(s.steps, nil)
	}
	return &s.steps[i]
}
