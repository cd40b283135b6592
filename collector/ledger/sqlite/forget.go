package sqlite

import (
	"context"

	"portolan/collector/ledger"
)

// Archive implements ledger.Batches. The file does not get smaller; what is free in it is used again.
func (l *Ledger) Archive(ctx context.Context, links []ledger.Link) error {
	return wrap("archive batches", l.dropBytes(ctx, links, ledger.Accepted))
}

// Forget implements ledger.Batches, likewise.
func (l *Ledger) Forget(ctx context.Context, links []ledger.Link) error {
	return wrap("forget batches", l.dropBytes(ctx, links, ledger.Forgotten))
}

func (l *Ledger) dropBytes(ctx context.Context, links []ledger.Link, become ledger.Status) error {
	return l.writer.together(ctx, func(db *statements) error {
		for i := range links {
			err := db.exec(`UPDATE batch SET status = ?, bytes = NULL WHERE position = ? AND status = ?`,
				become, links[i].Position, ledger.Accepted)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
