package projection

import (
	"bytes"
	"cmp"
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
	track    *track // nil: all of the agent's
	// result is a run of the series as it was assigned, by a plan that came into force at planAt, zero if it always was.
	result   *portolan.Result
	run      availability.Run // what the result is, once order has fixed its start
	assigned *assigned
	planAt   portolan.Instant
	stops    bool // stop is one
	stop     availability.Stop
	excused  portolan.Span // empty if none
}

// arena makes events that are used no longer than until its next reset.
type arena struct {
	chunk []event
	used  int
}

func (m *arena) new() *event {
	if m.used == len(m.chunk) {
		m.chunk, m.used = make([]event, max(64, 2*len(m.chunk))), 0
	}
	e := &m.chunk[m.used]
	m.used++
	*e = event{}
	return e
}

func (m *arena) reset() { m.used = 0 }

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
	known := func(r evidence.Record) bool { return seen.has(r.Seq()) }
	if !slices.ContainsFunc(o.batch.Records, known) {
		return o.batch.Records
	}
	return slices.DeleteFunc(slices.Clone(o.batch.Records), known)
}

// appendEvents appends the events that the records are, each with its recorded start put into event time; order makes
// them monotone.
func (o *opened) appendEvents(events []*event, from *arena, a *agentState, records []evidence.Record) []*event {
	plan := a.assignment(o)
	planAt := a.planAt(o.batch.Plan)
	for _, r := range records {
		e := from.new()
		e.position, e.planAt = o.Position, planAt
		e.stream, e.seq = o.Chain.Stream, r.Seq()
		if o.fill(e, a, plan, r) {
			e.raw = e.at
			events = append(events, e)
		}
	}
	return events
}

// fill makes e the event of one record; it reports whether there is one.
func (o *opened) fill(e *event, a *agentState, plan *assignment, r evidence.Record) bool {
	switch {
	case r.Result != nil:
		e.result, e.at = r.Result, o.eventTime(r.Result.Start)
		e.assigned = plan.find(a, r.Result.System, r.Result.Transaction)
		e.track = e.assigned.track
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
		e.track = a.track(r.Excuse.System, r.Excuse.Transaction)
		e.at, e.place.stop, e.excused = o.eventTime(r.Excuse.Span.From), true, r.Excuse.Span
	default:
		return false
	}
	return true
}

func (e *event) setStop(s availability.Stop) {
	e.at, e.raw, e.place.stop, e.stops, e.stop = s.Span.From, s.Span.From, true, true, s
}

// bySequence orders events by stream, and by number in it.
func bySequence(a, b *event) int {
	if a.stream != b.stream {
		return bytes.Compare(a.stream[:], b.stream[:])
	}
	return cmp.Compare(a.seq, b.seq)
}

// straighten makes starts monotone within each stream of a series, going on from f.
func straighten(f *fold, events []*event) {
	if !slices.IsSortedFunc(events, bySequence) { // as they nearly always are
		slices.SortStableFunc(events, bySequence)
	}
	for _, e := range events {
		if e.result == nil {
			continue
		}
		e.at, _ = availability.Monotone(f.startBefore(e), e.raw)
		e.run, _ = availability.NewRun(e.result, availability.Origin{
			Stream: e.stream, Start: e.at, Interval: e.assigned.times.Interval(e.result.Due),
		})
		e.track.ordered = e
	}
	for _, e := range events {
		if e.track != nil {
			e.track.ordered = nil
		}
	}
}

// order puts events into the order of a fold that goes on from f.
func order(f *fold, events []*event) {
	straighten(f, events)
	slices.SortStableFunc(events, func(a, b *event) int { return a.place.compare(&b.place) })
}

// orderLink is order for the events of one link. If they are all runs, straighten leaves each series' in order, and
// nothing depends on the order among series.
func orderLink(f *fold, events []*event) {
	if slices.ContainsFunc(events, func(e *event) bool { return e.result == nil }) {
		order(f, events)
		return
	}
	straighten(f, events)
}

// startBefore returns the start of the run before the event's in its stream and series: of the one ordered last, or
// of the one folded last; zero if there is none.
func (f *fold) startBefore(e *event) portolan.Instant {
	if last := e.track.ordered; last != nil && last.stream == e.stream {
		return last.at
	}
	if s := f.state(e.track); s != nil {
		if m := s.mark(e.stream); m.seq < e.seq {
			return m.start
		}
	}
	return 0
}

// fits reports whether events, ordered on f, all come after everything folded into f. changes are the agent's.
func (f *fold) fits(events []*event, changes []planChange) bool {
	return !slices.ContainsFunc(events, func(e *event) bool { return !f.fitsOne(e, changes) })
}

func (f *fold) fitsOne(e *event, changes []planChange) bool {
	if e.track == nil {
		return e.at >= f.lastAt
	}
	s := f.state(e.track)
	switch {
	case s == nil:
		return e.at > f.gapEnd && !f.retiredFrom(e.at, changes)
	case e.place.compare(&s.last) <= 0:
		return false
	default:
		return e.result == nil || e.seq > s.mark(e.stream).seq
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
