package availability_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

func TestEventTime_AppliesTheOffsetBeyondBothBounds(t *testing.T) {
	t.Parallel()
	const recorded = portolan.Instant(1_000_000_000)
	for name, c := range map[string]struct {
		offset, uncertainty time.Duration
		want                time.Duration // moved by
	}{
		"none":                    {0, 0, 0},
		"exactly-a-second":        {time.Second, 0, 0},
		"just-beyond-a-second":    {time.Second + time.Microsecond, 0, time.Second + time.Microsecond},
		"behind":                  {-2 * time.Second, 0, -2 * time.Second},
		"exactly-its-uncertainty": {-5 * time.Second, 5 * time.Second, 0},
		"beyond-its-uncertainty":  {6 * time.Second, 5 * time.Second, 6 * time.Second},
		"malformed-uncertainty":   {500 * time.Millisecond, -time.Hour, 0},
		"least-offset":            {-1 << 63, 0, -1 << 63},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := availability.EventTime(recorded, c.offset, c.uncertainty)
			if want := recorded.Add(c.want); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestStraighten_StartsRiseWithinStreams(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		runs := micro().events(t).Runs
		straight, flagged := availability.Straighten(rapid.Permutation(runs).Draw(t, "arrival"))
		last := map[portolan.Stream]availability.Run{}
		moved := 0
		for _, r := range straight {
			recorded := runs[slices.IndexFunc(runs, func(o availability.Run) bool { return o.Seq == r.Seq })]
			before, ok := last[r.Stream]
			if ok && (r.Seq <= before.Seq || r.Start <= before.Start) {
				t.Fatalf("%+v after %+v", r, before)
			}
			if r.Start != recorded.Start {
				moved++
				if r.Start != before.Start+1 {
					t.Fatalf("moved to %v, want one after %v", r.Start, before.Start)
				}
			}
			last[r.Stream] = r
		}
		if flagged != moved || len(straight) != len(runs) {
			t.Fatalf("got %d flagged of %d, want %d of %d", flagged, len(straight), moved, len(runs))
		}
		again, flagged := availability.Straighten(straight)
		if diff := cmp.Diff(straight, again); diff != "" || flagged != 0 {
			t.Fatalf("straightened twice: %d flagged (-once +twice):\n%s", flagged, diff)
		}
	})
}
