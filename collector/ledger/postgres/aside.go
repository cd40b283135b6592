package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"portolan"
	"portolan/collector/ledger"
)

// SetAside implements ledger.Batches.
func (l *Ledger) SetAside(ctx context.Context, a ledger.Aside) error {
	return l.wrap("set batch aside", l.transact(ctx, func(tx pgx.Tx) error {
		var write pgx.Batch
		queueAside(&write, &a, l.options.AsideBytes)
		return tx.SendBatch(ctx, &write).Close()
	}))
}

func queueAside(write *pgx.Batch, a *ledger.Aside, most int) {
	write.Queue(`INSERT INTO aside (agent, id, stream, number, hash, reason, detail, received_at, bytes)
		VALUES ($1, nextval('aside_id'), $2, $3, $4, $5, $6, $7, $8)`, a.Chain.Agent, a.Chain.Stream[:], int64(a.Number),
		a.Hash[:], a.Reason, a.Detail, a.ReceivedAt, notNil(a.Bytes))
	// What is older than the newest so many bytes of this agent gives way; the newest one always stays.
	write.Queue(`DELETE FROM aside WHERE agent = $1 AND id IN (SELECT id FROM (
			SELECT id, sum(length(bytes)) OVER (ORDER BY id DESC) AS kept, max(id) OVER () AS newest FROM aside WHERE agent = $1) s
		WHERE kept > $2 AND id < newest)`, a.Chain.Agent, most)
}

const asideColumns = `id, agent, stream, number, hash, reason, detail, received_at, length(bytes)`

// Asides implements ledger.Batches.
func (l *Ledger) Asides(ctx context.Context, agent portolan.AgentID, limit int) ([]ledger.Aside, error) {
	asides, err := collect(ctx, l.pool, scanAside, `SELECT `+asideColumns+`, NULL::bytea FROM aside
		WHERE `+ofAgent("agent", agent)+` ORDER BY id DESC LIMIT $2`, string(agent), limit)
	return asides, l.wrap("read set-aside batches", err)
}

// Aside implements ledger.Batches.
func (l *Ledger) Aside(ctx context.Context, agent portolan.AgentID, id int64) (ledger.Aside, error) {
	a, err := one(ctx, l.pool, scanAside, `SELECT `+asideColumns+`, bytes FROM aside WHERE agent = $1 AND id = $2`, agent, id)
	return a, l.wrap("read set-aside batch", err)
}

func scanAside(row pgx.CollectableRow) (a ledger.Aside, err error) {
	err = row.Scan(&a.ID, &a.Chain.Agent, fixed(a.Chain.Stream[:]), &a.Number, fixed(a.Hash[:]), &a.Reason, &a.Detail,
		&a.ReceivedAt, &a.Size, &a.Bytes)
	return a, err
}

// TakeIn implements ledger.Batches.
func (l *Ledger) TakeIn(ctx context.Context, chain ledger.Chain, number uint64, content ledger.Content) error {
	err := l.transact(ctx, func(tx pgx.Tx) error {
		job := &appendJob{offer: ledger.Offer{Chain: chain}}
		g, err := l.openGroup(ctx, tx, []*appendJob{job})
		if err != nil {
			return err
		}
		head := g.heads[chain]
		if head == nil {
			return ledger.ErrNotFound
		}
		link, err := g.linkAt(ctx, chain, number)
		switch {
		case err != nil:
			return err
		case link.Status == ledger.Accepted:
			return nil
		case link.Status != ledger.Waiting:
			return ledger.ErrNotFound
		}
		return g.takeIn(ctx, head, link, content)
	})
	return l.wrap("take in batch of "+string(chain.Agent), err)
}

// takeIn moves a waiting link to the end of the order, so that every reader still finds it.
func (g *group) takeIn(ctx context.Context, head *ledger.Head, link ledger.Link, c ledger.Content) error {
	link.Position, link.Status, link.Content = g.place(), ledger.Accepted, c
	_, err := g.tx.Exec(ctx, `UPDATE batch SET position = $4, status = $5, reason = 0, detail = '', plan = $6, span_from = $7,
		span_to = $8, span_width = $9, records = $10, backlog = $11, sent_at = $12, clock_offset = $13, clock_uncertainty = $14,
		farewell = $15 WHERE agent = $1 AND stream = $2 AND number = $3`, link.Chain.Agent, link.Chain.Stream[:],
		int64(link.Number), link.Position, link.Status, c.Plan[:], c.Span.From, c.Span.To, ledger.Width(c.Span),
		int64(c.Records), int64(c.Backlog), c.SentAt, micros(c.ClockOffset), micros(c.ClockUncertainty), c.Farewell)
	if err != nil {
		return err
	}
	g.notePlan(head, link)
	if link.Number == head.Number { // newer ones would have told more since
		head.Note(c)
	}
	head.Position = link.Position
	g.changed[link.Chain] = true
	return g.write(ctx)
}

// notNil keeps empty apart from absent: the columns hold no nulls.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// orZero lets a row that is not there stand for its zero value.
func orZero(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
