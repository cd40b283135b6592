package collector

import (
	"context"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/archive"
	"portolan/collector/audit"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
)

// Retention: the leader moves the bytes of batches that are older than the configuration keeps at hand to files, and removes
// those of batches that are older than it keeps at all, leaving a signed stub in the journal. Numbers and hashes stay, so
// that chains still hold together, and so do the figures that were folded from them.

const (
	retainEvery = time.Hour
	// leastKeep is more than an agent's spool keeps, so that what comes late never reaches back before what is kept.
	leastKeep = 100 * 24 * time.Hour
)

// retainLoop moves and removes whenever this collector leads, until ctx is done.
func (c *collector) retainLoop(ctx context.Context) {
	var done portolan.Instant // everything received before it was removed
	for wait(ctx, retainEvery) {
		if !c.leading.Load() {
			continue
		}
		now, store := portolan.InstantOf(time.Now()), c.around.Load().config.Store
		c.archive(ctx, now, store.AtHand)
		before := monthOf(now.Add(-store.Keep))
		if store.Keep == 0 || before == done {
			continue
		}
		count, err := c.remove(ctx, before, now)
		switch {
		case err == nil:
			done = before
		case ctx.Err() == nil:
			c.log.Error("old batches cannot be removed", zap.Error(err))
		}
		if count > 0 {
			c.log.Info("removed old batches", zap.Int("batches", count), zap.Time("received_before", before.Time()))
		}
	}
}

// monthOf returns the start of the UTC month that holds an instant.
func monthOf(at portolan.Instant) portolan.Instant {
	t := at.Time()
	return portolan.InstantOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
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

// remove removes the bytes of the batches that were received before an instant and tell of nothing since, and returns how many
// they are. For each month a stub goes to the journal first: after an end at any moment the next call goes on.
func (c *collector) remove(ctx context.Context, before, now portolan.Instant) (count int, err error) {
	newest, err := audit.NewestStub(ctx, c.ledger)
	for err == nil {
		if newest != nil {
			removed, err := newest.Remove(ctx, c.ledger)
			if count += removed; err != nil {
				return count, err
			}
			if archived, ok := c.ledger.(*archive.Ledger); ok {
				if err := archived.Drop(ctx, newest.Last); err != nil {
					return count, err
				}
			}
		}
		var next *audit.Stub
		if next, err = audit.NextStub(ctx, c.ledger, newest, before); err != nil || next == nil {
			break
		}
		if err = c.noteStub(ctx, next, newest, now); err == nil {
			newest = next
		}
	}
	return count, err
}

// noteStub signs a stub: it says what was derived from what it stands for, and goes to the journal.
func (c *collector) noteStub(ctx context.Context, s, before *audit.Stub, now portolan.Instant) error {
	span := portolan.Span{From: s.Begin().Hour()}
	if before != nil {
		span.From = portolan.InstantOf(before.Held.To)
	}
	span.To = max(span.From, portolan.InstantOf(s.Before).Hour())
	cut, err := projection.Newest(ctx, c.ledger)
	if err != nil {
		return err
	}
	s.Journal.Last = cut.Journal
	if entries, err := c.ledger.ReadJournal(ctx, cut.Journal-1, 1); err != nil {
		return err
	} else if len(entries) == 1 {
		s.Journal.Hash = entries[0].Hash.String()
	}
	err = c.ledger.View(ctx, func(v ledger.View) error {
		s.Held, err = projection.Hold(v, span, now)
		return err
	})
	if err != nil {
		return err
	}
	return c.note(ctx, evidence.EntryRemoved, s.Before.Format(time.RFC3339), now, s)
}
