package availability_test

import (
	"slices"

	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

// fold folds all events of a series.
func fold(e availability.Events, window portolan.Span) []availability.Segment {
	segments, _ := availability.Fold(availability.Timeline{}, e, window)
	return segments
}

// stored returns the state as it comes back from a database.
func stored(t *rapid.T, line availability.Timeline) availability.Timeline {
	b, err := line.MarshalBinary()
	if err != nil {
		t.Fatalf("store: %v", err)
	}
	var again availability.Timeline
	if err := again.UnmarshalBinary(b); err != nil {
		t.Fatalf("restore %x: %v", b, err)
	}
	if again != line {
		t.Fatalf("restore: got %+v, want %+v", again, line)
	}
	return again
}

// since returns the events at or after an instant.
func since(e availability.Events, at portolan.Instant) availability.Events {
	return availability.Events{
		Runs: slices.DeleteFunc(slices.Clone(e.Runs), func(r availability.Run) bool { return r.Start < at }),
		Stops: slices.DeleteFunc(slices.Clone(e.Stops), func(s availability.Stop) bool {
			return s.Span.From < at
		}),
	}
}

// until returns the events before an instant.
func until(e availability.Events, at portolan.Instant) availability.Events {
	return availability.Events{
		Runs: slices.DeleteFunc(slices.Clone(e.Runs), func(r availability.Run) bool { return r.Start >= at }),
		Stops: slices.DeleteFunc(slices.Clone(e.Stops), func(s availability.Stop) bool {
			return s.Span.From >= at
		}),
	}
}

// feed gives one event to a timeline.
type feed func(*availability.Timeline, []availability.Segment) ([]availability.Segment, bool)

// inOrder returns the events one by one in the order in which a timeline takes them.
func inOrder(e availability.Events) []feed {
	type event struct {
		at   portolan.Instant
		stop bool
		run  availability.Run
		feed feed
	}
	var events []event
	for _, r := range e.Runs {
		events = append(events, event{at: r.Start, run: r, feed: func(l *availability.Timeline, s []availability.Segment) ([]availability.Segment, bool) {
			return l.Append(s, r)
		}})
	}
	for _, stop := range e.Stops {
		events = append(events, event{at: stop.Span.From, stop: true, feed: func(l *availability.Timeline, s []availability.Segment) ([]availability.Segment, bool) {
			return l.Stop(s, stop)
		}})
	}
	slices.SortStableFunc(events, func(a, b event) int {
		switch {
		case a.at != b.at:
			return int(a.at - b.at)
		case a.stop && !b.stop:
			return 1
		case b.stop && !a.stop:
			return -1
		case a.stop:
			return 0
		default:
			return a.run.Compare(b.run)
		}
	})
	feeds := make([]feed, 0, len(events))
	for _, e := range events {
		feeds = append(feeds, e.feed)
	}
	return feeds
}
