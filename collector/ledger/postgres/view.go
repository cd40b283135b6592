package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"portolan"
	"portolan/collector/ledger"
)

// View implements ledger.Projection.
func (l *Ledger) View(ctx context.Context, fn func(ledger.View) error) error {
	if l.closed() {
		return ledger.ErrClosed
	}
	return pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return fn(&view{ledger: l, ctx: ctx, q: tx})
	})
}

// view reads what the projection stored: from a snapshot, or inside a transaction.
type view struct {
	ledger *Ledger
	ctx    context.Context
	q      querier
}

// End implements ledger.View.
func (v *view) End() (ledger.Position, error) {
	position, err := end(v.ctx, v.q)
	return position, v.ledger.wrap("find the newest batch", err)
}

// Cursor implements ledger.View.
func (v *view) Cursor(chain ledger.Chain) (ledger.Cursor, error) {
	c, err := one(v.ctx, v.q, func(row pgx.CollectableRow) (c ledger.Cursor, err error) {
		return c, row.Scan(&c.Number, &c.Position)
	}, `SELECT number, position FROM fold_cursor WHERE agent = $1 AND stream = $2`, chain.Agent, chain.Stream[:])
	return c, v.ledger.wrap("read cursor", orZero(err))
}

// Cursors implements ledger.View.
func (v *view) Cursors() (map[ledger.Chain]ledger.Cursor, error) {
	cursors := map[ledger.Chain]ledger.Cursor{}
	_, err := collect(v.ctx, v.q, func(row pgx.CollectableRow) (none struct{}, err error) {
		var chain ledger.Chain
		var c ledger.Cursor
		err = row.Scan(&chain.Agent, fixed(chain.Stream[:]), &c.Number, &c.Position)
		cursors[chain] = c
		return none, err
	}, `SELECT agent, stream, number, position FROM fold_cursor`)
	return cursors, v.ledger.wrap("read cursors", err)
}

// JournalCursor implements ledger.View.
func (v *view) JournalCursor() (uint64, error) {
	number, err := one(v.ctx, v.q, pgx.RowTo[int64], `SELECT number FROM journal_cursor`)
	return uint64(number), v.ledger.wrap("read journal cursor", orZero(err))
}

const seriesQuery = `SELECT agent, system, transaction_, last_start, state FROM series_state WHERE `

func scanSeries(row pgx.CollectableRow) (s ledger.SeriesState, err error) {
	err = row.Scan(&s.Series.Agent, &s.Series.System, &s.Series.Transaction, &s.LastStart, &s.State)
	return s, err
}

// Series implements ledger.View.
func (v *view) Series(series portolan.Series) (ledger.SeriesState, bool, error) {
	s, err := one(v.ctx, v.q, scanSeries, seriesQuery+`agent = $1 AND system = $2 AND transaction_ = $3`,
		series.Agent, series.System, series.Transaction)
	return s, err == nil, v.ledger.wrap("read series", orZero(err))
}

// AllSeries implements ledger.View.
func (v *view) AllSeries(agent portolan.AgentID) ([]ledger.SeriesState, error) {
	all, err := collect(v.ctx, v.q, scanSeries, seriesQuery+ofAgent("agent", agent)+` ORDER BY agent, system, transaction_`, string(agent))
	return all, v.ledger.wrap("read series", err)
}

// SeriesOf implements ledger.View. The port is what the agent's name begins with.
func (v *view) SeriesOf(f ledger.HourFilter) ([]ledger.SeriesState, error) {
	var where filter
	in(&where, "agent", f.Agents)
	in(&where, "split_part(agent, '-', 1)", f.Ports)
	in(&where, "system", f.Systems)
	in(&where, "transaction_", f.Transactions)
	where.add("true")
	some, err := collect(v.ctx, v.q, scanSeries, seriesQuery+strings.Join(where.conditions, " AND ")+
		` ORDER BY agent, system, transaction_`, where.args...)
	return some, v.ledger.wrap("read series", err)
}

const figureQuery = `SELECT agent, system, transaction_, start, revision, provisional, changed_at, body FROM figure`

func scanFigure(row pgx.CollectableRow) (r ledger.HourRow, err error) {
	err = row.Scan(&r.Series.Agent, &r.Series.System, &r.Series.Transaction, &r.Hour, &r.Revision, &r.Provisional, &r.ChangedAt, &r.Body)
	return r, err
}

// Hour implements ledger.View.
func (v *view) Hour(series portolan.Series, hour portolan.Instant) (ledger.HourRow, bool, error) {
	r, err := one(v.ctx, v.q, scanFigure, figureQuery+` WHERE agent = $1 AND system = $2 AND transaction_ = $3 AND start = $4`,
		series.Agent, series.System, series.Transaction, hour)
	return r, err == nil, v.ledger.wrap("read hour", orZero(err))
}

// Hours implements ledger.View.
func (v *view) Hours(f ledger.HourFilter) ([]ledger.HourRow, error) {
	var where filter
	where.add("start >= %s AND start < %s", f.Span.From, f.Span.To)
	in(&where, "agent", f.Agents)
	in(&where, "port", f.Ports)
	in(&where, "system", f.Systems)
	in(&where, "transaction_", f.Transactions)
	rows, err := collect(v.ctx, v.q, scanFigure, figureQuery+where.sql()+` ORDER BY agent, system, transaction_, start`, where.args...)
	return rows, v.ledger.wrap("read figures", err)
}

// Sketches implements ledger.View.
func (v *view) Sketches(f ledger.SketchFilter) ([]ledger.Sketch, error) {
	var where filter
	where.add("hour >= %s AND hour < %s AND (port = '') = %s", f.Span.From, f.Span.To, f.Steps)
	in(&where, "port", f.Ports)
	in(&where, "system", f.Systems)
	sketches, err := collect(v.ctx, v.q, func(row pgx.CollectableRow) (s ledger.Sketch, err error) {
		k := &s.Key
		err = row.Scan(&k.Hour, &k.Port, &k.System, &k.Transaction, &k.Step, &s.Body)
		return s, err
	}, `SELECT hour, port, system, transaction_, step, body FROM sketch`+where.sql()+
		` ORDER BY hour, port, system, transaction_, step`, where.args...)
	return sketches, v.ledger.wrap("read sketches", err)
}

// SketchAt implements ledger.View.
func (v *view) SketchAt(k ledger.SketchKey) ([]byte, error) {
	body, err := one(v.ctx, v.q, pgx.RowTo[[]byte], `SELECT body FROM sketch
		WHERE hour = $1 AND port = $2 AND system = $3 AND transaction_ = $4 AND step = $5`,
		k.Hour, k.Port, k.System, k.Transaction, k.Step)
	return body, v.ledger.wrap("read sketch", orZero(err))
}

// Value implements ledger.View.
func (v *view) Value(key ledger.ValueKey) ([]byte, error) {
	body, err := one(v.ctx, v.q, pgx.RowTo[[]byte], `SELECT body FROM projection_value WHERE agent = $1 AND name = $2`, key.Agent, key.Name)
	return body, v.ledger.wrap("read value", orZero(err))
}

// Values implements ledger.View.
func (v *view) Values(name string) ([]ledger.Value, error) {
	values, err := collect(v.ctx, v.q, func(row pgx.CollectableRow) (ledger.Value, error) {
		value := ledger.Value{Key: ledger.ValueKey{Name: name}}
		err := row.Scan(&value.Key.Agent, &value.Body)
		return value, err
	}, `SELECT agent, body FROM projection_value WHERE name = $1 AND agent <> '' ORDER BY agent`, name)
	return values, v.ledger.wrap("read values", err)
}
