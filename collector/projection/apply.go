package projection

import (
	"portolan"
	"portolan/availability"
	"portolan/schedule"
)

// applier folds events into a state and writes what they settle into rows.
type applier struct {
	agent portolan.AgentID
	into  *fold
	rows  *rowSet
	err   error
}

// meet makes sure that every series which events tell of has a state, so that a stop before its first run reaches it.
func (f *fold) meet(events []event) {
	for i := range events {
		if name := events[i].series; name != (portolan.Series{}) {
			f.of(name)
		}
	}
}

// apply folds one event that comes after everything folded so far.
func (a *applier) apply(e *event) {
	a.into.lastAt = max(a.into.lastAt, e.at)
	if e.seq != 0 {
		a.into.seen[e.stream] = a.into.seen[e.stream].with(e.seq)
	}
	if e.series != (portolan.Series{}) {
		a.one(e.series, e)
		return
	}
	if e.stop != nil {
		a.into.gapEnd = max(a.into.gapEnd, e.stop.Span.To)
	}
	for _, name := range sortedSeries(a.into.series) {
		a.one(name, e)
	}
}

func (a *applier) one(name portolan.Series, e *event) {
	s := a.into.of(name)
	if e.result != nil {
		a.run(name, s, e)
	}
	if e.stop != nil {
		a.stop(name, s, e)
	}
	if !e.excused.Empty() {
		s.excused = append(s.excused, e.excused)
	}
	s.last = e.place
}

func (a *applier) run(name portolan.Series, s *seriesState, e *event) {
	times := scheduleOf(a.agent, e.planned)
	interval := times.Interval(e.result.Due)
	run, first := availability.NewRun(e.result, availability.Origin{Stream: e.stream, Start: e.at, Interval: interval})
	if first {
		settled, _ := s.timeline.Append(nil, run)
		a.settle(name, settled)
		s.since = run.Start
	}
	a.due(name, s, e, times)
	s.marks[e.stream] = mark{seq: e.seq, start: e.at}
}

func (a *applier) stop(name portolan.Series, s *seriesState, e *event) {
	settled, ok := s.timeline.Stop(nil, *e.stop)
	if !ok {
		return
	}
	a.settle(name, settled)
	s.since = e.at
}

// settle writes segments into the rows of their hours.
func (a *applier) settle(name portolan.Series, settled []availability.Segment) {
	for _, segment := range settled {
		for part := range availability.Hours(segment.Span) {
			row := a.row(name, part.From.Hour())
			row.segments = availability.AppendSegment(row.segments,
				availability.Segment{Span: part, Class: segment.Class, Uncertain: segment.Uncertain})
		}
	}
}

func (a *applier) row(name portolan.Series, hour portolan.Instant) *row {
	row, err := a.rows.change(rowKey{name, hour})
	if err != nil && a.err == nil {
		a.err = err
	}
	return row
}

// due accounts for the runs that were due after the newest one counted and not after this one's. What was due is
// by the agent's clock, where a due instant is a name; the hour that it counts in is by event time.
func (a *applier) due(name portolan.Series, s *seriesState, e *event, times schedule.Series) {
	r := e.result
	s.attempts = append(s.attempts, availability.Attempt{Due: r.Due, Start: r.Start, End: r.End(), Number: r.Attempt})
	if r.Attempt != 1 || r.Due <= s.lastDue {
		return
	}
	from := s.lastDue + 1
	switch {
	case s.lastDue == 0:
		from = r.Due // before its first result a series is not in service
	case !sameTimes(s.planned, e.planned):
		s.excused = append(s.excused, portolan.Span{From: from, To: e.planAt}) // not yet assigned
	}
	ahead := e.at.Sub(r.Start)
	for part := range availability.Hours(portolan.Span{From: from, To: r.Due + 1}) {
		a.count(name, s, part.From.Add(ahead).Hour(), availability.CountDue(availability.DueOptions{
			Window: part, Schedule: times, Attempts: s.attempts, Excused: s.excused,
		}))
	}
	s.lastDue, s.planned = r.Due, e.planned
	s.attempts = s.attempts[len(s.attempts)-1:]
	s.excused = nil
}

func (a *applier) count(name portolan.Series, s *seriesState, hour portolan.Instant, counted availability.Due) {
	if counted == (availability.Due{}) {
		return
	}
	if hour > s.dueHour {
		s.dueHour, s.due = hour, availability.Due{}
	}
	s.due.Merge(counted)
	a.row(name, s.dueHour).due = s.due
}

// sameTimes reports whether two plans ask for the same runs of a series.
func sameTimes(a, b portolan.PlannedSeries) bool {
	return a.Interval == b.Interval && a.Cron == b.Cron && a.Zone == b.Zone
}
