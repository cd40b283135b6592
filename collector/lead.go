package collector

import (
	"context"
	"time"

	"go.uber.org/zap"

	"portolan/collector/ledger"
)

const (
	// leadSoon is how long a collector that starts waits to lead before it begins to follow: on a ledger of its own
	// it leads at once.
	leadSoon = 500 * time.Millisecond
	// leadAgain is the pause after a failed attempt.
	leadAgain = time.Second
)

// leadAtStart takes the lead if nobody has it. The zero Term says that another collector leads.
func (c *collector) leadAtStart(ctx context.Context) (ledger.Term, error) {
	soon, cancel := context.WithTimeout(ctx, leadSoon)
	defer cancel()
	term, err := c.ledger.Lead(soon)
	if soon.Err() != nil && ctx.Err() == nil {
		return ledger.Term{}, nil
	}
	return term, err
}

// leadLoop leads whenever nobody else does, until ctx is done. The leader stores the projection and finds incidents;
// the others take in batches and answer questions like it.
func (c *collector) leadLoop(ctx context.Context, term ledger.Term) {
	for ctx.Err() == nil {
		if term.Lost == nil {
			var err error
			if term, err = c.ledger.Lead(ctx); err != nil {
				if ctx.Err() == nil {
					c.log.Error("cannot ask who leads", zap.Error(err))
				}
				wait(ctx, leadAgain)
				continue
			}
		}
		c.lead(ctx, term)
		term = ledger.Term{}
	}
}

// lead leads until the term is lost or ctx is done.
func (c *collector) lead(ctx context.Context, term ledger.Term) {
	defer term.Resign()
	c.projection.Lead(term.Epoch)
	if err := c.watch.Lead(ctx, term.Epoch, c.now()); err != nil && ctx.Err() == nil {
		c.log.Error("incidents cannot be watched", zap.Error(err))
	}
	c.leading.Store(true)
	c.log.Info("collector leads", zap.Uint64("epoch", term.Epoch))
	select {
	case <-ctx.Done():
	case <-term.Lost:
		c.log.Warn("collector leads no longer", zap.Uint64("epoch", term.Epoch))
	}
	c.leading.Store(false)
	c.watch.Follow()
	c.projection.Follow()
}
