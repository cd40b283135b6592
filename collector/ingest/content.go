package ingest

import (
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// contentOf returns what the ledger finds a batch by.
func contentOf(b *evidence.Batch) ledger.Content {
	c := ledger.Content{
		Plan: b.Plan, Records: uint64(len(b.Records)), Backlog: b.Backlog, SentAt: b.SentAt, Span: spanOf(b),
		ClockOffset: b.Clock.Offset, ClockUncertainty: b.Clock.Uncertainty,
	}
	if b.CarriesPlan {
		c.PlanBody = b.PlanBody
	}
	if n := len(b.Records); n > 0 {
		c.Farewell = b.Records[n-1].Farewell != nil
	}
	return c
}

// spanOf returns the time that the records cover. Whether a clock is corrected is decided when figures are
// folded (design 3.14); so that either way finds the batch, the span holds both.
func spanOf(b *evidence.Batch) portolan.Span {
	var s portolan.Span
	for n, r := range b.Records {
		one := recordSpan(r)
		if n == 0 {
			s = one
		}
		s.From, s.To = min(s.From, one.From), max(s.To, one.To)
	}
	if len(b.Records) == 0 {
		return s
	}
	return portolan.Span{
		From: min(s.From, s.From.Add(b.Clock.Offset)), To: max(s.To, s.To.Add(b.Clock.Offset)).Add(time.Microsecond),
	}
}

func recordSpan(r evidence.Record) portolan.Span {
	switch {
	case r.Result != nil:
		return portolan.Span{From: r.Result.Start, To: r.Result.End()}
	case r.Gap != nil:
		return r.Gap.Span
	case r.Loss != nil:
		return r.Loss.Span
	case r.Excuse != nil:
		return r.Excuse.Span
	default:
		return portolan.Span{From: r.At(), To: r.At()}
	}
}
