package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

func micros(d time.Duration) int64 { return d.Microseconds() }

// Columns of batch, without and with the bytes, as scanLink reads them.
const (
	bareColumns = `c.agent, c.stream, b.position, b.first, b.number, b.hash, b.previous, b.status, b.reason, b.detail,
		b.received_at, b.lane, b.plan, b.span_from, b.span_to, b.records, b.backlog, b.sent_at, b.clock_offset,
		b.clock_uncertainty, b.farewell, NULL`
	fullColumns = `c.agent, c.stream, b.position, b.first, b.number, b.hash, b.previous, b.status, b.reason, b.detail,
		b.received_at, b.lane, b.plan, b.span_from, b.span_to, b.records, b.backlog, b.sent_at, b.clock_offset,
		b.clock_uncertainty, b.farewell, b.bytes`
	headColumns = `id, agent, stream, number, hash, position, heard_at, plan, span_from, span_to, records, backlog,
		sent_at, clock_offset, clock_uncertainty, farewell`
)

func scanLink(row scanner) (l ledger.Link, err error) {
	var offset, uncertainty int64
	c := &l.Content
	err = row.Scan(&l.Chain.Agent, fixed{l.Chain.Stream[:]}, &l.Position, &l.First, &l.Number, fixed{l.Hash[:]},
		fixed{l.Previous[:]}, &l.Status, &l.Reason, &l.Detail, &l.ReceivedAt, &l.Lane, fixed{c.Plan[:]},
		&c.Span.From, &c.Span.To, &c.Records, &c.Backlog, &c.SentAt, &offset, &uncertainty, &c.Farewell, &l.Bytes)
	c.ClockOffset, c.ClockUncertainty = time.Duration(offset)*time.Microsecond, time.Duration(uncertainty)*time.Microsecond
	return l, err
}

func scanHead(row scanner) (h chainHead, err error) {
	var offset, uncertainty int64
	c := &h.Newest
	err = row.Scan(&h.id, &h.Chain.Agent, fixed{h.Chain.Stream[:]}, &h.Number, fixed{h.Hash[:]}, &h.Position, &h.HeardAt,
		fixed{c.Plan[:]}, &c.Span.From, &c.Span.To, &c.Records, &c.Backlog, &c.SentAt, &offset, &uncertainty, &c.Farewell)
	c.ClockOffset, c.ClockUncertainty = time.Duration(offset)*time.Microsecond, time.Duration(uncertainty)*time.Microsecond
	return h, err
}

// fixed scans a column of bytes into an array of the same length.
type fixed struct{ into []byte }

// Scan implements sql.Scanner.
func (f fixed) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(f.into) {
		return fmt.Errorf("column holds %T, want %d bytes", value, len(f.into))
	}
	copy(f.into, b)
	return nil
}

// linkAt returns the link that covers a number, without its bytes.
func linkAt(q queryer, chain int64, number uint64) (ledger.Link, error) {
	link, err := scanLink(q.row(`SELECT `+bareColumns+` FROM batch b JOIN chain c ON c.id = b.chain
		WHERE b.chain = ? AND b.number >= ? ORDER BY b.number LIMIT 1`, chain, int64(number)))
	if errors.Is(err, sql.ErrNoRows) {
		return link, ledger.ErrNotFound
	}
	return link, err
}

// End implements ledger.Batches.
func (l *Ledger) End(ctx context.Context) (ledger.Position, error) {
	return end(l.reader(ctx))
}

func end(q queryer) (position ledger.Position, err error) {
	err = q.row(`SELECT ifnull(max(position), 0) FROM batch`).Scan(&position)
	return position, wrap("find the newest batch", err)
}

// Size implements ledger.Ledger: the file and its log.
func (l *Ledger) Size(context.Context) (int64, error) {
	if l.reader(context.Background()).isClosed() {
		return 0, ledger.ErrClosed
	}
	var size int64
	for _, path := range []string{l.options.Path, l.options.Path + "-wal"} {
		info, err := os.Stat(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("measure ledger: %w", err)
		}
		if err == nil {
			size += info.Size()
		}
	}
	return size, nil
}

// Read implements ledger.Batches.
func (l *Ledger) Read(ctx context.Context, q ledger.Query) ([]ledger.Link, error) {
	columns := fullColumns
	if q.WithoutBytes {
		columns = bareColumns
	}
	where := filter{}
	where.add("b.position > ?", q.After)
	if q.UpTo != 0 {
		where.add("b.position <= ?", q.UpTo)
	}
	if q.Status != ledger.StatusUnknown {
		where.add("b.status = ?", q.Status)
	}
	from := `batch b CROSS JOIN chain c ON c.id = b.chain` // CROSS: keep to the order of positions
	if q.Chain.Agent != "" {
		from = `chain c CROSS JOIN batch b ON b.chain = c.id`
		where.add("c.agent = ?", q.Chain.Agent)
		if q.Chain.Stream != (portolan.Stream{}) {
			where.add("c.stream = ?", q.Chain.Stream[:])
		}
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 1000
	}
	links, err := collect(l.reader(ctx), scanLink,
		`SELECT `+columns+` FROM `+from+where.sql()+` ORDER BY b.position LIMIT ?`, append(where.args, limit)...)
	return links, wrap("read batches", err)
}

// Overlapping implements ledger.Batches.
func (l *Ledger) Overlapping(ctx context.Context, agent portolan.AgentID, span portolan.Span, upTo ledger.Position) iter.Seq2[ledger.Link, error] {
	return func(yield func(ledger.Link, error) bool) {
		positions, err := l.overlapping(ctx, agent, span, upTo)
		if err != nil {
			yield(ledger.Link{}, wrap("find batches by time", err))
			return
		}
		for _, position := range positions {
			link, err := scanLink(l.reader(ctx).row(`SELECT `+fullColumns+`
				FROM batch b JOIN chain c ON c.id = b.chain WHERE b.position = ?`, position))
			if !yield(link, wrap("read batch", err)) || err != nil {
				return
			}
		}
	}
}

// overlapping asks for each width apart: what overlaps and is at most 2^width hours long begins at most so
// much before the span, so each is one short range of the index.
func (l *Ledger) overlapping(ctx context.Context, agent portolan.AgentID, span portolan.Span, upTo ledger.Position) ([]ledger.Position, error) {
	rows, err := collect(l.reader(ctx), scanPosition, `WITH RECURSIVE w (width, hours) AS (
			SELECT 0, 1 UNION ALL SELECT width + 1, hours * 2 FROM w WHERE width < ?)
		SELECT b.position FROM chain c CROSS JOIN w CROSS JOIN batch b
		WHERE c.agent = ? AND b.chain = c.id AND b.status = 1 AND b.span_width = w.width
		AND b.span_from >= ? - w.hours * 3600000000 AND b.span_from < ? AND b.span_to >= ? AND (? = 0 OR b.position <= ?)`,
		ledger.MaxWidth, agent, span.From, span.To, span.From, upTo, upTo)
	slices.Sort(rows)
	return rows, err
}

func scanPosition(row scanner) (p ledger.Position, err error) {
	err = row.Scan(&p)
	return p, err
}

// Link implements ledger.Batches.
func (l *Ledger) Link(ctx context.Context, chain ledger.Chain, number uint64) (ledger.Link, error) {
	link, err := scanLink(l.reader(ctx).row(`SELECT `+fullColumns+` FROM chain c JOIN batch b ON b.chain = c.id
		WHERE c.agent = ? AND c.stream = ? AND b.number >= ? ORDER BY b.number LIMIT 1`,
		chain.Agent, chain.Stream[:], int64(min(number, math.MaxInt64))))
	if err == nil && link.First > number {
		err = sql.ErrNoRows
	}
	if err != nil {
		return ledger.Link{}, wrap(fmt.Sprintf("read batch %d of %q", number, chain.Agent), err)
	}
	return link, nil
}

// Heads implements ledger.Batches.
func (l *Ledger) Heads(ctx context.Context, agent portolan.AgentID) ([]ledger.Head, error) {
	heads, err := collect(l.reader(ctx), func(row scanner) (ledger.Head, error) {
		h, err := scanHead(row)
		return h.Head, err
	}, `SELECT `+headColumns+` FROM chain WHERE `+ofAgent("agent", agent)+` ORDER BY agent, stream`, agent)
	return heads, wrap("read heads", err)
}

// Plan implements ledger.Batches.
func (l *Ledger) Plan(ctx context.Context, hash evidence.PlanHash) (*portolan.Plan, error) {
	var body []byte
	if err := l.reader(ctx).row(`SELECT body FROM plan WHERE hash = ?`, hash[:]).Scan(&body); err != nil {
		return nil, wrap("read plan "+hash.String(), err)
	}
	plan, err := evidence.ReadPlan(body)
	return plan, wrap("decode plan "+hash.String(), err)
}

// PlanChanges implements ledger.Batches.
func (l *Ledger) PlanChanges(ctx context.Context, agent portolan.AgentID) ([]ledger.PlanChange, error) {
	changes, err := collect(l.reader(ctx), func(row scanner) (p ledger.PlanChange, err error) {
		p.Chain.Agent = agent
		var offset int64
		err = row.Scan(fixed{p.Chain.Stream[:]}, &p.Position, &p.Number, &p.SentAt, &offset, fixed{p.Plan[:]})
		p.Offset = time.Duration(offset) * time.Microsecond
		return p, err
	}, `SELECT stream, position, number, sent_at, clock_offset, plan FROM plan_change WHERE agent = ? ORDER BY position`, agent)
	return changes, wrap("read plan changes", err)
}
