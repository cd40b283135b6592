package agent

import (
	"time"

	"portolan"
)

// clockWatch tells from readings of two clocks, taken about once a second, whether the agent slept or
// somebody set the wall clock. The second clock counts from boot and goes on during sleep.
type clockWatch struct {
	wall portolan.Instant
	boot time.Duration
}

const (
	// asleepAfter is how long the agent may go without a reading before it counts as having slept: well
	// over what a busy old workstation delays a process, well under the shortest hold of a minute's interval.
	asleepAfter = 15 * time.Second
	// stepAfter is the least difference between the clocks that is a step: daily drift and slewing stay below.
	stepAfter = time.Second
)

// observe takes a reading and returns the gap that lies between it and the one before; ok is false if
// there is none. A clock set back leaves no gap: starts that are not after their predecessors are
// corrected when results are folded (design 3.14).
func (w *clockWatch) observe(wall portolan.Instant, boot time.Duration) (gap portolan.Gap, ok bool) {
	previous := *w
	w.wall, w.boot = wall, boot
	if previous.wall == 0 {
		return portolan.Gap{}, false
	}
	elapsed := boot - previous.boot
	step := wall.Sub(previous.wall) - elapsed
	span := portolan.Span{From: previous.wall, To: wall}
	switch {
	case span.Empty():
		return portolan.Gap{}, false
	case elapsed > asleepAfter:
		return portolan.Gap{Span: span, Reason: portolan.GapAsleep}, true
	case step > stepAfter:
		return portolan.Gap{Span: span, Reason: portolan.GapClock}, true
	default:
		return portolan.Gap{}, false
	}
}

// returnGap is the gap from when an agent was last known to run until it started again.
func returnGap(last, started portolan.Instant, farewell bool) (gap portolan.Gap, ok bool) {
	span := portolan.Span{From: last, To: started}
	if last == 0 || span.Empty() {
		return portolan.Gap{}, false
	}
	if farewell {
		return portolan.Gap{Span: span, Reason: portolan.GapStopped}, true
	}
	return portolan.Gap{Span: span, Reason: portolan.GapKilled}, true
}
