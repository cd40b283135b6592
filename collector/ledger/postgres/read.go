package postgres

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// querier asks: the pool, or a transaction.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

// collect scans every row that a query gives.
func collect[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scan)
	if len(all) == 0 {
		all = nil
	}
	return all, err
}

// one scans the only row that a query gives.
func one[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], query string, args ...any) (T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		var none T
		return none, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// filter builds a WHERE clause from conditions that must all hold. A condition writes its arguments as %s.
type filter struct {
	conditions []string
	args       []any
}

func (f *filter) add(condition string, args ...any) {
	places := make([]any, len(args))
	for i := range args {
		places[i] = fmt.Sprintf("$%d", len(f.args)+i+1)
	}
	f.conditions = append(f.conditions, fmt.Sprintf(condition, places...))
	f.args = append(f.args, args...)
}

// in adds that a column has one of the values; no values select everything.
func in[T ~string](f *filter, column string, values []T) {
	if len(values) == 0 {
		return
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	f.add(column+" = ANY(%s)", texts)
}

func (f *filter) sql() string {
	if len(f.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(f.conditions, " AND ")
}

// Columns of batch, without and with the bytes, as scanLink reads them.
const (
	bareColumns = `agent, stream, position, first, number, hash, previous, status, reason, detail, received_at, lane, plan,
		span_from, span_to, records, backlog, sent_at, clock_offset, clock_uncertainty, farewell, NULL::bytea`
	fullColumns = `agent, stream, position, first, number, hash, previous, status, reason, detail, received_at, lane, plan,
		span_from, span_to, records, backlog, sent_at, clock_offset, clock_uncertainty, farewell, bytes`
)

// fixed scans a column of bytes into an array of the same length.
type fixed []byte

// ScanBytes implements pgtype.BytesScanner.
func (f fixed) ScanBytes(v []byte) error {
	if len(v) != len(f) {
		return fmt.Errorf("column holds %d bytes, want %d", len(v), len(f))
	}
	copy(f, v)
	return nil
}

// scanned is a content as its columns have it.
type scanned struct {
	*ledger.Content
	offset, uncertainty int64
}

func (s *scanned) fields() []any {
	return []any{
		fixed(s.Plan[:]), &s.Span.From, &s.Span.To, &s.Records, &s.Backlog, &s.SentAt, &s.offset, &s.uncertainty, &s.Farewell,
	}
}

func (s *scanned) finish() {
	s.ClockOffset, s.ClockUncertainty = time.Duration(s.offset)*time.Microsecond, time.Duration(s.uncertainty)*time.Microsecond
}

func scanLink(row pgx.CollectableRow) (l ledger.Link, err error) {
	c := scanned{Content: &l.Content}
	fields := append([]any{&l.Chain.Agent, fixed(l.Chain.Stream[:]), &l.Position, &l.First, &l.Number, fixed(l.Hash[:]),
		fixed(l.Previous[:]), &l.Status, &l.Reason, &l.Detail, &l.ReceivedAt, &l.Lane}, c.fields()...)
	err = row.Scan(append(fields, &l.Bytes)...)
	c.finish()
	return l, err
}

func scanHead(row pgx.CollectableRow) (h ledger.Head, err error) {
	c := scanned{Content: &h.Newest}
	err = row.Scan(append([]any{&h.Chain.Agent, fixed(h.Chain.Stream[:]), &h.Number, fixed(h.Hash[:]), &h.Position, &h.HeardAt},
		c.fields()...)...)
	c.finish()
	return h, err
}

// End implements ledger.Batches.
func (l *Ledger) End(ctx context.Context) (ledger.Position, error) {
	position, err := end(ctx, l.pool)
	return position, l.wrap("find the newest batch", err)
}

func end(ctx context.Context, q querier) (ledger.Position, error) {
	return one(ctx, q, pgx.RowTo[ledger.Position], `SELECT coalesce(max(position), 0) FROM batch`)
}

// Size implements ledger.Ledger: the whole database.
func (l *Ledger) Size(ctx context.Context) (int64, error) {
	size, err := one(ctx, l.pool, pgx.RowTo[int64], `SELECT pg_database_size(current_database())`)
	return size, l.wrap("measure ledger", err)
}

// Read implements ledger.Batches.
func (l *Ledger) Read(ctx context.Context, q ledger.Query) ([]ledger.Link, error) {
	columns := fullColumns
	if q.WithoutBytes {
		columns = bareColumns
	}
	var where filter
	where.add("position > %s", q.After)
	if q.UpTo != 0 {
		where.add("position <= %s", q.UpTo)
	}
	if q.Status != ledger.StatusUnknown {
		where.add("status = %s", q.Status)
	}
	if q.Chain.Agent != "" {
		where.add("agent = %s", q.Chain.Agent)
		if q.Chain.Stream != (portolan.Stream{}) {
			where.add("stream = %s", q.Chain.Stream[:])
		}
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 1000
	}
	links, err := collect(ctx, l.pool, scanLink,
		fmt.Sprintf(`SELECT %s FROM batch%s ORDER BY position LIMIT %d`, columns, where.sql(), limit), where.args...)
	return links, l.wrap("read batches", err)
}

// Overlapping implements ledger.Batches.
func (l *Ledger) Overlapping(ctx context.Context, agent portolan.AgentID, span portolan.Span, upTo ledger.Position) iter.Seq2[ledger.Link, error] {
	return func(yield func(ledger.Link, error) bool) {
		positions, err := l.overlapping(ctx, agent, span, upTo)
		if err != nil {
			yield(ledger.Link{}, l.wrap("find batches by time", err))
			return
		}
		const together = 64
		for some := range slices.Chunk(positions, together) {
			links, err := collect(ctx, l.pool, scanLink,
				`SELECT `+fullColumns+` FROM batch WHERE agent = $1 AND position = ANY($2) ORDER BY position`, agent, some)
			if err != nil {
				yield(ledger.Link{}, l.wrap("read batches", err))
				return
			}
			for _, link := range links {
				if !yield(link, nil) {
					return
				}
			}
		}
	}
}

// overlapping asks for each width apart: what overlaps and is at most 2^width hours long begins at most so much before
// the span, so each is one short range of the index.
func (l *Ledger) overlapping(ctx context.Context, agent portolan.AgentID, span portolan.Span, upTo ledger.Position) ([]int64, error) {
	if upTo == 0 {
		upTo = math.MaxInt64
	}
	return collect(ctx, l.pool, pgx.RowTo[int64], `SELECT b.position FROM generate_series(0, $5::integer) AS w (width)
		JOIN batch b ON b.agent = $1 AND b.status = 1 AND b.span_width = w.width
		AND b.span_from >= $2::bigint - (1::bigint << w.width) * 3600000000 AND b.span_from < $3 AND b.span_to >= $2
		AND b.position <= $4 ORDER BY b.position`, agent, span.From, span.To, upTo, ledger.MaxWidth)
}

// Link implements ledger.Batches.
func (l *Ledger) Link(ctx context.Context, chain ledger.Chain, number uint64) (ledger.Link, error) {
	link, err := one(ctx, l.pool, scanLink, `SELECT `+fullColumns+` FROM batch
		WHERE agent = $1 AND stream = $2 AND number >= $3 ORDER BY number LIMIT 1`,
		chain.Agent, chain.Stream[:], int64(min(number, math.MaxInt64)))
	if err == nil && link.First > number {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return ledger.Link{}, l.wrap(fmt.Sprintf("read batch %d of %q", number, chain.Agent), err)
	}
	return link, nil
}

// Heads implements ledger.Batches.
func (l *Ledger) Heads(ctx context.Context, agent portolan.AgentID) ([]ledger.Head, error) {
	heads, err := collect(ctx, l.pool, scanHead,
		`SELECT `+headColumns+` FROM chain WHERE `+ofAgent("agent", agent)+` ORDER BY agent, stream`, string(agent))
	return heads, l.wrap("read heads", err)
}

// Plan implements ledger.Batches.
func (l *Ledger) Plan(ctx context.Context, hash evidence.PlanHash) (*portolan.Plan, error) {
	body, err := one(ctx, l.pool, pgx.RowTo[[]byte], `SELECT body FROM plan WHERE hash = $1`, hash[:])
	if err != nil {
		return nil, l.wrap("read plan "+hash.String(), err)
	}
	plan, err := evidence.ReadPlan(body)
	return plan, l.wrap("decode plan "+hash.String(), err)
}

// PlanChanges implements ledger.Batches.
func (l *Ledger) PlanChanges(ctx context.Context, agent portolan.AgentID) ([]ledger.PlanChange, error) {
	changes, err := collect(ctx, l.pool, func(row pgx.CollectableRow) (p ledger.PlanChange, err error) {
		p.Chain.Agent = agent
		var offset int64
		err = row.Scan(fixed(p.Chain.Stream[:]), &p.Position, &p.Number, &p.SentAt, &offset, fixed(p.Plan[:]))
		p.Offset = time.Duration(offset) * time.Microsecond
		return p, err
	}, `SELECT stream, position, number, sent_at, clock_offset, plan FROM plan_change WHERE agent = $1 ORDER BY position`, agent)
	return changes, l.wrap("read plan changes", err)
}

// ofAgent is a condition on $1, the agent: that a column names it, or none if it is "". An index serves the one and
// would not serve both in one.
func ofAgent(column string, agent portolan.AgentID) string {
	if agent == "" {
		return `$1::text = ''`
	}
	return column + ` = $1`
}
