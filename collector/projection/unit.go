package projection

import (
	"iter"
	"time"

	"portolan"
)

// unit is a stretch of time that roll-ups are kept for: an hour, or a day or month of a zone.
type unit struct {
	kind unitKind
	zone *time.Location // of a day or month
}

type unitKind uint8

const (
	anHour unitKind = iota
	aDay
	aMonth
	anHourOfMinutes   // of the nation alone
	anHourOfLatencies // likewise
)

// name is what the ledger keeps roll-ups of the unit under.
func (u unit) name() string {
	switch u.kind {
	case aDay:
		return "day/" + u.zone.String()
	case aMonth:
		return "month/" + u.zone.String()
	case anHourOfMinutes:
		return "minutes"
	case anHourOfLatencies:
		return "latencies"
	default:
		return "hour"
	}
}

// after returns the first unit that ends after an instant. A unit is whole UTC hours: in a zone that lies between them,
// the hours in which days begin are in none.
func (u unit) after(at portolan.Instant) portolan.Span {
	if u.kind != aDay && u.kind != aMonth {
		return portolan.Span{From: at.Hour(), To: at.Hour().Add(time.Hour)}
	}
	year, month, day := at.Time().In(u.zone).Date()
	for next := 0; ; next++ {
		span := u.span(year, month, day, next)
		if span.To > at {
			return span
		}
	}
}

// span returns the whole hours of a day or of its month, or of the next one after it.
func (u unit) span(year int, month time.Month, day, next int) portolan.Span {
	begin := func(next int) portolan.Instant {
		if u.kind == aMonth {
			return portolan.InstantOf(time.Date(year, month+time.Month(next), 1, 0, 0, 0, 0, u.zone))
		}
		return portolan.InstantOf(time.Date(year, month, day+next, 0, 0, 0, 0, u.zone))
	}
	return portolan.Span{From: begin(next).Add(time.Hour - time.Microsecond).Hour(), To: begin(next + 1).Hour()}
}

// within yields the units that lie wholly in a span.
func (u unit) within(span portolan.Span) iter.Seq[portolan.Span] {
	return func(yield func(portolan.Span) bool) {
		if span.Empty() {
			return
		}
		for one := u.after(span.From); one.To <= span.To; one = u.after(one.To) {
			if one.From >= span.From && !yield(one) {
				return
			}
		}
	}
}

// newest returns the unit that holds the instants before the end of a set; ok is false if the set is empty, or holds
// nothing but hours that are in no unit.
func (u unit) newest(s spanSet) (one portolan.Span, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		for at := s[i].To - 1; at >= s[i].From; at = at.Hour() - 1 {
			if one = u.after(at); one.Contains(at) {
				return one, true
			}
		}
	}
	return portolan.Span{}, false
}
