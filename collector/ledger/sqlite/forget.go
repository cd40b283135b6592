package sqlite

import (
	"context"

	"portolan/collector/ledger"
)

// Forget implements ledger.Batches. The file does not get smaller; what is free in it is used again.
func (l *Ledger) Forget(ctx context.Context, links []ledger.Link) error {
	return wrap("forget batches", l.writer.together(ctx, func(db *statements) error {
		for i := range links {
			err := db.exec(`UPDATE batch SET status = ?, bytes = NULL WHERE position = ? AND status = ?`,
				ledger.Forgotten, links[i].Position, ledger.Accepted)
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
