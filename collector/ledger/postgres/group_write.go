package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"portolan/collector/ledger"
	"portolan/evidence"
)

// write sends everything that the group gathered, in one exchange with the database.
func (g *group) write(ctx context.Context) error {
	var write pgx.Batch
	g.writeLinks(&write)
	g.writeHeads(&write)
	for hash, plan := range g.plans {
		write.Queue(`INSERT INTO plan (hash, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`, hash[:], evidence.AppendPlan(nil, plan))
	}
	for _, c := range g.changes {
		write.Queue(`INSERT INTO plan_change (agent, position, stream, number, sent_at, clock_offset, plan)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, c.Chain.Agent, c.Position, c.Chain.Stream[:], int64(c.Number), c.SentAt,
			micros(c.Offset), c.Plan[:])
	}
	for _, a := range g.asides {
		queueAside(&write, a, g.ledger.options.AsideBytes)
	}
	if write.Len() == 0 {
		return nil
	}
	return g.tx.SendBatch(ctx, &write).Close()
}

// columns are the arrays of a statement that writes many rows at once.
type columns []any

// column appends to columns what of each row stands in one.
func column[R, V any](c *columns, rows []R, value func(*R) V) {
	values := make([]V, len(rows))
	for i := range rows {
		values[i] = value(&rows[i])
	}
	*c = append(*c, values)
}

func (g *group) writeLinks(write *pgx.Batch) {
	if len(g.links) == 0 {
		return
	}
	var c columns
	column(&c, g.links, func(l *ledger.Link) string { return string(l.Chain.Agent) })
	column(&c, g.links, func(l *ledger.Link) []byte { return l.Chain.Stream[:] })
	column(&c, g.links, func(l *ledger.Link) int64 { return int64(l.Number) })
	column(&c, g.links, func(l *ledger.Link) int64 { return int64(l.First) })
	column(&c, g.links, func(l *ledger.Link) int64 { return int64(l.Position) })
	column(&c, g.links, func(l *ledger.Link) []byte { return l.Hash[:] })
	column(&c, g.links, func(l *ledger.Link) []byte { return l.Previous[:] })
	column(&c, g.links, func(l *ledger.Link) int16 { return int16(l.Status) })
	column(&c, g.links, func(l *ledger.Link) int16 { return int16(l.Reason) })
	column(&c, g.links, func(l *ledger.Link) string { return l.Detail })
	column(&c, g.links, func(l *ledger.Link) int64 { return int64(l.ReceivedAt) })
	column(&c, g.links, func(l *ledger.Link) int16 { return int16(l.Lane) })
	column(&c, g.links, func(l *ledger.Link) int16 { return int16(ledger.Width(l.Content.Span)) })
	column(&c, g.links, func(l *ledger.Link) []byte { return l.Bytes })
	contentColumns(&c, g.links, func(l *ledger.Link) *ledger.Content { return &l.Content })
	write.Queue(`INSERT INTO batch (agent, stream, number, first, position, hash, previous, status, reason, detail, received_at,
		lane, span_width, bytes, plan, span_from, span_to, records, backlog, sent_at, clock_offset, clock_uncertainty, farewell)
		SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[],
		$8::smallint[], $9::smallint[], $10::text[], $11::bigint[], $12::smallint[], $13::smallint[], $14::bytea[],
		$15::bytea[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[],
		$23::boolean[])`, c...)
}

func (g *group) writeHeads(write *pgx.Batch) {
	heads := make([]ledger.Head, 0, len(g.changed))
	for chain := range g.changed {
		heads = append(heads, *g.heads[chain])
	}
	if len(heads) == 0 {
		return
	}
	var c columns
	column(&c, heads, func(h *ledger.Head) string { return string(h.Chain.Agent) })
	column(&c, heads, func(h *ledger.Head) []byte { return h.Chain.Stream[:] })
	column(&c, heads, func(h *ledger.Head) int64 { return int64(h.Number) })
	column(&c, heads, func(h *ledger.Head) []byte { return h.Hash[:] })
	column(&c, heads, func(h *ledger.Head) int64 { return int64(h.Position) })
	column(&c, heads, func(h *ledger.Head) int64 { return int64(h.HeardAt) })
	contentColumns(&c, heads, func(h *ledger.Head) *ledger.Content { return &h.Newest })
	write.Queue(`INSERT INTO chain (agent, stream, number, hash, position, heard_at, plan, span_from, span_to, records, backlog,
		sent_at, clock_offset, clock_uncertainty, farewell)
		SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bytea[],
		$8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::boolean[])
		ON CONFLICT (agent, stream) DO UPDATE SET number = excluded.number, hash = excluded.hash, position = excluded.position,
		heard_at = excluded.heard_at, plan = excluded.plan, span_from = excluded.span_from, span_to = excluded.span_to,
		records = excluded.records, backlog = excluded.backlog, sent_at = excluded.sent_at,
		clock_offset = excluded.clock_offset, clock_uncertainty = excluded.clock_uncertainty, farewell = excluded.farewell`, c...)
}

// contentColumns appends the columns of a batch's content, in the order in which tables have them.
func contentColumns[R any](c *columns, rows []R, of func(*R) *ledger.Content) {
	column(c, rows, func(r *R) []byte { return of(r).Plan[:] })
	column(c, rows, func(r *R) int64 { return int64(of(r).Span.From) })
	column(c, rows, func(r *R) int64 { return int64(of(r).Span.To) })
	column(c, rows, func(r *R) int64 { return int64(of(r).Records) })
	column(c, rows, func(r *R) int64 { return int64(of(r).Backlog) })
	column(c, rows, func(r *R) int64 { return int64(of(r).SentAt) })
	column(c, rows, func(r *R) int64 { return micros(of(r).ClockOffset) })
	column(c, rows, func(r *R) int64 { return micros(of(r).ClockUncertainty) })
	column(c, rows, func(r *R) bool { return of(r).Farewell })
}

func micros(d time.Duration) int64 { return d.Microseconds() }
