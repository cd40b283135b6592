package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/registry"
	"portolan/evidence"
)

const batchesPath = "/ingest/v1/batches"

// serveBatch takes a batch through the gates of the package comment.
func (i *Ingest) serveBatch(c call) answer {
	sender, err := i.sender(c)
	if err != nil {
		return refuseSender(err)
	}
	envelope, err := i.open(c.body, i.o.Limits)
	newer := isNewer(err) // its header can be read all the same
	if err != nil && !newer {
		return i.refuseUnreadable(c, sender, err)
	}
	proof, err := i.prove(c, sender, envelope)
	if err != nil {
		return refuseSender(err).of(envelope.Number)
	}
	i.o.Registry.Heard(envelope.Agent, c.at)
	offer := offerOf(c, envelope)
	switch {
	case proof == forged:
		return i.keep(c, refused(offer, ledger.ReasonBadSignature, evidence.ErrBadSignature), nil)
	case newer:
		offer.Status, offer.Reason = ledger.Waiting, ledger.ReasonVersion
		return i.keep(c, offer, nil)
	}
	return i.serveContent(c, offer, envelope)
}

// serveContent decodes the whole batch before it is accepted, so that nothing is acknowledged that cannot be read.
func (i *Ingest) serveContent(c call, offer ledger.Offer, envelope *evidence.Envelope) answer {
	batch, err := i.decode(c.Context(), envelope)
	switch {
	case err == nil:
		offer.Status, offer.Content = ledger.Accepted, contentOf(batch)
		if i.o.Received != nil {
			offer.ReceivedAt = i.o.Received(batch)
		}
		return i.keep(c, offer, batch)
	case isNewer(err):
		offer.Status, offer.Reason = ledger.Waiting, ledger.ReasonVersion
		return i.keep(c, offer, nil)
	}
	reason, ok := reasonOf(err)
	if !ok {
		return failed(fmt.Errorf("decode batch %d of %q: %w", envelope.Number, envelope.Agent, err))
	}
	return i.keep(c, refused(offer, reason, err), nil)
}

func refused(o ledger.Offer, reason ledger.Reason, err error) ledger.Offer {
	o.Status, o.Reason, o.Detail = ledger.Refused, reason, cut(err.Error())
	// The agent sends the records of an unknown plan again, with the plan.
	o.KeepAside = reason != ledger.ReasonUnknownPlan
	return o
}

// cut bounds a text that may quote what was sent.
func cut(s string) string {
	const most = 200
	return s[:min(len(s), most)]
}

func isNewer(err error) bool {
	var version *evidence.VersionError
	return errors.As(err, &version)
}

// errForeign says that an agent tells a plan that is not for it.
type errForeign struct{ err error }

func (e errForeign) Error() string { return e.err.Error() }

// decode unpacks a batch and holds its plan against the agent.
func (i *Ingest) decode(ctx context.Context, envelope *evidence.Envelope) (*evidence.Batch, error) {
	var lookUp error
	batch, err := envelope.Decode(func(hash evidence.PlanHash) (*portolan.Plan, bool) {
		plan, err := i.o.Registry.Plan(ctx, hash)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			lookUp = err
		}
		return plan, err == nil
	})
	switch {
	case lookUp != nil: // not the batch's fault, whatever Decode made of it
		return nil, fmt.Errorf("look up plan: %w", lookUp)
	case err != nil:
		return nil, err
	case batch.PlanBody == nil:
		return batch, nil
	}
	if err := registry.Accepts(batch.Agent, batch.PlanBody); err != nil {
		return nil, errForeign{err}
	}
	return batch, nil
}

// reasonOf returns why a batch that did not decode is refused; not ok if the fault is not its own.
func reasonOf(err error) (reason ledger.Reason, ok bool) {
	var plan *evidence.UnknownPlanError
	var limit *evidence.LimitError
	var format *evidence.FormatError
	var foreign errForeign
	switch {
	case errors.As(err, &plan):
		return ledger.ReasonUnknownPlan, true
	case errors.As(err, &limit):
		return ledger.ReasonTooLarge, true
	case errors.As(err, &foreign):
		return ledger.ReasonForeign, true
	case errors.As(err, &format):
		return ledger.ReasonMalformed, true
	default:
		return ledger.ReasonNone, false
	}
}

// keep stores the offer and answers what became of it. Only here is anything acknowledged.
func (i *Ingest) keep(c call, offer ledger.Offer, batch *evidence.Batch) answer {
	receipt, err := i.o.Ledger.Append(c.Context(), offer)
	if err != nil {
		return failed(err)
	}
	a := i.answerTo(c, offer, receipt)
	switch {
	case receipt.Verdict == ledger.Duplicate:
	case receipt.Verdict == ledger.Stored && receipt.Link.Status == ledger.Accepted:
		i.o.Accepted(receipt.Link, batch)
	case a.status >= http.StatusBadRequest && a.status < http.StatusInternalServerError:
		i.o.Refused(offer.Chain, offer.Number, a.result, cut(a.body.(refusal).Error.Message))
	}
	return a
}

func (i *Ingest) answerTo(c call, offer ledger.Offer, receipt ledger.Receipt) answer {
	switch receipt.Verdict {
	case ledger.Stored, ledger.Duplicate:
		return judged(c, receipt)
	case ledger.Forked:
		return refuse(http.StatusConflict, Fork, "another batch with this number was received before").of(offer.Number)
	case ledger.Broken:
		return refuse(http.StatusConflict, BrokenChain, "it does not follow the batch before it").of(offer.Number)
	default:
		return failed(fmt.Errorf("keep batch %d of %q: verdict %v", offer.Number, offer.Chain.Agent, receipt.Verdict))
	}
}

// judged answers by the link that is kept, so that a batch that is sent again gets the answer it got before.
func judged(c call, receipt ledger.Receipt) answer {
	link, again := receipt.Link, receipt.Verdict == ledger.Duplicate
	ack := acknowledgement{Number: link.Number, Hash: link.Hash.String(), ReceivedAt: c.at, Duplicate: again}
	a := answer{body: ack}
	switch link.Status {
	case ledger.Accepted, ledger.Forgotten:
		a.status, a.result = http.StatusOK, Accepted
	case ledger.Waiting:
		ack.SetAside = "version"
		a = answer{status: http.StatusAccepted, result: SetAside, body: ack}
	case ledger.Refused:
		a = refuseLink(link)
	case ledger.StatusUnknown, ledger.Missing:
		return failed(fmt.Errorf("batch %d of %q is kept as %v", link.Number, link.Chain.Agent, link.Status))
	}
	if again {
		a.result = Duplicate
	}
	return a
}

func refuseLink(link ledger.Link) answer {
	status, result := http.StatusBadRequest, Malformed
	switch link.Reason {
	case ledger.ReasonUnknownPlan:
		status, result = http.StatusUnprocessableEntity, UnknownPlan
	case ledger.ReasonTooLarge:
		status, result = http.StatusRequestEntityTooLarge, TooLarge
	case ledger.ReasonBadSignature:
		result = BadSignature
	case ledger.ReasonBrokenChain:
		status, result = http.StatusConflict, BrokenChain
	case ledger.ReasonNone, ledger.ReasonMalformed, ledger.ReasonForeign, ledger.ReasonFork, ledger.ReasonNeverReceived, ledger.ReasonVersion:
	}
	return refuse(status, result, link.Detail).of(link.Number)
}

func offerOf(c call, e *evidence.Envelope) ledger.Offer {
	return ledger.Offer{
		Chain: ledger.Chain{Agent: e.Agent, Stream: e.Stream}, Number: e.Number, Hash: e.Hash, Previous: e.Previous,
		ReceivedAt: c.at, Lane: c.lane(e), Bytes: c.body, KeepAside: true,
	}
}

// lane returns the lane that the batch was sealed for, unless the agent says that it has aged on the way since
// (design 3.14: the agent's monotonic clock decides).
func (c call) lane(e *evidence.Envelope) portolan.Lane {
	if c.Header.Get(evidence.LaneHeader) == portolan.Backlog.String() {
		return portolan.Backlog
	}
	return e.Lane
}
