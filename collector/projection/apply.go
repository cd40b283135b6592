package projection

import (
	"portolan"
	"portolan/availability"
)

// applier folds events into a state and writes what they settle into rows.
type applier struct {
	into    *agentState
	rows    *rowSet
	settled []availability.Segment // room for what one event settles
	err     error
}

// meet makes sure that every series which events tell of has a state, so that a stop before its first run reaches it.
func (f *fold) meet(events []*event) {
	for _, e := range events {
		if e.track != nil {
			f.of(e.track)
		}
	}
}

// saw notes that a record was folded.
func (f *fold) saw(stream portolan.Stream, seq portolan.Seq) {
	if seq != 0 {
		seen := f.seen.of(stream)
		*seen = seen.with(seq)
	}
}

// apply folds one event that comes after everything folded so far.
func (a *applier) apply(e *event) {
	a.into.lastAt = max(a.into.lastAt, e.at)
	if e.track != nil {
		a.one(e.track, e)
		return
	}
	if e.stops {
		a.into.gapEnd = max(a.into.gapEnd, e.stop.Span.To)
	}
	for _, t := range a.into.tracks {
		if a.into.state(t) != nil {
			a.one(t, e)
		}
	}
}

func (a *applier) one(t *track, e *event) {
	s := a.into.of(t)
	if e.result != nil {
		a.run(t, s, e)
	}
	if e.stops {
		a.stop(t, s, e)
	}
	if !e.excused.Empty() {
		s.excuse(e.excused)
	}
	s.last = e.place
}

func (a *applier) run(t *track, s *seriesState, e *event) {
	if e.result.Attempt == 1 {
		a.settled, _ = s.timeline.Append(a.settled[:0], e.run)
		a.settle(t)
		s.since = e.at
		a.into.sureFrom(t, e.at)
	}
	a.due(t, s, e)
	s.setMark(mark{stream: e.stream, seq: e.seq, start: e.at})
}

func (a *applier) stop(t *track, s *seriesState, e *event) {
	var ok bool
	if a.settled, ok = s.timeline.Stop(a.settled[:0], e.stop); !ok {
		return
	}
	a.settle(t)
	s.since = e.at
}

// settle writes what was settled into the rows of its hours.
func (a *applier) settle(t *track) {
	for _, segment := range a.settled {
		for part := range availability.Hours(segment.Span) {
			row := a.row(t, part.From.Hour())
			row.segments = availability.AppendSegment(row.segments,
				availability.Segment{Span: part, Class: segment.Class, Uncertain: segment.Uncertain})
		}
	}
}

func (a *applier) row(t *track, hour portolan.Instant) *row {
	row, err := a.rows.change(a.into, t, hour)
	if err != nil && a.err == nil {
		a.err = err
	}
	return row
}

// due accounts for the runs that were due after the newest one counted and not after this one's. What was due is
// by the agent's clock, where a due instant is a name; the hour that it counts in is by event time.
func (a *applier) due(t *track, s *seriesState, e *event) {
	r := e.result
	s.attempts = append(s.attempts, availability.Attempt{Due: r.Due, Start: r.Start, End: r.End(), Number: r.Attempt})
	if r.Attempt != 1 || r.Due <= s.lastDue {
		return
	}
	times := &e.assigned.times
	last := s.lastDue
	if last == 0 {
		last = r.Due - 1 // before its first result a series is not in service
	}
	if times.Next(last) == r.Due {
		a.count(t, s, r.Due.Add(e.at.Sub(r.Start)).Hour(), availability.CountRun(r.Start, times.Next(r.Due)))
	} else {
		a.dueSince(t, s, e, portolan.Span{From: last + 1, To: r.Due + 1})
	}
	s.lastDue, s.planned, s.class = r.Due, e.assigned.planned, e.assigned.class
	s.attempts = append(s.attempts[:0], s.attempts[len(s.attempts)-1])
	s.excused = s.excused[:0]
}

// dueSince accounts for the runs that were due in a window, which the run's is not the only one of.
func (a *applier) dueSince(t *track, s *seriesState, e *event, window portolan.Span) {
	if s.lastDue != 0 && !sameTimes(s.planned, e.assigned.planned) {
		s.excused = append(s.excused, portolan.Span{From: window.From, To: e.planAt}) // not yet assigned
	}
	ahead := e.at.Sub(e.result.Start)
	for part := range availability.Hours(window) {
		a.count(t, s, part.From.Add(ahead).Hour(), availability.CountDue(availability.DueOptions{
			Window: part, Schedule: &e.assigned.times, Attempts: s.attempts, Excused: s.excused,
		}))
	}
}

func (a *applier) count(t *track, s *seriesState, hour portolan.Instant, counted availability.Due) {
	if counted == (availability.Due{}) {
		return
	}
	if hour > s.dueHour {
		s.dueHour, s.due = hour, availability.Due{}
	}
	s.due.Merge(counted)
	a.row(t, s.dueHour).due = s.due
}

// sameTimes reports whether two plans ask for the same runs of a series.
func sameTimes(a, b *portolan.PlannedSeries) bool {
	return a == b || a.Interval == b.Interval && a.Cron == b.Cron && a.Zone == b.Zone
}
