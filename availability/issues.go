package availability

import (
	"time"

	"portolan"
)

// Issues is what incidents amount to in a window.
type Issues struct {
	// Free is the share of the watched time in which no incident was open.
	Free Bounded
	// Began counts the incidents that began in the window, Carried those that were open when it began.
	Began, Carried int
	// Sum is the time that the incidents were open in the window, each counted; Union the time that any was.
	Sum, Union Total
}

// whyUnwatched is why there is no issue-free figure where incidents could not have been found.
const whyUnwatched = "no incident could have been found: no collector was up"

// IssuesIn returns what incidents amount to in a window, given when a collector watched for them. What was open is known
// even while nobody watched; else such time is neither free nor not, and widens the bounds. Before anything was watched or
// open there is no time at all.
//
// Design 3.8: "Issue-free: the share of the window in which the system had no open incident anywhere (the audit's own
// measure: 97.5 % for TPAC in March 2017), with incident-hours as a sum and as a union (Table 3)."
func IssuesIn(window portolan.Span, incidents, watched []portolan.Span) Issues {
	var i Issues
	for _, one := range incidents {
		switch {
		case window.Contains(one.From):
			i.Began++
		case !one.Intersect(window).Empty():
			i.Carried++
		}
		i.Sum = Total(Uint128(i.Sum).Add(micros(one.Intersect(window).Duration())))
	}
	open, known := inWindow(window, incidents), inWindow(window, append(watched[:len(watched):len(watched)], incidents...))
	union, all := length(open), length(known)
	i.Union = Total(union)
	i.Free = Bounded{Ratio: Ratio{Num: all.Sub(union), Den: all}}
	if !i.Free.Ratio.Exists() {
		i.Free.Why = whyUnwatched
		return i
	}
	window.From = max(window.From, first(incidents, watched))
	whole := micros(window.Duration())
	i.Free.Low, i.Free.High = Ratio{Num: all.Sub(union), Den: whole}, Ratio{Num: whole.Sub(union), Den: whole}
	return i
}

// inWindow returns the instants of the window in any of the spans, as sorted disjoint spans.
func inWindow(window portolan.Span, spans []portolan.Span) []portolan.Span {
	cut := make([]portolan.Span, len(spans))
	for i, s := range spans {
		cut[i] = s.Intersect(window)
	}
	return union(cut)
}

// first returns where the first of spans that are not empty begins.
func first(lists ...[]portolan.Span) portolan.Instant {
	from := Forever
	for _, spans := range lists {
		for _, s := range spans {
			if !s.Empty() {
				from = min(from, s.From)
			}
		}
	}
	return from
}

func length(disjoint []portolan.Span) (sum Uint128) {
	for _, s := range disjoint {
		sum = sum.Add(micros(s.Duration()))
	}
	return sum
}

// micros returns a duration, which must not be negative, in microseconds.
func micros(d time.Duration) Uint128 { return Uint128{Lo: uint64(d / time.Microsecond)} }
