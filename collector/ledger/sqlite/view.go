package sqlite

import (
	"database/sql"
	"errors"
	"strings"

	"portolan"
	"portolan/collector/ledger"
)

// view reads what the projection stored: from a snapshot, or inside a transaction.
type view struct{ q queryer }

// End implements ledger.View.
func (v view) End() (ledger.Position, error) { return end(v.q) }

// Cursor implements ledger.View.
func (v view) Cursor(chain ledger.Chain) (c ledger.Cursor, err error) {
	err = v.q.row(`SELECT number, position FROM fold_cursor WHERE agent = ? AND stream = ?`,
		chain.Agent, chain.Stream[:]).Scan(&c.Number, &c.Position)
	return c, wrap("read cursor", orZero(err))
}

// orZero lets a row that is not there stand for its zero value.
func orZero(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// Cursors implements ledger.View.
func (v view) Cursors() (map[ledger.Chain]ledger.Cursor, error) {
	cursors := make(map[ledger.Chain]ledger.Cursor)
	_, err := collect(v.q, func(row scanner) (none struct{}, err error) {
		var chain ledger.Chain
		var c ledger.Cursor
		err = row.Scan(&chain.Agent, fixed{chain.Stream[:]}, &c.Number, &c.Position)
		cursors[chain] = c
		return none, err
	}, `SELECT agent, stream, number, position FROM fold_cursor`)
	return cursors, wrap("read cursors", err)
}

// JournalCursor implements ledger.View.
func (v view) JournalCursor() (number uint64, err error) {
	err = v.q.row(`SELECT number FROM journal_cursor`).Scan(&number)
	return number, wrap("read journal cursor", orZero(err))
}

const seriesQuery = `SELECT s.agent, s.system, s.transaction_, t.last_start, t.state
	FROM series s JOIN series_state t ON t.series = s.id WHERE `

func scanSeries(row scanner) (s ledger.SeriesState, err error) {
	err = row.Scan(&s.Series.Agent, &s.Series.System, &s.Series.Transaction, &s.LastStart, &s.State)
	return s, err
}

// Series implements ledger.View.
func (v view) Series(series portolan.Series) (ledger.SeriesState, bool, error) {
	s, err := scanSeries(v.q.row(seriesQuery+`s.agent = ? AND s.system = ? AND s.transaction_ = ?`,
		series.Agent, series.System, series.Transaction))
	return s, err == nil, wrap("read series", orZero(err))
}

// AllSeries implements ledger.View.
func (v view) AllSeries(agent portolan.AgentID) ([]ledger.SeriesState, error) {
	all, err := collect(v.q, scanSeries, seriesQuery+ofAgent("s.agent", agent)+` ORDER BY s.agent, s.system, s.transaction_`, agent)
	return all, wrap("read series", err)
}

// SeriesOf implements ledger.View.
func (v view) SeriesOf(f ledger.HourFilter) ([]ledger.SeriesState, error) {
	where := seriesFilter(f)
	where.add("1")
	some, err := collect(v.q, scanSeries, seriesQuery+strings.Join(where.conditions, " AND ")+
		` ORDER BY s.agent, s.system, s.transaction_`, where.args...)
	return some, wrap("read series", err)
}

// seriesFilter selects rows of the table of series.
func seriesFilter(f ledger.HourFilter) (where filter) {
	in(&where, "s.agent", f.Agents)
	in(&where, "s.port", f.Ports)
	in(&where, "s.system", f.Systems)
	in(&where, "s.transaction_", f.Transactions)
	return where
}

const figureQuery = `SELECT s.agent, s.system, s.transaction_, f.start, f.revision, f.provisional, f.changed_at, f.body
	FROM series s JOIN figure f ON f.series = s.id`

func scanFigure(row scanner) (r ledger.HourRow, err error) {
	err = row.Scan(&r.Series.Agent, &r.Series.System, &r.Series.Transaction, &r.Hour, &r.Revision, &r.Provisional,
		&r.ChangedAt, &r.Body)
	return r, err
}

// Hour implements ledger.View.
func (v view) Hour(series portolan.Series, hour portolan.Instant) (ledger.HourRow, bool, error) {
	r, err := scanFigure(v.q.row(figureQuery+` WHERE s.agent = ? AND s.system = ? AND s.transaction_ = ?
		AND f.start = ?`, series.Agent, series.System, series.Transaction, hour))
	return r, err == nil, wrap("read hour", orZero(err))
}

// Hours implements ledger.View.
func (v view) Hours(f ledger.HourFilter) ([]ledger.HourRow, error) {
	where := seriesFilter(f)
	where.add("f.start >= ? AND f.start < ?", f.Span.From, f.Span.To)
	rows, err := collect(v.q, scanFigure,
		figureQuery+where.sql()+` ORDER BY s.agent, s.system, s.transaction_, f.start`, where.args...)
	return rows, wrap("read figures", err)
}

// Sketches implements ledger.View.
func (v view) Sketches(f ledger.SketchFilter) ([]ledger.Sketch, error) {
	var where filter
	where.add("hour >= ? AND hour < ? AND (port = '') = ?", f.Span.From, f.Span.To, f.Steps)
	in(&where, "port", f.Ports)
	in(&where, "system", f.Systems)
	sketches, err := collect(v.q, func(row scanner) (s ledger.Sketch, err error) {
		k := &s.Key
		err = row.Scan(&k.Hour, &k.Port, &k.System, &k.Transaction, &k.Step, &s.Body)
		return s, err
	}, `SELECT hour, port, system, transaction_, step, body FROM sketch`+where.sql()+
		` ORDER BY hour, port, system, transaction_, step`, where.args...)
	return sketches, wrap("read sketches", err)
}

// SketchAt implements ledger.View.
func (v view) SketchAt(k ledger.SketchKey) (body []byte, err error) {
	err = v.q.row(`SELECT body FROM sketch WHERE hour = ? AND port = ? AND system = ? AND transaction_ = ? AND step = ?`,
		k.Hour, k.Port, k.System, k.Transaction, k.Step).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return body, wrap("read sketch", err)
}

// Values implements ledger.View.
func (v view) Values(name string) ([]ledger.Value, error) {
	values, err := collect(v.q, func(row scanner) (ledger.Value, error) {
		value := ledger.Value{Key: ledger.ValueKey{Name: name}}
		err := row.Scan(&value.Key.Agent, &value.Body)
		return value, err
	}, `SELECT agent, body FROM projection_value WHERE name = ? AND agent <> '' ORDER BY agent`, name)
	return values, wrap("read values", err)
}

// Value implements ledger.View.
func (v view) Value(key ledger.ValueKey) ([]byte, error) {
	var value []byte
	err := v.q.row(`SELECT body FROM projection_value WHERE agent = ? AND name = ?`, key.Agent, key.Name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return notNil(value), wrap("read value", err)
}
