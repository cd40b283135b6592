package truth

import (
	"slices"
	"time"

	"portolan"
)

// Expected is what becomes of transactions started in a span, in the mean: shares from 0 to 1 that add up to 1. Where
// nothing is monitored all three are 0.
type Expected struct {
	Span               portolan.Span
	Good, Slow, Failed float64
}

// Monitored reports whether the workstation is on.
func (e Expected) Monitored() bool { return e.Good+e.Slow+e.Failed > 0 }

// grid is how exactly the truth is told: a run that began before a fault and comes to its step in it is hit.
const grid = time.Second

// Expect returns the truth of a series of the station, over the whole scenario without a hole.
func (w *World) Expect(station *Station, s *Series) []Expected {
	var all []Expected
	points := w.points(station, s)
	for i, from := range points[:len(points)-1] {
		e := Expected{Span: portolan.Span{From: from, To: points[i+1]}}
		if station.Asleep(from).Empty() {
			e.at(s, from)
		}
		if n := len(all) - 1; n >= 0 && all[n].same(e) {
			all[n].Span.To = e.Span.To
			continue
		}
		all = append(all, e)
	}
	return all
}

// at fills in what becomes of a transaction started at t.
func (e *Expected) at(s *Series, t portolan.Instant) {
	r := s.Run(t, 1, func(float64) bool { return false })
	switch e.Failed = 1 - r.Likely; r.Outcome {
	case portolan.Good:
		e.Good = r.Likely
	case portolan.Slow:
		e.Slow = r.Likely
	default:
		e.Failed = 1
	}
}

func (e Expected) same(o Expected) bool {
	return e.Good == o.Good && e.Slow == o.Slow && e.Failed == o.Failed
}

// points returns the instants at which the truth of a series may change, first and last those of the scenario.
func (w *World) points(station *Station, s *Series) []portolan.Instant {
	points := []portolan.Instant{w.Span.From, w.Span.To}
	for _, edge := range s.edges {
		for back := time.Duration(0); back <= s.timeout; back += grid {
			points = append(points, edge.Add(-back))
		}
	}
	for _, span := range station.Off {
		points = append(points, span.From, span.To)
	}
	points = slices.DeleteFunc(points, func(t portolan.Instant) bool { return t < w.Span.From || t > w.Span.To })
	slices.Sort(points)
	return slices.Compact(points)
}
