package availability_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

// TestTouches_RefoldingTheTouchedHoursIsEnough plays a projection: events arrive in any order, some at first with a
// wrong start; with each only the hours that Touches names are folded again, from the state stored at their start.
func TestTouches_RefoldingTheTouchedHoursIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events := w.events(t)
		p := newProjection(w)
		for _, arrive := range arrivals(t, w, p, events) {
			arrive()
		}
		for i, hour := range p.hours {
			if diff := cmp.Diff(fold(events, hour), p.segments[i]); diff != "" {
				t.Fatalf("hour %d %v (-fold of everything +refolded):\n%s", i, hour, diff)
			}
		}
	})
}

// projection keeps rows of segments for a row of "hours" of nine ticks, and the state at the end of each.
type projection struct {
	known    availability.Events
	hours    []portolan.Span
	segments [][]availability.Segment
	states   []availability.Timeline // at the start of each hour, and after the last
}

func newProjection(w world) *projection {
	p := &projection{states: make([]availability.Timeline, 1)}
	const ticks = 9
	for from := 0; from < w.ticks+3*ticks; from += ticks {
		p.hours = append(p.hours, portolan.Span{From: w.at(from), To: w.at(from + ticks)})
		p.segments = append(p.segments, nil)
		p.states = append(p.states, availability.Timeline{})
	}
	return p
}

// arrivals returns the arrival of each event, in a drawn order.
func arrivals(t *rapid.T, w world, p *projection, e availability.Events) []func() {
	var all []func()
	for _, r := range e.Runs {
		if rapid.IntRange(0, 3).Draw(t, "corrected") > 0 {
			all = append(all, func() { p.addRun(r) })
			continue
		}
		wrong := r
		wrong.Start = w.instant(t, "wrong start")
		all = append(all, func() {
			p.addRun(wrong)
			p.removeRun(wrong)
			p.addRun(r)
		})
	}
	for _, s := range e.Stops {
		all = append(all, func() { p.addStop(s) })
	}
	return rapid.Permutation(all).Draw(t, "arrival")
}

func (p *projection) addRun(r availability.Run) {
	span := portolan.Span{From: r.Start, To: r.Start}
	before, after := p.neighbors(func(o availability.Run) bool { return o.Compare(r) < 0 })
	p.known.Runs = append(p.known.Runs, r)
	p.refold(availability.Touches(span, before, after))
}

func (p *projection) removeRun(r availability.Run) {
	p.known.Runs = slices.DeleteFunc(p.known.Runs, func(o availability.Run) bool { return o == r })
	span := portolan.Span{From: r.Start, To: r.Start}
	before, after := p.neighbors(func(o availability.Run) bool { return o.Compare(r) < 0 })
	p.refold(availability.Touches(span, before, after))
}

func (p *projection) addStop(s availability.Stop) {
	before, after := p.neighbors(func(o availability.Run) bool { return o.Start <= s.Span.From })
	if s.Kind == availability.StopGap {
		_, after = p.neighbors(func(o availability.Run) bool { return o.Start < s.Span.To })
	}
	p.known.Stops = append(p.known.Stops, s)
	p.refold(availability.Touches(s.Span, before, after))
}

// neighbors returns the last run that is before, and the first that is not.
func (p *projection) neighbors(isBefore func(availability.Run) bool) (before, after *availability.Run) {
	for _, r := range slices.SortedFunc(slices.Values(p.known.Runs), availability.Run.Compare) {
		if isBefore(r) {
			before = &r
		} else if after == nil {
			after = &r
		}
	}
	return before, after
}

func (p *projection) refold(touched portolan.Span) {
	for i, hour := range p.hours {
		if !hour.Intersect(touched).Empty() {
			p.segments[i], p.states[i+1] = availability.Fold(p.states[i], since(p.known, hour.From), hour)
		}
	}
}
