package collector

import (
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
)

func TestReplay_TimeIsThatOfWhatIsSent(t *testing.T) {
	t.Parallel()
	begin := portolan.InstantOf(time.Date(2017, time.January, 2, 17, 0, 0, 0, time.UTC))
	var c collector
	if now := portolan.InstantOf(time.Now()); c.replay.on() || c.now() < now {
		t.Errorf("without a replay: got %v, want the clock's time", c.now())
	}
	c.replay.begin(begin)
	if !c.replay.on() || c.now() != begin {
		t.Errorf("at the beginning: got %v, want %v", c.now(), begin)
	}
	for _, step := range []struct {
		sent, offset  time.Duration
		received, now time.Duration
	}{
		{sent: time.Minute, received: time.Minute, now: time.Minute},
		{sent: time.Second, received: time.Second, now: time.Minute}, // what comes out of order does not set it back
		{sent: time.Hour, offset: -30 * time.Minute, received: 30 * time.Minute, now: 30 * time.Minute},
	} {
		batch := &evidence.Batch{SentAt: begin.Add(step.sent), Clock: evidence.Clock{Offset: step.offset}}
		if got := c.replay.received(batch); got != begin.Add(step.received) || c.now() != begin.Add(step.now) {
			t.Errorf("sent after %v: received after %v, now %v; want %v and %v", step.sent, got.Sub(begin), c.now().Sub(begin), step.received, step.now)
		}
	}
}
