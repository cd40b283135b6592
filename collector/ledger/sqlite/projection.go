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
func (t tx) PutSeries(s ledger.SeriesState) error {
	id, err := t.seriesID(s.Series)
	if err != nil {
		return err
	}
	return wrap("put series", t.db.exec(`INSERT OR REPLACE INTO series_state (series, last_start, state) VALUES (?, ?, ?)`,
		id, s.LastStart, notNil(s.State)))
}

// PutHours implements ledger.Tx.
func (t tx) PutHours(rows ...ledger.HourRow) error { return t.putFigures(hours, rows) }

// PutRollups implements ledger.Tx.
func (t tx) PutRollups(unit ledger.Unit, rows ...ledger.HourRow) error {
	return t.putFigures(unit, rows)
}

func (t tx) putFigures(unit ledger.Unit, rows []ledger.HourRow) error {
	for _, r := range rows {
		id, err := t.seriesID(r.Series)
		if err != nil {
			return err
		}
		err = t.db.exec(`INSERT OR REPLACE INTO figure (unit, series, start, revision, provisional, changed_at, body)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, unit, id, r.Hour, r.Revision, r.Provisional, r.ChangedAt, notNil(r.Body))
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

// MarkDirty implements ledger.Tx.
func (t tx) MarkDirty(marks ...ledger.DirtyHour) error {
	return t.eachDirty(`INSERT OR IGNORE INTO dirty (hour, series) VALUES (?, ?)`, marks)
}

// ClearDirty implements ledger.Tx.
func (t tx) ClearDirty(marks ...ledger.DirtyHour) error {
	return t.eachDirty(`DELETE FROM dirty WHERE hour = ? AND series = ?`, marks)
}

func (t tx) eachDirty(query string, marks []ledger.DirtyHour) error {
	for _, m := range marks {
		id, err := t.seriesID(m.Series)
		if err != nil {
			return err
		}
		if err := t.db.exec(query, m.Hour, id); err != nil {
			return wrap("mark hour", err)
		}
	}
	return nil
}

// PutValue implements ledger.Tx.
func (t tx) PutValue(name string, value []byte) error {
	if value == nil {
		return wrap("remove value", t.db.exec(`DELETE FROM projection_value WHERE name = ?`, name))
	}
	return wrap("put value", t.db.exec(`INSERT OR REPLACE INTO projection_value (name, body) VALUES (?, ?)`, name, value))
}

// Reset implements ledger.Tx.
func (t tx) Reset() error {
	for _, query := range []string{
		`DELETE FROM fold_cursor`, `DELETE FROM journal_cursor`, `DELETE FROM series_state`, `DELETE FROM figure`,
		`DELETE FROM sketch`, `DELETE FROM dirty`, `DELETE FROM projection_value`,
	} {
		if err := t.db.exec(query); err != nil {
			return wrap("reset projection", err)
		}
	}
	return nil
}
