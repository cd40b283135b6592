package ledger

import (
	"fmt"
	"math"
	"time"

	"portolan"
	"portolan/evidence"
)

// Meet judges an offer whose number its chain has already: there is the link that covers it. aside is what is to be
// set aside, nil for nothing.
func Meet(there Link, o Offer) (receipt Receipt, aside *Aside) {
	receipt.Link = there
	switch {
	case there.Status == Missing:
		receipt.Verdict = Broken
		o.Reason, o.Detail = ReasonNeverReceived, "came after a later number had closed the gap"
	case there.Hash == o.Hash:
		receipt.Verdict = Duplicate
		return receipt, nil
	default:
		receipt.Verdict = Forked
		o.Reason, o.Detail = ReasonFork, "number was used by batch "+there.Hash.String()
	}
	return receipt, o.aside()
}

// Extend judges an offer beyond a chain's head, and moves the head. links are to be kept, in order, at positions that
// place gives; the last one is the offer's, and its content still has the plan's body. aside is what is to be set
// aside, nil for nothing.
func Extend(head *Head, o Offer, place func() Position) (receipt Receipt, links []Link, aside *Aside) {
	receipt = Receipt{Verdict: Stored, Missing: o.Number - head.Number - 1}
	switch {
	case receipt.Missing > 0:
		// The offer names the hash of the last one.
		links = append(links, Link{
			Position: place(), Chain: o.Chain, First: head.Number + 1, Number: o.Number - 1, Hash: o.Previous, Previous: head.Hash,
			Status: Missing, Reason: ReasonNeverReceived, ReceivedAt: o.ReceivedAt,
		})
	case o.Previous != head.Hash:
		receipt.Verdict = Broken
		o.Status, o.Reason, o.Detail = Refused, ReasonBrokenChain, "follows "+o.Previous.String()
	}
	if o.Status == Refused {
		aside = o.aside()
		o.Bytes, o.Content = nil, Content{}
	}
	link := Link{
		Position: place(), Chain: o.Chain, First: o.Number, Number: o.Number, Hash: o.Hash, Previous: o.Previous,
		Status: o.Status, Reason: o.Reason, Detail: o.Detail,
		ReceivedAt: o.ReceivedAt, Lane: o.Lane, Content: o.Content, Bytes: o.Bytes,
	}
	head.Number, head.Hash, head.Position = link.Number, link.Hash, link.Position
	receipt.Link = link
	receipt.Link.Bytes, receipt.Link.Content.PlanBody = nil, nil
	return receipt, append(links, link), aside
}

// Note takes into the head what its newest accepted link tells about the agent.
func (h *Head) Note(c Content) {
	plan := h.Newest.Plan
	h.Newest = c
	h.Newest.PlanBody = nil
	if c.Plan.IsZero() { // no results in it: the plan in force stays
		h.Newest.Plan = plan
	}
}

// aside returns the offer's batch as it is set aside; nil if its sender is not to be heard.
func (o *Offer) aside() *Aside {
	if !o.KeepAside {
		return nil
	}
	return &Aside{
		Chain: o.Chain, Number: o.Number, Hash: o.Hash, Reason: o.Reason, Detail: o.Detail,
		ReceivedAt: o.ReceivedAt, Bytes: o.Bytes,
	}
}

// Width returns the smallest power of two hours that a span fits in, so that spans of one width can be found by where
// they begin.
func Width(span portolan.Span) int {
	hours, n := int64(time.Hour/time.Microsecond), 0
	for length := int64(span.To - span.From); length > hours && n < MaxWidth; n++ {
		hours *= 2
	}
	return n
}

// MaxWidth is that of the longest spans: 2^24 hours are 19 centuries.
const MaxWidth = 24

// Check returns what makes an offer impossible, nil if nothing does.
func (o *Offer) Check() error {
	if o.Number == 0 || o.Number > math.MaxInt64 {
		return fmt.Errorf("number %d is not between 1 and 2^63-1", o.Number)
	}
	switch o.Status {
	case Accepted, Waiting, Refused:
		return nil
	case StatusUnknown, Missing, Forgotten:
	}
	return fmt.Errorf("cannot be offered as %v", o.Status)
}

// Follows returns an error if a journal entry does not follow the newest one, nil if there is none yet.
func Follows(newest *evidence.Entry, e evidence.Entry) error {
	var number uint64
	var hash evidence.Hash
	if newest != nil {
		number, hash = newest.Number, newest.Hash
	}
	if e.Number != number+1 || e.Previous != hash {
		return fmt.Errorf("journal entry %d does not follow entry %d", e.Number, number)
	}
	return nil
}
