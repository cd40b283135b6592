package availability

import (
	"time"

	"portolan"
)

// clockTolerance is how far a clock may be off before its offset is applied.
const clockTolerance = time.Second

// EventTime returns when a run that an agent recorded at an instant started in event time, given the offset of the
// collector's clock from the agent's and its uncertainty, both from the batch that carries the run.
//
// Design 3.14: "Event time = recorded start + offset where |offset| exceeds both its uncertainty and 1 s, else the
// recorded start."
func EventTime(recorded portolan.Instant, offset, uncertainty time.Duration) portolan.Instant {
	bound := max(uncertainty, clockTolerance)
	if -bound <= offset && offset <= bound {
		return recorded
	}
	return recorded.Add(offset)
}

// Monotone returns the start of a run in event time, given the start of the run before it in the same stream and
// series (as Monotone returned it), and whether it had to be corrected. The first run of a stream has previous 0.
//
// Design 3.14: "Within a stream a start that is not after its predecessor's becomes predecessor + 1 us, flagged."
func Monotone(previous, start portolan.Instant) (corrected portolan.Instant, flagged bool) {
	if start > previous || previous == 0 {
		return start, false
	}
	return previous + 1, true
}
