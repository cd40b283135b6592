package availability

import (
	"bytes"
	"cmp"
	"slices"
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

// Straighten returns the runs of one series, given in any order, with their starts corrected as Monotone does within
// each stream, by sequence number; flagged counts the corrected ones. The result is in the order of streams and
// sequence numbers.
func Straighten(runs []Run) (straight []Run, flagged int) {
	straight = slices.Clone(runs)
	slices.SortFunc(straight, func(a, b Run) int {
		return cmp.Or(bytes.Compare(a.Stream[:], b.Stream[:]), cmp.Compare(a.Seq, b.Seq))
	})
	for i := 1; i < len(straight); i++ {
		r, before := &straight[i], straight[i-1]
		if r.Stream != before.Stream {
			continue
		}
		var corrected bool
		if r.Start, corrected = Monotone(before.Start, r.Start); corrected {
			flagged++
		}
	}
	return straight, flagged
}
