package sqlite

import (
	"context"
	"fmt"

	"portolan/collector/ledger"
	"portolan/evidence"
)

// Append implements ledger.Batches.
func (l *Ledger) Append(ctx context.Context, o ledger.Offer) (ledger.Receipt, error) {
	var receipt ledger.Receipt
	err := o.Check()
	if err == nil {
		err = l.writer.together(ctx, func(db *statements) (err error) {
			receipt, err = l.append(db, o)
			return err
		})
	}
	if err != nil {
		return ledger.Receipt{}, fmt.Errorf("append batch %d of %q: %w", o.Number, o.Chain.Agent, err)
	}
	return receipt, nil
}

func (l *Ledger) append(db *statements, o ledger.Offer) (ledger.Receipt, error) {
	head, err := db.head(o.Chain)
	if err != nil {
		return ledger.Receipt{}, err
	}
	head.HeardAt = max(head.HeardAt, o.ReceivedAt)
	if o.Number <= head.Number {
		return l.meet(db, head, o)
	}
	return l.extend(db, head, o)
}

// meet judges an offer whose number the chain has already.
func (l *Ledger) meet(db *statements, head *chainHead, o ledger.Offer) (ledger.Receipt, error) {
	if err := db.exec(`UPDATE chain SET heard_at = ? WHERE id = ?`, head.HeardAt, head.id); err != nil {
		return ledger.Receipt{}, err
	}
	there, err := linkAt(db, head.id, o.Number)
	if err != nil {
		return ledger.Receipt{}, err
	}
	receipt, aside := ledger.Meet(there, o)
	return receipt, l.keepAside(db, aside)
}

// extend puts an offer at the end of its chain.
func (l *Ledger) extend(db *statements, head *chainHead, o ledger.Offer) (ledger.Receipt, error) {
	if err := db.knowPosition(); err != nil {
		return ledger.Receipt{}, err
	}
	receipt, links, aside := ledger.Extend(&head.Head, o, db.nextPosition)
	if err := l.keepAside(db, aside); err != nil {
		return ledger.Receipt{}, err
	}
	for i := range links {
		if err := insertLink(db, head.id, &links[i]); err != nil {
			return ledger.Receipt{}, err
		}
	}
	if receipt.Link.Status == ledger.Accepted {
		if err := noteContent(db, head, links[len(links)-1]); err != nil {
			return ledger.Receipt{}, err
		}
	}
	return receipt, saveHead(db, head)
}

func insertLink(db *statements, chain int64, link *ledger.Link) error {
	c := link.Content
	return db.exec(`INSERT INTO batch (position, chain, first, number, hash, previous, status, reason, detail,
		received_at, lane, plan, span_from, span_to, span_width, records, backlog, sent_at, clock_offset,
		clock_uncertainty, farewell, bytes) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		link.Position, chain, int64(link.First), int64(link.Number), link.Hash[:], link.Previous[:],
		link.Status, link.Reason, link.Detail, link.ReceivedAt, link.Lane,
		c.Plan[:], c.Span.From, c.Span.To, ledger.Width(c.Span), int64(c.Records), int64(c.Backlog), c.SentAt,
		micros(c.ClockOffset), micros(c.ClockUncertainty), c.Farewell, link.Bytes)
}

// saveHead keeps a head as it is.
func saveHead(db *statements, head *chainHead) error {
	c := head.Newest
	return db.exec(`UPDATE chain SET number = ?, hash = ?, position = ?, heard_at = ?, plan = ?, span_from = ?, span_to = ?,
		records = ?, backlog = ?, sent_at = ?, clock_offset = ?, clock_uncertainty = ?, farewell = ? WHERE id = ?`,
		int64(head.Number), head.Hash[:], head.Position, head.HeardAt, c.Plan[:], c.Span.From, c.Span.To, int64(c.Records),
		int64(c.Backlog), c.SentAt, micros(c.ClockOffset), micros(c.ClockUncertainty), c.Farewell, head.id)
}

// noteContent takes into the head what an accepted link tells about its agent.
func noteContent(db *statements, head *chainHead, link ledger.Link) error {
	if err := notePlan(db, head, link); err != nil {
		return err
	}
	head.Note(link.Content)
	return nil
}

func notePlan(db *statements, head *chainHead, link ledger.Link) error {
	c := link.Content
	if c.PlanBody != nil {
		err := db.exec(`INSERT INTO plan (hash, body) VALUES (?, ?) ON CONFLICT DO NOTHING`,
			c.Plan[:], evidence.AppendPlan(nil, c.PlanBody))
		if err != nil {
			return err
		}
	}
	if c.Plan.IsZero() || c.Plan == head.Newest.Plan {
		return nil
	}
	return db.exec(`INSERT INTO plan_change (agent, position, stream, number, sent_at, clock_offset, plan)
		VALUES (?,?,?,?,?,?,?)`, link.Chain.Agent, link.Position, link.Chain.Stream[:], int64(link.Number),
		c.SentAt, micros(c.ClockOffset), c.Plan[:])
}

// TakeIn implements ledger.Batches.
func (l *Ledger) TakeIn(ctx context.Context, chain ledger.Chain, number uint64, content ledger.Content) error {
	err := l.writer.together(ctx, func(db *statements) error {
		head, err := db.head(chain)
		if err != nil {
			return err
		}
		link, err := linkAt(db, head.id, number)
		switch {
		case err != nil:
			return err
		case link.Status == ledger.Accepted:
			return nil
		case link.Status != ledger.Waiting:
			return ledger.ErrNotFound
		}
		return takeIn(db, head, link, content)
	})
	if err != nil {
		return fmt.Errorf("take in batch %d of %q: %w", number, chain.Agent, err)
	}
	return nil
}

// takeIn moves a waiting link to the end of the order, so that every reader still finds it.
func takeIn(db *statements, head *chainHead, link ledger.Link, c ledger.Content) error {
	if err := db.knowPosition(); err != nil {
		return err
	}
	was := link.Position
	link.Position, link.Status, link.Content = db.nextPosition(), ledger.Accepted, c
	err := db.exec(`UPDATE batch SET position = ?, status = ?, reason = 0, detail = '', plan = ?, span_from = ?, span_to = ?,
		span_width = ?, records = ?, backlog = ?, sent_at = ?, clock_offset = ?, clock_uncertainty = ?, farewell = ?
		WHERE position = ?`, link.Position, link.Status, c.Plan[:], c.Span.From, c.Span.To, ledger.Width(c.Span),
		int64(c.Records), int64(c.Backlog), c.SentAt, micros(c.ClockOffset), micros(c.ClockUncertainty), c.Farewell, was)
	if err != nil {
		return err
	}
	head.Position = link.Position
	note := noteContent
	if link.Number < head.Number { // newer ones have told more since
		note = notePlan
	}
	if err := note(db, head, link); err != nil {
		return err
	}
	return saveHead(db, head)
}
