package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"portolan/collector/ledger"
)

// Forget implements ledger.Batches.
func (l *Ledger) Forget(ctx context.Context, links []ledger.Link) error {
	return l.wrap("forget batches", l.transact(ctx, func(tx pgx.Tx) error {
		var write pgx.Batch
		for i := range links {
			write.Queue(`UPDATE batch SET status = $1, bytes = NULL WHERE agent = $2 AND position = $3 AND status = $4`,
				ledger.Forgotten, links[i].Chain.Agent, links[i].Position, ledger.Accepted)
		}
		return tx.SendBatch(ctx, &write).Close()
	}))
}
