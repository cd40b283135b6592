package agent

import (
	"testing"
	"time"

	"portolan"
)

func TestClockWatch_TellsSleepFromSteps(t *testing.T) {
	t.Parallel()
	const start = portolan.Instant(1_000_000_000_000_000)
	tests := map[string]struct {
		wall, boot time.Duration // since the reading before
		want       portolan.GapReason
	}{
		"ordinary-second":       {time.Second, time.Second, portolan.GapUnknown},
		"busy-workstation":      {9 * time.Second, 9 * time.Second, portolan.GapUnknown},
		"slept-an-hour":         {time.Hour, time.Hour, portolan.GapAsleep},
		"clock-set-forward":     {time.Hour, time.Second, portolan.GapClock},
		"clock-slewed":          {1100 * time.Millisecond, time.Second, portolan.GapUnknown},
		"clock-set-back":        {-time.Hour, time.Second, portolan.GapUnknown},
		"slept-and-set-back":    {-time.Minute, time.Hour, portolan.GapUnknown},
		"slept-and-set-forward": {3 * time.Hour, time.Hour, portolan.GapAsleep},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var watch clockWatch
			if gap, ok := watch.observe(start, time.Hour); ok {
				t.Fatalf("first reading gave gap %v", gap)
			}
			now := start.Add(test.wall)
			gap, ok := watch.observe(now, time.Hour+test.boot)
			if gap.Reason != test.want || ok != (test.want != portolan.GapUnknown) {
				t.Fatalf("gap = %v %v, want reason %v", gap, ok, test.want)
			}
			if want := (portolan.Span{From: start, To: now}); ok && gap.Span != want {
				t.Errorf("span = %v, want from reading to reading: %v", gap.Span, want)
			}
		})
	}
}

func TestReturnGap_IsFromTheLastMarkToTheStart(t *testing.T) {
	t.Parallel()
	const last, started = 1000, 5000
	if gap, ok := returnGap(last, started, false); !ok || gap.Reason != portolan.GapKilled || gap.Span != (portolan.Span{From: last, To: started}) {
		t.Errorf("after a kill: %v %v", gap, ok)
	}
	if gap, ok := returnGap(last, started, true); !ok || gap.Reason != portolan.GapStopped {
		t.Errorf("after a farewell: %v %v", gap, ok)
	}
	if gap, ok := returnGap(0, started, false); ok {
		t.Errorf("new spool: %v, want none", gap)
	}
	if gap, ok := returnGap(started, last, false); ok {
		t.Errorf("clock set back while stopped: %v, want none", gap)
	}
}

func TestBootClock_Advances(t *testing.T) {
	t.Parallel()
	first := bootClock()
	if second := bootClock(); first <= 0 || second < first {
		t.Errorf("bootClock = %s then %s, want growing", first, second)
	}
}
