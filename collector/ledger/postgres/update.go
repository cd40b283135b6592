package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portolan/collector/ledger"
)

// Update implements ledger.Projection. Cursors are moved by compare-and-set, so that of two collectors one wins: no lock
// keeps batches waiting.
func (l *Ledger) Update(ctx context.Context, fn func(ledger.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.transact(ctx, func(tx pgx.Tx) error {
		t := &update{tx: tx}
		t.view = view{ledger: l, ctx: ctx, q: t}
		if err := fn(t); err != nil {
			return err
		}
		return t.flush()
	})
}

// update is what Update lends. Writes wait until something is read or the transaction ends, and go together then.
type update struct {
	view
	tx      pgx.Tx
	waiting pgx.Batch
}

// Query implements querier: a read sees the transaction's own writes.
func (t *update) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.tx.Query(ctx, query, args...)
}

func (t *update) flush() error {
	if t.waiting.Len() == 0 {
		return nil
	}
	err := t.tx.SendBatch(t.ctx, &t.waiting).Close()
	t.waiting = pgx.Batch{}
	return t.ledger.wrap("write", err)
}

// Fence implements ledger.Tx.
func (t *update) Fence(epoch uint64) error {
	t.waiting.Queue(`SELECT 1 FROM leader WHERE epoch = $1 FOR SHARE`, int64(epoch)).Exec(changed(ledger.ErrDeposed))
	return nil
}

// changed has a statement fail with an error unless it found its one row.
func changed(otherwise error) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != 1 {
			return otherwise
		}
		return nil
	}
}

// MoveCursor implements ledger.Tx.
func (t *update) MoveCursor(chain ledger.Chain, from, to ledger.Cursor) error {
	query := `UPDATE fold_cursor SET number = $3, position = $4 WHERE agent = $1 AND stream = $2 AND number = $5 AND position = $6`
	args := []any{chain.Agent, chain.Stream[:], int64(to.Number), to.Position, int64(from.Number), from.Position}
	if from == (ledger.Cursor{}) {
		query, args = `INSERT INTO fold_cursor (agent, stream, number, position) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, args[:4]
	}
	t.waiting.Queue(query, args...).Exec(changed(ledger.ErrMoved))
	return nil
}

// MoveJournalCursor implements ledger.Tx.
func (t *update) MoveJournalCursor(from, to uint64) error {
	query, args := `UPDATE journal_cursor SET number = $1 WHERE number = $2`, []any{int64(to), int64(from)}
	if from == 0 {
		query, args = `INSERT INTO journal_cursor (id, number) VALUES (1, $1) ON CONFLICT DO NOTHING`, args[:1]
	}
	t.waiting.Queue(query, args...).Exec(changed(ledger.ErrMoved))
	return nil
}

// PutSeries implements ledger.Tx.
func (t *update) PutSeries(states ...ledger.SeriesState) error {
	if len(states) == 0 {
		return nil
	}
	var c columns
	column(&c, states, func(s *ledger.SeriesState) string { return string(s.Series.Agent) })
	column(&c, states, func(s *ledger.SeriesState) string { return string(s.Series.System) })
	column(&c, states, func(s *ledger.SeriesState) string { return string(s.Series.Transaction) })
	column(&c, states, func(s *ledger.SeriesState) int64 { return int64(s.LastStart) })
	column(&c, states, func(s *ledger.SeriesState) []byte { return notNil(s.State) })
	t.waiting.Queue(`INSERT INTO series_state (agent, system, transaction_, last_start, state)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
		ON CONFLICT (agent, system, transaction_) DO UPDATE SET last_start = excluded.last_start, state = excluded.state`, c...)
	return nil
}

// PutHours implements ledger.Tx.
func (t *update) PutHours(rows ...ledger.HourRow) error {
	if len(rows) == 0 {
		return nil
	}
	var c columns
	column(&c, rows, func(r *ledger.HourRow) string { return string(r.Series.Agent) })
	column(&c, rows, func(r *ledger.HourRow) string { return string(r.Series.Agent.Port()) })
	column(&c, rows, func(r *ledger.HourRow) string { return string(r.Series.System) })
	column(&c, rows, func(r *ledger.HourRow) string { return string(r.Series.Transaction) })
	column(&c, rows, func(r *ledger.HourRow) int64 { return int64(r.Hour) })
	column(&c, rows, func(r *ledger.HourRow) int64 { return int64(r.Revision) })
	column(&c, rows, func(r *ledger.HourRow) bool { return r.Provisional })
	column(&c, rows, func(r *ledger.HourRow) int64 { return int64(r.ChangedAt) })
	column(&c, rows, func(r *ledger.HourRow) []byte { return notNil(r.Body) })
	t.waiting.Queue(`INSERT INTO figure (agent, port, system, transaction_, start, revision, provisional, changed_at, body)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[], $8::bigint[], $9::bytea[])
		ON CONFLICT (agent, system, transaction_, start) DO UPDATE SET revision = excluded.revision,
		provisional = excluded.provisional, changed_at = excluded.changed_at, body = excluded.body`, c...)
	return nil
}

// PutSketches implements ledger.Tx.
func (t *update) PutSketches(sketches ...ledger.Sketch) error {
	if len(sketches) == 0 {
		return nil
	}
	var c columns
	column(&c, sketches, func(s *ledger.Sketch) int64 { return int64(s.Key.Hour) })
	column(&c, sketches, func(s *ledger.Sketch) string { return string(s.Key.Port) })
	column(&c, sketches, func(s *ledger.Sketch) string { return string(s.Key.System) })
	column(&c, sketches, func(s *ledger.Sketch) string { return string(s.Key.Transaction) })
	column(&c, sketches, func(s *ledger.Sketch) string { return string(s.Key.Step) })
	column(&c, sketches, func(s *ledger.Sketch) []byte { return notNil(s.Body) })
	t.waiting.Queue(`INSERT INTO sketch (hour, port, system, transaction_, step, body)
		SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
		ON CONFLICT (hour, port, system, transaction_, step) DO UPDATE SET body = excluded.body`, c...)
	return nil
}

// PutValues implements ledger.Tx.
func (t *update) PutValues(values ...ledger.Value) error {
	kept := slices.DeleteFunc(slices.Clone(values), func(v ledger.Value) bool { return v.Body == nil })
	gone := slices.DeleteFunc(slices.Clone(values), func(v ledger.Value) bool { return v.Body != nil })
	agent := func(v *ledger.Value) string { return string(v.Key.Agent) }
	name := func(v *ledger.Value) string { return v.Key.Name }
	if len(kept) > 0 {
		var c columns
		column(&c, kept, agent)
		column(&c, kept, name)
		column(&c, kept, func(v *ledger.Value) []byte { return v.Body })
		t.waiting.Queue(`INSERT INTO projection_value (agent, name, body) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
			ON CONFLICT (agent, name) DO UPDATE SET body = excluded.body`, c...)
	}
	if len(gone) > 0 {
		var c columns
		column(&c, gone, agent)
		column(&c, gone, name)
		t.waiting.Queue(`DELETE FROM projection_value WHERE (agent, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))`, c...)
	}
	return nil
}

// Reset implements ledger.Tx.
func (t *update) Reset() error {
	t.waiting.Queue(`TRUNCATE fold_cursor, journal_cursor, series_state, figure, rollup, sketch, projection_value`)
	return nil
}
