package collector

import (
	"context"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/archive"
	"portolan/collector/ledger"
)

// Retention: the leader moves the bytes of batches that are older than the configuration keeps at hand to files, and drops
// those of batches that are older than it keeps at all. Numbers and hashes stay, so that chains still hold together, and so
// do the figures that were folded from them.

const (
	retainEvery = time.Hour
	forgetPage  = 1000
	// leastKeep is more than an agent's spool keeps, so that what comes late never reaches back before what is kept.
	leastKeep = 100 * 24 * time.Hour
)

// retainLoop moves and drops whenever this collector leads, until ctx is done.
func (c *collector) retainLoop(ctx context.Context) {
	var after ledger.Position // everything up to it was forgotten, or had nothing to forget
	for wait(ctx, retainEvery) {
		if !c.leading.Load() {
			continue
		}
		now, store := portolan.InstantOf(time.Now()), c.around.Load().config.Store
		c.archive(ctx, now, store.AtHand)
		if store.Keep == 0 {
			continue
		}
		count, upTo, err := c.forget(ctx, after, now.Add(-store.Keep))
		after = upTo
		switch {
		case err != nil && ctx.Err() == nil:
			c.log.Error("old batches cannot be forgotten", zap.Error(err))
		case count > 0:
			c.log.Info("forgot old batches", zap.Int("batches", count), zap.Duration("keep", store.Keep))
		}
	}
}

// archive moves what was received before the day that lies so long back, if there is an archive.
func (c *collector) archive(ctx context.Context, now portolan.Instant, atHand time.Duration) {
	archived, ok := c.ledger.(*archive.Ledger)
	if !ok || atHand == 0 {
		return
	}
	const day = 24 * time.Hour
	count, err := archived.Move(ctx, portolan.InstantOf(now.Add(-atHand).Time().Truncate(day))) // so that files hold days
	switch {
	case err != nil && ctx.Err() == nil:
		c.log.Error("old batches cannot be moved to files", zap.Error(err))
	case count > 0:
		c.log.Info("moved old batches to files", zap.Int("batches", count), zap.Duration("at_hand", atHand))
	}
}

// forget forgets the accepted batches after a position that were received before an instant and tell of nothing since,
// and returns how many they are, and the position up to which there are no more.
func (c *collector) forget(ctx context.Context, after ledger.Position, before portolan.Instant) (count int, upTo ledger.Position, err error) {
	for {
		links, err := c.ledger.Read(ctx, ledger.Query{After: after, Limit: forgetPage, WithoutBytes: true})
		if err != nil {
			return count, after, err
		}
		var old []ledger.Link
		for i := range links {
			l := &links[i]
			if l.ReceivedAt >= before {
				links = links[:i]
				break
			}
			if l.Status == ledger.Accepted && l.Content.Span.To < before {
				old = append(old, *l)
			}
		}
		if err := c.ledger.Forget(ctx, old); err != nil {
			return count, after, err
		}
		count += len(old)
		if len(links) > 0 {
			after = links[len(links)-1].Position
		}
		if len(links) < forgetPage {
			return count, after, nil
		}
	}
}
