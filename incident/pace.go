package incident

import (
	"math"
	"time"

	"portolan"
)

// Load shows before it hurts: answers grow slower for half an hour and more until they are too late, as queues grow. A fault
// that begins at once has no such rise. pace keeps how slow good answers are, in steps of ten minutes.

const (
	paceStep  = portolan.Instant(10 * time.Minute / time.Microsecond)
	paceSteps = 8
	// risen is the rise of the mean logarithm of durations, over the steps before a fault, that tells of load: by a quarter.
	risen = 0.22
	// usualPace is how fast the usual duration of a series follows what it measures.
	usualPace = 0.002
)

type pace struct {
	steps [paceSteps]paceSum // by step of time, around and around
}

type paceSum struct {
	step portolan.Instant // number of the step of time
	sum  float64
	n    float64
}

// learnPace takes in the duration of a good run.
func (s *series) learnPace(start portolan.Instant, d time.Duration) {
	if d <= 0 {
		return
	}
	now := math.Log(d.Seconds())
	if s.usual == 0 {
		s.usual = now
	}
	s.exposures[1].component.pace.add(start, now-s.usual)
	s.usual += usualPace * (now - s.usual)
}

func (p *pace) add(start portolan.Instant, deviation float64) {
	step := start / paceStep
	s := &p.steps[int(step%paceSteps)]
	if s.step != step {
		*s = paceSum{step: step}
	}
	s.sum += deviation
	s.n++
}

// rises reports whether good answers grew ever slower over the half hour and more before a fault.
func (c *component) rises(start portolan.Instant) bool {
	step := start / paceStep
	var means []float64
	for n := portolan.Instant(4); n >= 1; n-- {
		s := &c.pace.steps[int((step-n)%paceSteps)]
		if s.step != step-n || s.n < 20 {
			return false
		}
		means = append(means, s.sum/s.n)
	}
	for i := 1; i < len(means); i++ {
		if means[i] < means[i-1] {
			return false
		}
	}
	return means[len(means)-1]-means[0] >= risen
}
