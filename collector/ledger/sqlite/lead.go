package sqlite

import (
	"context"

	"portolan/collector/ledger"
)

// Lead implements ledger.Leadership: whoever has the file open leads, until it is closed.
func (l *Ledger) Lead(ctx context.Context) (ledger.Term, error) {
	var epoch uint64
	err := l.writer.alone(ctx, func(db *statements) error {
		return db.row(`UPDATE leader SET epoch = epoch + 1 RETURNING epoch`).Scan(&epoch)
	})
	return ledger.Term{Epoch: epoch, Lost: l.writer.quit, Resign: func() {}}, wrap("lead", err)
}

// Fence implements ledger.Tx.
func (t tx) Fence(epoch uint64) error {
	var newest uint64
	err := t.db.row(`SELECT epoch FROM leader`).Scan(&newest)
	if err == nil && newest != epoch {
		err = ledger.ErrDeposed
	}
	return wrap("fence", err)
}
