package availability_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

func TestCountDue_AgreesWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		o := availability.DueOptions{
			Window:   w.span(t, "window"),
			Schedule: every(time.Duration(rapid.IntRange(1, 9).Draw(t, "interval")) * time.Microsecond),
		}
		for range rapid.IntRange(0, 8).Draw(t, "attempts") {
			span := w.span(t, "attempt")
			o.Attempts = append(o.Attempts, availability.Attempt{
				Due: w.instant(t, "due"), Start: span.From, End: span.To, Number: rapid.IntRange(1, 3).Draw(t, "number"),
			})
		}
		for range rapid.IntRange(0, 3).Draw(t, "excuses") {
			o.Excused = append(o.Excused, w.span(t, "excused"))
		}
		got, want := availability.CountDue(o), judgeDue(o)
		if got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// judgeDue goes through every instant of the window, and asks of each that is due what became of it.
func judgeDue(o availability.DueOptions) availability.Due {
	var d availability.Due
	for at := o.Window.From; at < o.Window.To; at++ {
		next := o.Schedule.Next(at)
		if o.Schedule.Next(at-1) != at {
			continue
		}
		ran, inTime, busy, excused := false, false, false, false
		for _, a := range o.Attempts {
			if a.Due == at && a.Number == 1 {
				ran = true
				inTime = inTime || a.Start < next
			}
			busy = busy || a.Start <= at && at < a.End
		}
		for _, e := range o.Excused {
			excused = excused || e.Contains(at)
		}
		switch {
		case inTime:
			d.Seen++
		case ran:
			d.Late++
		case busy:
			d.Displaced++
		case excused:
			d.Excused++
		default:
			d.Missing++
		}
	}
	return d
}

func TestCountDue_MergesOverPlans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		window := w.span(t, "window")
		cut := w.instant(t, "cut")
		cut = max(window.From, min(cut, window.To))
		o := availability.DueOptions{Window: window, Schedule: every(3 * time.Microsecond)}
		for range rapid.IntRange(0, 5).Draw(t, "attempts") {
			span := w.span(t, "attempt")
			o.Attempts = append(o.Attempts, availability.Attempt{Due: span.From, Start: span.From, End: span.To, Number: 1})
		}
		whole := availability.CountDue(o)
		o.Window = portolan.Span{From: window.From, To: cut}
		parts := availability.CountDue(o)
		o.Window = portolan.Span{From: cut, To: window.To}
		parts.Merge(availability.CountDue(o))
		if parts != whole {
			t.Fatalf("cut at %v: got %+v, want %+v", cut, parts, whole)
		}
	})
}

// stuck is a schedule that never goes on.
type stuck portolan.Instant

// Next implements availability.Schedule.
func (s stuck) Next(portolan.Instant) portolan.Instant { return portolan.Instant(s) }

func TestCountDue_EndsOnAScheduleThatStandsStill(t *testing.T) {
	t.Parallel()
	window := portolan.Span{From: 10, To: 20}
	got := availability.CountDue(availability.DueOptions{Window: window, Schedule: stuck(15)})
	if want := (availability.Due{Missing: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
