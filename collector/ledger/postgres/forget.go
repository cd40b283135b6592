package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"portolan/collector/ledger"
)

// Archive implements ledger.Batches.
func (l *Ledger) Archive(ctx context.Context, links []ledger.Link) error {
	return l.wrap("archive batches", l.dropBytes(ctx, links, ledger.Accepted))
}

// Forget implements ledger.Batches.
func (l *Ledger) Forget(ctx context.Context, links []ledger.Link) error {
	return l.wrap("forget batches", l.dropBytes(ctx, links, ledger.Forgotten))
}

func (l *Ledger) dropBytes(ctx context.Context, links []ledger.Link, become ledger.Status) error {
	return l.transact(ctx, func(tx pgx.Tx) error {
		var write pgx.Batch
		for i := range links {
			write.Queue(`UPDATE batch SET status = $1, bytes = NULL WHERE agent = $2 AND position = $3 AND status = $4`,
				become, links[i].Chain.Agent, links[i].Position, ledger.Accepted)
		}
		return tx.SendBatch(ctx, &write).Close()
	})
}
