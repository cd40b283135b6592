package sqlite

import (
	"context"
	"fmt"
	"math"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// Append implements ledger.Batches.
func (l *Ledger) Append(ctx context.Context, o ledger.Offer) (ledger.Receipt, error) {
	if err := check(o); err != nil {
		return ledger.Receipt{}, err
	}
	var receipt ledger.Receipt
	err := l.writer.together(ctx, func(db *statements) (err error) {
		receipt, err = l.append(db, o)
		return err
	})
	if err != nil {
		return ledger.Receipt{}, fmt.Errorf("append batch %d of %q: %w", o.Number, o.Chain.Agent, err)
	}
	return receipt, nil
}

func check(o ledger.Offer) error {
	if o.Number == 0 || o.Number > math.MaxInt64 {
		return fmt.Errorf("append batch of %q: number %d is not between 1 and 2^63-1", o.Chain.Agent, o.Number)
	}
	switch o.Status {
	case ledger.Accepted, ledger.Waiting, ledger.Refused:
		return nil
	default:
		return fmt.Errorf("append batch %d of %q: cannot be offered as %v", o.Number, o.Chain.Agent, o.Status)
	}
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
	switch {
	case there.Status == ledger.Missing:
		o.Reason, o.Detail = ledger.ReasonNeverReceived, "came after a later number had closed the gap"
		return ledger.Receipt{Verdict: ledger.Broken, Link: there}, l.keepAside(db, o)
	case there.Hash == o.Hash:
		return ledger.Receipt{Verdict: ledger.Duplicate, Link: there}, nil
	default:
		o.Reason, o.Detail = ledger.ReasonFork, "number was used by batch "+there.Hash.String()
		return ledger.Receipt{Verdict: ledger.Forked, Link: there}, l.keepAside(db, o)
	}
}

// extend puts an offer at the end of its chain.
func (l *Ledger) extend(db *statements, head *chainHead, o ledger.Offer) (ledger.Receipt, error) {
	receipt := ledger.Receipt{Verdict: ledger.Stored, Missing: o.Number - head.Number - 1}
	switch {
	case receipt.Missing > 0:
		if err := l.insertMissing(db, head, o); err != nil {
			return ledger.Receipt{}, err
		}
	case o.Previous != head.Hash:
		receipt.Verdict = ledger.Broken
		o.Status, o.Reason, o.Detail = ledger.Refused, ledger.ReasonBrokenChain, "follows "+o.Previous.String()
	}
	if o.Status == ledger.Refused {
		if err := l.keepAside(db, o); err != nil {
			return ledger.Receipt{}, err
		}
		o.Bytes, o.Content = nil, ledger.Content{}
	}
	link := linkOf(o)
	if err := l.insertLink(db, head.id, &link); err != nil {
		return ledger.Receipt{}, err
	}
	receipt.Link = link
	receipt.Link.Bytes, receipt.Link.Content.PlanBody = nil, nil
	head.Number, head.Hash, head.Position = link.Number, link.Hash, link.Position
	if link.Status == ledger.Accepted {
		if err := noteContent(db, head, link); err != nil {
			return ledger.Receipt{}, err
		}
	}
	return receipt, saveHead(db, head)
}

func linkOf(o ledger.Offer) ledger.Link {
	return ledger.Link{
		Chain: o.Chain, First: o.Number, Number: o.Number, Hash: o.Hash, Previous: o.Previous,
		Status: o.Status, Reason: o.Reason, Detail: o.Detail,
		ReceivedAt: o.ReceivedAt, Lane: o.Lane, Content: o.Content, Bytes: o.Bytes,
	}
}

// insertMissing keeps the numbers between the head and the offer. The offer names the hash of the last one.
func (l *Ledger) insertMissing(db *statements, head *chainHead, o ledger.Offer) error {
	return l.insertLink(db, head.id, &ledger.Link{
		Chain: o.Chain, First: head.Number + 1, Number: o.Number - 1, Hash: o.Previous, Previous: head.Hash,
		Status: ledger.Missing, Reason: ledger.ReasonNeverReceived, ReceivedAt: o.ReceivedAt,
	})
}

func (l *Ledger) insertLink(db *statements, chain int64, link *ledger.Link) error {
	var err error
	if link.Position, err = db.nextPosition(); err != nil {
		return err
	}
	c := link.Content
	return db.exec(`INSERT INTO batch (position, chain, first, number, hash, previous, status, reason, detail,
		received_at, lane, plan, span_from, span_to, span_width, records, backlog, sent_at, clock_offset,
		clock_uncertainty, farewell, bytes) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		link.Position, chain, int64(link.First), int64(link.Number), link.Hash[:], link.Previous[:],
		link.Status, link.Reason, link.Detail, link.ReceivedAt, link.Lane,
		c.Plan[:], c.Span.From, c.Span.To, width(c.Span), int64(c.Records), int64(c.Backlog), c.SentAt,
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
	plan := head.Newest.Plan
	head.Newest = link.Content
	head.Newest.PlanBody = nil
	if link.Content.Plan.IsZero() { // no results in it: the plan in force stays
		head.Newest.Plan = plan
	}
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
	was := link.Position
	var err error
	if link.Position, err = db.nextPosition(); err != nil {
		return err
	}
	link.Status, link.Content = ledger.Accepted, c
	err = db.exec(`UPDATE batch SET position = ?, status = ?, reason = 0, detail = '', plan = ?, span_from = ?, span_to = ?,
		span_width = ?, records = ?, backlog = ?, sent_at = ?, clock_offset = ?, clock_uncertainty = ?, farewell = ?
		WHERE position = ?`, link.Position, link.Status, c.Plan[:], c.Span.From, c.Span.To, width(c.Span),
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

// width returns the smallest power of two hours that the span fits in, so that spans of one width can be
// found by where they begin.
func width(span portolan.Span) int {
	hours, n := int64(portolan.Instant(0).Add(hour)), 0
	for length := int64(span.To - span.From); length > hours && n < maxWidth; n++ {
		hours *= 2
	}
	return n
}
