package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"portolan"
	"portolan/collector/ledger"
)

// View implements ledger.Projection.
func (l *Ledger) View(ctx context.Context, fn func(ledger.View) error) error {
	if l.reader(ctx).isClosed() {
		return ledger.ErrClosed
	}
	snapshot, err := l.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return wrap("begin reading", err)
	}
	err = fn(view{q: reader{ctx: ctx, closed: l.writer.quit, db: snapshot}})
	return errors.Join(err, snapshot.Rollback())
}

// Update implements ledger.Projection.
func (l *Ledger) Update(ctx context.Context, fn func(ledger.Tx) error) error {
	return l.writer.alone(ctx, func(db *statements) error { return fn(tx{view: view{q: db}, db: db}) })
}

// tx is what Update lends.
type tx struct {
	view
	db *statements
}

// MoveCursor implements ledger.Tx.
func (t tx) MoveCursor(chain ledger.Chain, from, to ledger.Cursor) error {
	if from == (ledger.Cursor{}) {
		return t.swap("move cursor", `INSERT INTO fold_cursor (agent, stream, number, position) VALUES (?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, chain.Agent, chain.Stream[:], int64(to.Number), to.Position)
	}
	return t.swap("move cursor", `UPDATE fold_cursor SET number = ?, position = ?
		WHERE agent = ? AND stream = ? AND number = ? AND position = ?`,
		int64(to.Number), to.Position, chain.Agent, chain.Stream[:], int64(from.Number), from.Position)
}

// MoveJournalCursor implements ledger.Tx.
func (t tx) MoveJournalCursor(from, to uint64) error {
	if from == 0 {
		return t.swap("move journal cursor", `INSERT INTO journal_cursor (id, number) VALUES (1, ?) ON CONFLICT DO NOTHING`, int64(to))
	}
	return t.swap("move journal cursor", `UPDATE journal_cursor SET number = ? WHERE number = ?`, int64(to), int64(from))
}

// swap is a write that finds its row as it was, or finds it moved.
func (t tx) swap(doing, query string, args ...any) error {
	n, err := t.db.changed(query, args...)
	if err == nil && n != 1 {
		err = ledger.ErrMoved
	}
	return wrap(doing, err)
}

// PutSeries implements ledger.Tx.
func (t tx) PutSeries(states ...ledger.SeriesState) error {
	for _, s := range states {
		id, err := t.seriesID(s.Series)
		if err != nil {
			return err
		}
		err = t.db.exec(`INSERT OR REPLACE INTO series_state (series, last_start, state) VALUES (?, ?, ?)`,
			id, s.LastStart, notNil(s.State))
		if err != nil {
			return wrap("put series", err)
		}
	}
	return nil
}

// PutHours implements ledger.Tx.
func (t tx) PutHours(rows ...ledger.HourRow) error {
	for _, r := range rows {
		id, err := t.seriesID(r.Series)
		if err != nil {
			return err
		}
		err = t.db.exec(`INSERT OR REPLACE INTO figure (series, start, revision, provisional, changed_at, body)
			VALUES (?, ?, ?, ?, ?, ?)`, id, r.Hour, r.Revision, r.Provisional, r.ChangedAt, notNil(r.Body))
		if err != nil {
			return wrap("put figures", err)
		}
	}
	return nil
}

// seriesID returns the number that stands for a series, and gives it one the first time.
func (t tx) seriesID(s portolan.Series) (id int64, err error) {
	err = t.db.row(`SELECT id FROM series WHERE agent = ? AND system = ? AND transaction_ = ?`,
		s.Agent, s.System, s.Transaction).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = t.db.row(`INSERT INTO series (agent, port, system, transaction_) VALUES (?, ?, ?, ?) RETURNING id`,
			s.Agent, s.Agent.Port(), s.System, s.Transaction).Scan(&id)
	}
	return id, wrap("name series", err)
}

// PutSketches implements ledger.Tx.
func (t tx) PutSketches(sketches ...ledger.Sketch) error {
	for _, s := range sketches {
		k := s.Key
		err := t.db.exec(`INSERT OR REPLACE INTO sketch (hour, port, system, transaction_, step, body) VALUES (?, ?, ?, ?, ?, ?)`,
			k.Hour, k.Port, k.System, k.Transaction, k.Step, notNil(s.Body))
		if err != nil {
			return wrap("put sketch", err)
		}
	}
	return nil
}

// PutValues implements ledger.Tx.
func (t tx) PutValues(values ...ledger.Value) error {
	for _, v := range values {
		query, args := `DELETE FROM projection_value WHERE agent = ? AND name = ?`, []any{v.Key.Agent, v.Key.Name}
		if v.Body != nil {
			query, args = `INSERT OR REPLACE INTO projection_value (agent, name, body) VALUES (?, ?, ?)`, append(args, v.Body)
		}
		if err := t.db.exec(query, args...); err != nil {
			return wrap("put value", err)
		}
	}
	return nil
}

// Reset implements ledger.Tx.
func (t tx) Reset() error {
	for _, query := range []string{
		`DELETE FROM fold_cursor`, `DELETE FROM journal_cursor`, `DELETE FROM series_state`, `DELETE FROM figure`,
		`DELETE FROM rollup`, `DELETE FROM sketch`, `DELETE FROM projection_value`,
	} {
		if err := t.db.exec(query); err != nil {
			return wrap("reset projection", err)
		}
	}
	return nil
}
