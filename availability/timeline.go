package availability

import "portolan"

// mode is what a series does from the last folded event on. Values are stored: do not reorder, add at the end.
type mode uint8

const (
	outOfService mode = iota // before the first result, or retired
	idle                     // in service, and nothing holds
	holding                  // a run's result holds
)

// place is where an event stands in the order of a fold: by instant; at one instant runs by (stream, sequence
// number), and stops after all runs.
type place struct {
	at     portolan.Instant
	stop   bool
	stream portolan.Stream
	seq    portolan.Seq
}

// Timeline is the state of a series' fold after some of its events: small, comparable, storable. The zero
// Timeline is that of a series without any event. Events are given in order; each costs O(1), and what it settles
// for good is appended to the caller's segments; Tail says what holds since. An event that is out of order is
// refused: Touches says which hours it can change, and Fold folds those again.
type Timeline struct {
	mode  mode
	since portolan.Instant // what comes from here on is not settled yet

	// Of the holding run; zero in the other modes.
	class        Class
	end, holdEnd portolan.Instant

	gapEnd portolan.Instant // a run that starts before it starts inside a gap
	last   place            // of the last event
}

// Append folds a run, and appends to settled what is now known for good of the time before it. ok is false, and
// nothing changes, if the run does not come after everything folded so far.
//
// Design 3.2: "A result holds from its start until the next first-attempt start of its series, at most until its
// end + hold [...]; after that the series is unmonitored."
func (t *Timeline) Append(settled []Segment, r Run) (_ []Segment, ok bool) {
	if !t.follows(r) {
		return settled, false
	}
	settled = t.settle(settled, r.Start, r.Class)
	t.last, t.since = place{at: r.Start, stream: r.Stream, seq: r.Seq}, r.Start
	t.mode, t.class, t.end, t.holdEnd = holding, r.Class, r.End(), r.holdEnd()
	if r.Start < t.gapEnd || r.Class.State() == portolan.Unmonitored {
		t.rest(idle)
	}
	return settled, true
}

// Stop folds a gap, farewell or retirement, and appends to settled what is now known for good of the time before
// it. ok is false, and nothing changes, if it comes before anything folded so far.
//
// Design 3.2: "A gap record ends a hold at the gap's start; nothing holds into or across a gap."
func (t *Timeline) Stop(settled []Segment, s Stop) (_ []Segment, ok bool) {
	at := s.Span.From
	if at < t.last.at {
		return settled, false
	}
	if s.void() {
		return settled, true
	}
	settled = t.settle(settled, at, Unmonitored)
	t.last, t.since = place{at: at, stop: true}, at
	t.gapEnd = max(t.gapEnd, s.Span.To)
	switch {
	case s.Kind == StopRetire:
		t.rest(outOfService)
	case t.mode == holding:
		t.rest(idle)
	}
	return settled, true
}

// Tail appends to segments what holds from the last settled instant to until if no further event comes.
func (t *Timeline) Tail(segments []Segment, until portolan.Instant) []Segment {
	return t.settle(segments, until, Unmonitored)
}

// settle appends what the series was from t.since to at; next is the class of the run that starts there, or
// Unmonitored if none does.
//
// Design 3.2: "Before its first result a series is not in service." Nor is it from its retirement to its next result.
//
// Design 3.6: "A transition gap runs from the end of the last run of the old state to the start of the first run of
// the new; the hold after a result that none follows is a gap too."
func (t *Timeline) settle(segments []Segment, at portolan.Instant, next Class) []Segment {
	switch t.mode {
	case outOfService:
		return segments
	case idle:
		return AppendSegment(segments, Segment{Span: portolan.Span{From: t.since, To: at}})
	}
	held := min(at, t.holdEnd)
	sure := held
	if followed := at <= t.holdEnd; !followed || next.State() != t.class.State() {
		sure = min(held, t.end)
	}
	segments = AppendSegment(segments, Segment{Span: portolan.Span{From: t.since, To: sure}, Class: t.class})
	segments = AppendSegment(segments, Segment{Span: portolan.Span{From: sure, To: held}, Class: t.class, Uncertain: true})
	return AppendSegment(segments, Segment{Span: portolan.Span{From: held, To: at}})
}

// rest makes the series one on which no run holds.
func (t *Timeline) rest(m mode) {
	t.mode, t.class, t.end, t.holdEnd = m, Unmonitored, 0, 0
}

// follows reports whether a run comes after everything folded so far.
func (t *Timeline) follows(r Run) bool {
	if r.Start == t.last.at && t.last.stop {
		return false
	}
	return r.Compare(Run{Start: t.last.at, Stream: t.last.stream, Seq: t.last.seq}) > 0
}

// GapEnd returns when the newest gap ended, zero if there was none.
func (t *Timeline) GapEnd() portolan.Instant { return t.gapEnd }

// KnowGap notes that there was a gap until an instant, before everything that was appended.
func (t *Timeline) KnowGap(until portolan.Instant) { t.gapEnd = max(t.gapEnd, until) }
