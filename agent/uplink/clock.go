package uplink

import (
	"time"

	"portolan"
	"portolan/evidence"
)

const (
	// samples is how many comparisons of clocks are kept; the surest of them counts.
	samples = 8
	// maxStep is by how much wall and monotonic clock may drift apart before a comparison is worth nothing:
	// the wall clock was set, or the machine slept.
	maxStep = time.Second
)

// sample is one comparison of the agent's clock with the collector's.
type sample struct {
	at            time.Time // when, on both of the agent's clocks
	offset, error time.Duration
}

// clock holds the last comparisons. The zero clock was never compared.
type clock struct {
	last []sample // oldest first
}

// exchange is one request and its answer, as both clocks saw it.
type exchange struct {
	sent, answered    time.Time // by the agent
	received, replied portolan.Instant
}

// compare takes in an exchange, as NTP does: the collector's clock read something between the two readings of
// the agent's, and half of what the way took bounds the error.
func (c *clock) compare(x exchange) {
	took := x.answered.Sub(x.sent)
	held := x.replied.Sub(x.received)
	if x.received == 0 || held < 0 || held > took {
		return
	}
	way := took - held
	sent := portolan.InstantOf(x.sent)
	s := sample{at: x.answered, offset: x.received.Sub(sent) - way/2, error: way/2 + time.Microsecond}
	if len(c.last) == samples {
		c.last = append(c.last[:0], c.last[1:]...)
	}
	c.last = append(c.last, s)
}

// at returns what is known about the agent's clock now. Its Age is negative if that is nothing.
func (c *clock) at(now time.Time) evidence.Clock {
	best := evidence.Clock{Age: -time.Microsecond}
	for _, s := range c.last {
		age := now.Sub(s.at)
		if step := now.Round(0).Sub(s.at.Round(0)) - age; step.Abs() > maxStep {
			continue
		}
		if best.Age < 0 || s.error <= best.Uncertainty {
			best = evidence.Clock{Offset: s.offset, Uncertainty: s.error, Age: max(age, 0)}
		}
	}
	return best
}
