package projection

import (
	"slices"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// event is one thing that moves a fold on: a run of one series, or a stop or an excuse of one series or of all of an
// agent's.
type event struct {
	place
	raw      portolan.Instant // what place.at was before it was made monotone
	position ledger.Position
	series   portolan.Series // the zero value: all of the agent's
	result   *portolan.Result
	planned  portolan.PlannedSeries
	planAt   portolan.Instant // when the plan of the run came into force, zero if it always was
	stop     *availability.Stop
	excused  portolan.Span // empty if none
}

// opened is a link with what its bytes say.
type opened struct {
	ledger.Link
	batch *evidence.Batch
}

// eventTime returns when something that the batch tells of happened, in event time.
func (o *opened) eventTime(recorded portolan.Instant) portolan.Instant {
	return availability.EventTime(recorded, o.batch.Clock.Offset, o.batch.Clock.Uncertainty)
}

// unknownTo returns the records of the link that are not in a set of folded ones.
func (o *opened) unknownTo(seen seqSet) []evidence.Record {
	var records []evidence.Record
	for _, r := range o.batch.Records {
		if !seen.has(r.Seq()) {
			records = append(records, r)
		}
	}
	return records
}

// events returns the events that the records are, each with its recorded start put into event time; order makes
// them monotone.
func (o *opened) events(records []evidence.Record) []event {
	var events []event
	for _, r := range records {
		e := event{position: o.Position}
		e.stream, e.seq = o.Chain.Stream, r.Seq()
		if o.fill(&e, r) {
			e.raw = e.at
			events = append(events, e)
		}
	}
	return events
}

// fill makes e the event of one record; it reports whether there is one.
func (o *opened) fill(e *event, r evidence.Record) bool {
	switch {
	case r.Result != nil:
		e.series = portolan.Series{Agent: o.Chain.Agent, System: r.Result.System, Transaction: r.Result.Transaction}
		e.result, e.at = r.Result, o.eventTime(r.Result.Start)
		e.planned = plannedOf(o.batch.PlanBody, e.series)
	case r.Gap != nil:
		span := portolan.Span{From: o.eventTime(r.Gap.Span.From), To: o.eventTime(r.Gap.Span.To)}
		e.setStop(availability.Gap(span))
	case r.Farewell != nil:
		e.setStop(availability.Farewell(o.eventTime(r.Farewell.At)))
		e.excused = portolan.Span{From: r.Farewell.At, To: availability.Forever}
	case r.Loss != nil:
		// A result began where the loss begins and nobody knows its outcome: whatever held, holds no longer.
		e.setStop(availability.Farewell(o.eventTime(r.Loss.Span.From)))
	case r.Excuse != nil:
		e.series = portolan.Series{Agent: o.Chain.Agent, System: r.Excuse.System, Transaction: r.Excuse.Transaction}
		e.at, e.place.stop, e.excused = o.eventTime(r.Excuse.Span.From), true, r.Excuse.Span
	default:
		return false
	}
	return true
}

func (e *event) setStop(s availability.Stop) {
	e.at, e.raw, e.place.stop, e.stop = s.Span.From, s.Span.From, true, &s
}

func plannedOf(p *portolan.Plan, series portolan.Series) portolan.PlannedSeries {
	if p != nil {
		for _, s := range p.Series {
			if s.System == series.System && s.Transaction == series.Transaction {
				return s
			}
		}
	}
	return portolan.PlannedSeries{System: series.System, Transaction: series.Transaction}
}

// order puts events into the order of a fold that goes on from f: starts are made monotone within each stream of a
// series, then everything is sorted.
func order(f *fold, events []event) {
	slices.SortStableFunc(events, func(a, b event) int {
		return place{stream: a.stream, seq: a.seq}.compare(place{stream: b.stream, seq: b.seq})
	})
	type key struct {
		series portolan.Series
		stream portolan.Stream
	}
	previous := map[key]portolan.Instant{}
	for i := range events {
		e := &events[i]
		if e.result == nil {
			continue
		}
		k := key{e.series, e.stream}
		before, known := previous[k]
		if s := f.series[e.series]; !known && s != nil && s.marks[e.stream].seq < e.seq {
			before = s.marks[e.stream].start
		}
		e.at, _ = availability.Monotone(before, e.raw)
		previous[k] = e.at
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.place.compare(b.place) })
}

// fits reports whether events, ordered on f, all come after everything folded into f. changes are the agent's.
func (f *fold) fits(events []event, changes []planChange) bool {
	return !slices.ContainsFunc(events, func(e event) bool { return !f.fitsOne(&e, changes) })
}

func (f *fold) fitsOne(e *event, changes []planChange) bool {
	if e.series == (portolan.Series{}) {
		return e.at >= f.lastAt
	}
	s := f.series[e.series]
	switch {
	case s == nil:
		return e.at > f.gapEnd && !f.retiredFrom(e.at, changes)
	case e.place.compare(s.last) <= 0:
		return false
	default:
		return e.result == nil || e.seq > s.marks[e.stream].seq
	}
}

// retiredFrom reports whether a change of plan was folded that retires what began before it.
func (f *fold) retiredFrom(at portolan.Instant, changes []planChange) bool {
	return slices.ContainsFunc(changes, func(c planChange) bool { return f.has(c) && at <= c.at })
}

// has reports whether a change of plan was folded.
func (f *fold) has(c planChange) bool {
	return c.position <= f.upTo && (f.before == 0 || c.at < f.before)
}
