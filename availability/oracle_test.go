package availability_test

import (
	"slices"

	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

// The oracle asks what a series was at one instant, straight from the words of the design, and knows nothing of
// folds, segments and merges. A window is judged by asking at each of its ticks: events lie on whole ticks only.

// moment is what a series was at one instant.
type moment struct {
	inService bool
	class     availability.Class
	uncertain bool
}

// momentOf returns what a series with these events was at t.
func momentOf(e availability.Events, t portolan.Instant) moment {
	runs := slices.SortedFunc(slices.Values(e.Runs), availability.Run.Compare)
	i := -1
	for j, r := range runs {
		if r.Start <= t {
			i = j
		}
	}
	if i < 0 || retiredSince(e.Stops, runs[i].Start, t) {
		return moment{}
	}
	r := runs[i]
	if insideGap(e.Stops, r.Start) || stoppedBetween(e.Stops, r.Start, t+1) || t >= r.End().Add(r.Hold) {
		return moment{inService: true}
	}
	m := moment{inService: true, class: r.Class}
	if t < r.End() {
		return m
	}
	followed := i+1 < len(runs) && runs[i+1].Start <= r.End().Add(r.Hold) &&
		!stoppedBetween(e.Stops, r.Start, runs[i+1].Start)
	m.uncertain = !followed || runs[i+1].Class.State() != r.Class.State()
	return m
}

func retiredSince(stops []availability.Stop, start, t portolan.Instant) bool {
	return slices.ContainsFunc(stops, func(s availability.Stop) bool {
		return s.Kind == availability.StopRetire && start <= s.Span.From && s.Span.From <= t
	})
}

func insideGap(stops []availability.Stop, t portolan.Instant) bool {
	return slices.ContainsFunc(stops, func(s availability.Stop) bool {
		return s.Kind == availability.StopGap && s.Span.Contains(t)
	})
}

// stoppedBetween reports whether anything ended holds at or after from and before to.
func stoppedBetween(stops []availability.Stop, from, to portolan.Instant) bool {
	return slices.ContainsFunc(stops, func(s availability.Stop) bool {
		isNothing := s.Kind == availability.StopGap && s.Span.To <= s.Span.From
		return !isNothing && from <= s.Span.From && s.Span.From < to
	})
}

// momentIn returns what segments say of t.
func momentIn(segments []availability.Segment, t portolan.Instant) moment {
	for _, s := range segments {
		if s.Span.Contains(t) {
			return moment{inService: true, class: s.Class, uncertain: s.Uncertain}
		}
	}
	return moment{}
}

// world draws timelines whose events lie on whole ticks after an origin.
type world struct {
	origin, tick portolan.Instant
	ticks        int
}

// micro is a world of one microsecond a tick, in which every microsecond can be asked about.
func micro() world { return world{origin: 1_000_000, tick: 1, ticks: 60} }

func (w world) at(tick int) portolan.Instant { return w.origin + portolan.Instant(tick)*w.tick }

func (w world) whole() portolan.Span { return portolan.Span{From: w.at(0), To: w.at(w.ticks)} }

func (w world) instant(t *rapid.T, label string) portolan.Instant {
	return w.at(rapid.IntRange(0, w.ticks).Draw(t, label))
}

func (w world) span(t *rapid.T, label string) portolan.Span {
	from := rapid.IntRange(0, w.ticks).Draw(t, label)
	length := rapid.IntRange(0, w.ticks-from).Draw(t, label+" length")
	return portolan.Span{From: w.at(from), To: w.at(from + length)}
}

func (w world) events(t *rapid.T) availability.Events {
	var e availability.Events
	for i := range rapid.IntRange(0, 12).Draw(t, "runs") {
		e.Runs = append(e.Runs, w.run(t, portolan.Seq(i+1)))
	}
	for range rapid.IntRange(0, 4).Draw(t, "stops") {
		e.Stops = append(e.Stops, w.stop(t))
	}
	return e
}

func (w world) run(t *rapid.T, seq portolan.Seq) availability.Run {
	return availability.Run{
		Start:    w.instant(t, "start"),
		Duration: portolan.Instant(rapid.IntRange(0, 20).Draw(t, "duration") * int(w.tick)).Sub(0),
		Hold:     portolan.Instant(rapid.IntRange(0, 12).Draw(t, "hold") * int(w.tick)).Sub(0),
		Class:    availability.Class(rapid.IntRange(int(availability.Up), availability.Classes-1).Draw(t, "class")),
		Stream:   portolan.Stream{byte(rapid.IntRange(1, 2).Draw(t, "stream"))},
		Seq:      seq,
	}
}

func (w world) stop(t *rapid.T) availability.Stop {
	switch rapid.IntRange(0, 3).Draw(t, "stop") {
	case 0:
		return availability.Farewell(w.instant(t, "farewell"))
	case 1:
		return availability.Retire(w.instant(t, "retire"))
	default:
		return availability.Gap(w.span(t, "gap"))
	}
}
