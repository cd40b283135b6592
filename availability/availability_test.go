package availability_test

import (
	"testing"
	"time"

	"portolan"
	"portolan/availability"
)

func TestClass_StatesAndNames(t *testing.T) {
	t.Parallel()
	for class, want := range map[availability.Class]struct {
		state portolan.State
		name  string
	}{
		availability.Unmonitored:    {portolan.Unmonitored, "unmonitored"},
		availability.Up:             {portolan.Up, "up"},
		availability.Slow:           {portolan.SlowState, "slow"},
		availability.DownService:    {portolan.Down, "down-service"},
		availability.DownDependency: {portolan.Down, "down-dependency"},
		availability.DownNetwork:    {portolan.Down, "down-network"},
		6:                           {portolan.Unmonitored, "class(6)"},
	} {
		if class.State() != want.state || class.String() != want.name {
			t.Errorf("class %d: got %v %q, want %v %q", class, class.State(), class, want.state, want.name)
		}
	}
}

func TestClassOf_UnknownOutcomeIsNoEvidence(t *testing.T) {
	t.Parallel()
	if got := availability.ClassOf(portolan.OutcomeUnknown, portolan.Symptom{}); got != availability.Unmonitored {
		t.Errorf("got %v, want unmonitored", got)
	}
}

func TestTimeline_RunsWithoutAClassHoldNothing(t *testing.T) {
	t.Parallel()
	for _, class := range []availability.Class{availability.Unmonitored, 200} {
		var line availability.Timeline
		line.Append(nil, availability.Run{Start: instantAt(10, 0), Hold: time.Minute, Class: class})
		got := line.Tail(nil, instantAt(10, 1))
		if len(got) != 1 || got[0].Class != availability.Unmonitored {
			t.Errorf("class %d: got %v, want one unmonitored minute", class, got)
		}
	}
}

func TestTimeline_RefusesLateStops(t *testing.T) {
	t.Parallel()
	var line availability.Timeline
	line.Append(nil, availability.Run{Start: instantAt(10, 0), Hold: time.Minute, Class: availability.Up})
	before := line
	if _, ok := line.Stop(nil, availability.Farewell(instantAt(9, 59))); ok || line != before {
		t.Errorf("stop before the last run: got %t and %+v, want it refused and %+v", ok, line, before)
	}
}

func TestTimeline_HoldsNoLongerThanForever(t *testing.T) {
	t.Parallel()
	var line availability.Timeline
	start := availability.Forever - 10
	line.Append(nil, availability.Run{Start: start, Duration: time.Hour, Hold: 1<<63 - 1, Class: availability.Up})
	want := availability.Segment{Span: portolan.Span{From: start, To: availability.Forever}, Class: availability.Up}
	if got := line.Tail(nil, availability.Forever); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTimeline_NegativeDurationsAreNone(t *testing.T) {
	t.Parallel()
	var line availability.Timeline
	line.Append(nil, availability.Run{Start: instantAt(10, 0), Duration: -time.Hour, Hold: -time.Hour, Class: availability.Up})
	got := line.Tail(nil, instantAt(10, 1))
	if len(got) != 1 || got[0].Class != availability.Unmonitored || got[0].Span.From != instantAt(10, 0) {
		t.Errorf("got %v, want one unmonitored minute", got)
	}
}
