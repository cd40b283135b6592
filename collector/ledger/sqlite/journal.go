package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"portolan/collector/ledger"
	"portolan/evidence"
)

const entryColumns = `number, at, kind, subject, body, previous, hash, signature`

func scanEntry(row scanner) (e evidence.Entry, err error) {
	err = row.Scan(&e.Number, &e.At, &e.Kind, &e.Subject, &e.Body, fixed{e.Previous[:]}, fixed{e.Hash[:]}, &e.Signature)
	return e, err
}

// AppendJournal implements ledger.Journal.
func (l *Ledger) AppendJournal(ctx context.Context, next ledger.NextEntry) (evidence.Entry, error) {
	var entry evidence.Entry
	err := l.writer.alone(ctx, func(db *statements) (err error) {
		entry, err = appendEntry(db, next)
		return err
	})
	if err != nil {
		return evidence.Entry{}, wrap("append to journal", err)
	}
	return entry, nil
}

func appendEntry(db *statements, next ledger.NextEntry) (evidence.Entry, error) {
	newest, err := newestEntry(db)
	if err != nil {
		return evidence.Entry{}, err
	}
	e, err := next(newest)
	if err != nil {
		return evidence.Entry{}, err
	}
	if err := ledger.Follows(newest, e); err != nil {
		return evidence.Entry{}, err
	}
	return e, db.exec(`INSERT INTO journal (`+entryColumns+`) VALUES (?,?,?,?,?,?,?,?)`, int64(e.Number), e.At, e.Kind,
		e.Subject, notNil(e.Body), e.Previous[:], e.Hash[:], notNil(e.Signature))
}

func newestEntry(q queryer) (*evidence.Entry, error) {
	e, err := scanEntry(q.row(`SELECT ` + entryColumns + ` FROM journal ORDER BY number DESC LIMIT 1`))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &e, err
}

// notNil keeps empty apart from absent: the columns hold no nulls.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// ReadJournal implements ledger.Journal.
func (l *Ledger) ReadJournal(ctx context.Context, after uint64, limit int) ([]evidence.Entry, error) {
	entries, err := collect(l.reader(ctx), scanEntry,
		`SELECT `+entryColumns+` FROM journal WHERE number > ? ORDER BY number LIMIT ?`, int64(after), limit)
	return entries, wrap("read journal", err)
}

// LastJournal implements ledger.Journal.
func (l *Ledger) LastJournal(ctx context.Context, kind evidence.EntryKind, subject string) (evidence.Entry, error) {
	query, args := `SELECT `+entryColumns+` FROM journal WHERE kind = ? ORDER BY number DESC LIMIT 1`, []any{kind}
	if subject != "" {
		query, args = `SELECT `+entryColumns+` FROM journal WHERE kind = ? AND subject = ? ORDER BY number DESC LIMIT 1`, []any{kind, subject}
	}
	entry, err := scanEntry(l.reader(ctx).row(query, args...))
	return entry, wrap("read journal", err)
}
