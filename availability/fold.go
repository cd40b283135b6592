package availability

import (
	"slices"

	"portolan"
)

// Events are what happened to one series, each kind in any order.
type Events struct {
	Runs  []Run
	Stops []Stop
}

// Fold returns a series' segments in window, and its state after every event before window.To. It begins from the
// state before the window (the zero Timeline if all events of the series are given) and takes no event twice:
// those that the state holds already are passed over.
//
// Besides those in the window, events must hold the first run after it, if one is known: that run says whether the
// last result in the window was followed. Later ones do no harm.
//
// Design 3.1: "A result counts when it happened at the port, whenever it arrives."
//
// Design 3.11: "integers folded in the order (start, stream, sequence); arrival order never changes a figure".
func Fold(before Timeline, events Events, window portolan.Span) ([]Segment, Timeline) {
	runs, stops := events.sorted()
	t, end := before, before
	var segments []Segment
	for settled := false; !settled && len(runs)+len(stops) > 0; {
		var at portolan.Instant
		if len(stops) == 0 || len(runs) > 0 && runs[0].Start <= stops[0].Span.From {
			at = runs[0].Start
			settled = at >= window.To
			segments, _ = t.Append(segments, runs[0])
			runs = runs[1:]
		} else {
			at = stops[0].Span.From
			segments, _ = t.Stop(segments, stops[0])
			stops = stops[1:]
		}
		if at < window.To {
			end = t
		}
	}
	return Clip(t.Tail(segments, window.To), window), end
}

// Touches returns the only stretch of a series' timeline that can change when an event at span is added to it or
// taken from it. previous is the last run at or before span.From, next the first run after span.From for a run, a
// farewell or a retirement (whose span is empty), and at or after span.To for a gap; nil where there is none.
// Without a next run the stretch has no end but the caller's own. Folding the hours that it overlaps once more,
// from the state before the first, gives what a fold of everything would.
func Touches(span portolan.Span, previous, next *Run) portolan.Span {
	touched := portolan.Span{From: span.From, To: Forever}
	if previous != nil {
		touched.From = max(previous.Start, min(previous.End(), span.From))
	}
	if next != nil {
		touched.To = next.Start
	}
	return touched
}

// sorted returns copies of the runs and stops in the order in which they are folded; a run goes before a stop at the
// same instant.
func (e Events) sorted() ([]Run, []Stop) {
	runs, stops := slices.Clone(e.Runs), slices.Clone(e.Stops)
	slices.SortFunc(runs, Run.Compare)
	slices.SortFunc(stops, Stop.compare)
	return runs, stops
}
