package availability_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

func TestFold_AgreesWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events, window := w.events(t), w.span(t, "window")
		segments := fold(events, window)
		for at := w.at(0); at < w.at(w.ticks+10); at++ {
			want := moment{}
			if window.Contains(at) {
				want = momentOf(events, at)
			}
			if got := momentIn(segments, at); got != want {
				t.Fatalf("at tick %d: got %+v, want %+v", at-w.origin, got, want)
			}
		}
		checkForm(t, segments)
	})
}

// checkForm fails if segments are not in order, disjoint and joined.
func checkForm(t *rapid.T, segments []availability.Segment) {
	var joined []availability.Segment
	for i, s := range segments {
		if i > 0 && s.Span.From < segments[i-1].Span.To {
			t.Fatalf("segment %d begins before the one before it ends: %v", i, segments)
		}
		joined = availability.AppendSegment(joined, s)
	}
	if !slices.Equal(joined, segments) {
		t.Fatalf("segments could be joined: got %v, want %v", segments, joined)
	}
}

func TestFold_ArrivalOrderIsIrrelevant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events := w.events(t)
		arrived := availability.Events{
			Runs:  rapid.Permutation(events.Runs).Draw(t, "arrival of runs"),
			Stops: rapid.Permutation(events.Stops).Draw(t, "arrival of stops"),
		}
		if diff := cmp.Diff(fold(events, w.whole()), fold(arrived, w.whole())); diff != "" {
			t.Fatalf("fold in another order (-first +second):\n%s", diff)
		}
	})
}

func TestFold_TakesNoResultTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events := w.events(t)
		twice := availability.Events{Runs: append(slices.Clone(events.Runs), events.Runs...), Stops: events.Stops}
		if diff := cmp.Diff(fold(events, w.whole()), fold(twice, w.whole())); diff != "" {
			t.Fatalf("fold everything twice (-once +twice):\n%s", diff)
		}
	})
}

func TestFold_ResumesFromStoredState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events := w.events(t)
		cut, end := w.instant(t, "cut"), w.at(w.ticks)

		first, state := availability.Fold(availability.Timeline{}, events, portolan.Span{From: w.at(0), To: cut})
		second, _ := availability.Fold(stored(t, state), since(events, cut), portolan.Span{From: cut, To: end})
		_, alone := availability.Fold(availability.Timeline{}, until(events, cut), w.whole())
		if state != alone {
			t.Fatalf("state at the cut: got %+v, want that of the events before it %+v", state, alone)
		}
		var joined []availability.Segment
		for _, s := range slices.Concat(first, second) {
			joined = availability.AppendSegment(joined, s)
		}
		if diff := cmp.Diff(fold(events, w.whole()), joined); diff != "" {
			t.Fatalf("fold in two parts (-whole +parts):\n%s", diff)
		}
	})
}

// TestFold_NeedsOnlyTheNextRun checks what Fold promises to its callers: of what comes after the window, only the
// first run matters.
func TestFold_NeedsOnlyTheNextRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events, window := w.events(t), w.span(t, "window")
		runs := slices.SortedFunc(slices.Values(events.Runs), availability.Run.Compare)
		after := slices.IndexFunc(runs, func(r availability.Run) bool { return r.Start >= window.To })
		short := availability.Events{Runs: runs[:after+1], Stops: events.Stops}
		if after < 0 {
			short.Runs = runs
		}
		if diff := cmp.Diff(fold(events, window), fold(short, window)); diff != "" {
			t.Fatalf("fold without later runs (-all +short):\n%s", diff)
		}
	})
}

func TestTimeline_AppendAgreesWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events := w.events(t)
		var line availability.Timeline
		var settled []availability.Segment
		for _, feed := range inOrder(events) {
			line = stored(t, line)
			var ok bool
			if settled, ok = feed(&line, settled); !ok {
				t.Fatalf("an event in order was refused")
			}
		}
		settled = line.Tail(settled, w.at(w.ticks))
		for at := w.at(0); at < w.at(w.ticks); at++ {
			if got, want := momentIn(settled, at), momentOf(events, at); got != want {
				t.Fatalf("at tick %d: got %+v, want %+v", at-w.origin, got, want)
			}
		}
		checkForm(t, settled)
	})
}

func TestTimeline_RefusesWhatIsOutOfOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		events := w.events(t)
		var line availability.Timeline
		feeds := inOrder(events)
		for _, feed := range feeds {
			if _, ok := feed(&line, nil); !ok {
				t.Fatalf("an event in order was refused")
			}
		}
		late := w.run(t, portolan.Seq(rapid.IntRange(0, 20).Draw(t, "late")))
		if len(events.Runs) > 0 && rapid.Bool().Draw(t, "at the same instant") {
			late.Start = latest(events)
		}
		before := line
		_, ok := line.Append(nil, late)
		if want := isLast(events, late); ok != want {
			t.Fatalf("append %+v: got %t, want %t", late, ok, want)
		}
		if !ok && line != before {
			t.Fatalf("a refused run changed the state: got %+v, want %+v", line, before)
		}
	})
}

// latest returns when the last event was; a gap of no length is none.
func latest(e availability.Events) portolan.Instant {
	var last portolan.Instant
	for _, r := range e.Runs {
		last = max(last, r.Start)
	}
	for _, s := range e.Stops {
		if s.Kind != availability.StopGap || !s.Span.Empty() {
			last = max(last, s.Span.From)
		}
	}
	return last
}

// isLast reports whether r comes after all events.
func isLast(e availability.Events, r availability.Run) bool {
	later := slices.ContainsFunc(e.Runs, func(o availability.Run) bool { return o.Compare(r) >= 0 })
	stopped := slices.ContainsFunc(e.Stops, func(s availability.Stop) bool {
		isNothing := s.Kind == availability.StopGap && s.Span.Empty()
		return !isNothing && s.Span.From >= r.Start
	})
	return !later && !stopped
}
