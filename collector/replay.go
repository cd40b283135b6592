package collector

import (
	"context"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// replay is the time of a collector that lives in the past: it plays what a simulated fleet had as if that were now. A
// batch is received when it says it was sent, folding keeps up, and the watch for incidents looks up as often as it would
// have, in that time. Keys, certificates and connections stay in the time of the clock on the wall.
//
// Such a collector believes its agents: it is for nothing else, and says so in its journal.
type replay struct {
	newest atomic.Int64 // the newest time of receipt, an Instant; zero: no replay
	// passed is up to when time has passed for the watch, noted when the journal was last told that a collector is up.
	// Only the folding of links touches them.
	passed, noted portolan.Instant
}

const (
	// replayStep is how often the watch looks up in a replay: as often as it looks at agents.
	replayStep = 5 * time.Second
	// replayAlive is how often the journal is told that the collector is up: under the two minutes that end an up-time.
	replayAlive = 100 * time.Second
)

// begin has time begin at an instant.
func (r *replay) begin(at portolan.Instant) {
	r.newest.Store(int64(at))
	r.passed, r.noted = at, at
}

func (r *replay) on() bool { return r.newest.Load() != 0 }

// received returns when a batch is received, and lets the clock follow.
func (r *replay) received(b *evidence.Batch) portolan.Instant {
	at := availability.EventTime(b.SentAt, b.Clock.Offset, b.Clock.Uncertainty)
	for {
		newest := r.newest.Load()
		if int64(at) <= newest || r.newest.CompareAndSwap(newest, int64(at)) {
			return at
		}
	}
}

// now is the collector's time.
func (c *collector) now() portolan.Instant {
	if at := c.replay.newest.Load(); at != 0 {
		return portolan.Instant(at)
	}
	return portolan.InstantOf(time.Now())
}

// keepUp folds what was accepted before a batch is answered, once that is further ahead than the watch looks up: whoever plays
// in order is folded in order.
func (c *collector) keepUp(ctx context.Context) {
	if c.lag.behind() < replayStep {
		return
	}
	if _, err := c.projection.Fold(ctx); err != nil && ctx.Err() == nil {
		c.log.Error("projection cannot go on", zap.Error(err))
	}
}

// pass lets time pass until a link was received.
func (c *collector) pass(ctx context.Context, link ledger.Link) {
	for r := &c.replay; r.passed.Add(replayStep) <= link.ReceivedAt; {
		r.passed = r.passed.Add(replayStep)
		if r.passed >= r.noted.Add(replayAlive) {
			r.noted = r.passed
			if err := c.note(ctx, evidence.EntryCollectorAlive, "", r.passed, struct{}{}); err != nil && ctx.Err() == nil {
				c.log.Error("journal cannot be written", zap.Error(err))
			}
		}
		c.lookUp(ctx, r.passed)
	}
}
