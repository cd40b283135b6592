package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"portolan/collector/ledger"
	"portolan/evidence"
)

const entryColumns = `number, at, kind, subject, body, previous, hash, signature`

func scanEntry(row pgx.CollectableRow) (e evidence.Entry, err error) {
	err = row.Scan(&e.Number, &e.At, &e.Kind, &e.Subject, &e.Body, fixed(e.Previous[:]), fixed(e.Hash[:]), &e.Signature)
	return e, err
}

// AppendJournal implements ledger.Journal.
func (l *Ledger) AppendJournal(ctx context.Context, next ledger.NextEntry) (evidence.Entry, error) {
	var entry evidence.Entry
	err := l.locked(ctx, lockJournal, func(tx pgx.Tx) (err error) {
		entry, err = appendEntry(ctx, tx, next)
		return err
	})
	if err != nil {
		return evidence.Entry{}, l.wrap("append to journal", err)
	}
	return entry, nil
}

func appendEntry(ctx context.Context, tx pgx.Tx, next ledger.NextEntry) (evidence.Entry, error) {
	var newest *evidence.Entry
	switch e, err := one(ctx, tx, scanEntry, `SELECT `+entryColumns+` FROM journal ORDER BY number DESC LIMIT 1`); {
	case err == nil:
		newest = &e
	case !errors.Is(err, pgx.ErrNoRows):
		return evidence.Entry{}, err
	}
	e, err := next(newest)
	if err != nil {
		return evidence.Entry{}, err
	}
	if err := ledger.Follows(newest, e); err != nil {
		return evidence.Entry{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO journal (`+entryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, int64(e.Number), e.At,
		e.Kind, e.Subject, notNil(e.Body), e.Previous[:], e.Hash[:], notNil(e.Signature))
	return e, err
}

// ReadJournal implements ledger.Journal.
func (l *Ledger) ReadJournal(ctx context.Context, after uint64, limit int) ([]evidence.Entry, error) {
	entries, err := collect(ctx, l.pool, scanEntry,
		`SELECT `+entryColumns+` FROM journal WHERE number > $1 ORDER BY number LIMIT $2`, int64(after), limit)
	return entries, l.wrap("read journal", err)
}

// LastJournal implements ledger.Journal.
func (l *Ledger) LastJournal(ctx context.Context, kind evidence.EntryKind, subject string) (evidence.Entry, error) {
	entry, err := one(ctx, l.pool, scanEntry, `SELECT `+entryColumns+` FROM journal
		WHERE kind = $1 AND ($2 = '' OR subject = $2) ORDER BY number DESC LIMIT 1`, kind, subject)
	return entry, l.wrap(fmt.Sprintf("read journal for %s", subject), err)
}
