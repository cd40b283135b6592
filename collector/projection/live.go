package projection

import (
	"time"

	"portolan"
	"portolan/evidence"
)

// liveState is a series' current state as live evidence shows it. Backlog never changes it (design 3.12).
type liveState struct {
	start   portolan.Instant // of the run that it follows from
	holdEnd portolan.Instant // no result holds from here on
	state   portolan.State
	since   portolan.Instant
	symptom portolan.Symptom
	took    time.Duration // of the step that the symptom names, or of the run
	dataAge time.Duration // of the data behind the answer, at the start; zero if no step measured it
	// open is the start of a run that passed its objective and was still in progress, zero if none is known.
	open     portolan.Instant
	openStep portolan.PlannedStep // the one it was in, the zero value if that is not known
	latency  time.Duration        // the objective
}

// result takes in a first attempt from a live batch.
func (l *liveState) result(e *event) {
	run := &e.run
	if run.Start <= l.start {
		return
	}
	state := run.Class.State()
	if state != l.state || run.Start > l.holdEnd {
		l.since = run.Start
	}
	l.start, l.holdEnd, l.state = run.Start, run.End().Add(run.Hold), state
	l.symptom, l.took, l.dataAge = e.result.Symptom, tookOf(e.result), e.result.DataAge()
	l.latency = e.assigned.planned.Latency
	if l.open <= run.Start {
		l.open, l.openStep = 0, portolan.PlannedStep{}
	}
}

// tookOf returns how long the step took that the symptom names, or the run if it names none.
func tookOf(r *portolan.Result) time.Duration {
	for i := range r.Steps {
		if r.Symptom.Step != "" && r.Steps[i].Step == r.Symptom.Step {
			return r.Steps[i].Duration
		}
	}
	return r.Duration
}

// stop takes in that the agent stopped, slept or dropped the series at an instant.
func (l *liveState) stop(at portolan.Instant) {
	if at < l.start || l.state == portolan.Unmonitored {
		return
	}
	l.state, l.since, l.holdEnd, l.open = portolan.Unmonitored, min(l.holdEnd, at), min(l.holdEnd, at), 0
}

// openRun takes in a notice that a run is still in progress past its objective: provisional, never in figures.
func (l *liveState) openRun(start portolan.Instant, step portolan.PlannedStep, latency time.Duration) {
	if start > l.start {
		l.open, l.openStep, l.latency = start, step, latency
	}
}

// at returns the state at an instant.
//
// Design 3.3: "Unmonitored is not up and not down." What holds at the port no longer may hold still by a result that is
// on its way: every is how often agents send, and the state outlasts its hold by one sending.
func (l *liveState) at(now portolan.Instant, every time.Duration) Current {
	held := l.held(now.Add(-every - every/3))
	if l.dataAge > 0 {
		held.DataAge = l.dataAge + now.Sub(l.start)
	}
	if l.open == 0 || now >= l.open.Add(openHolds(l.latency)) || held.State >= portolan.SlowState {
		return held
	}
	return Current{
		State: portolan.SlowState, Since: l.open, Provisional: true,
		Symptom: portolan.Symptom{Step: l.openStep.Step, Kind: portolan.KindLate, Dependency: l.openStep.Dependency},
		Took:    now.Sub(l.open), Limit: l.latency,
	}
}

// held returns the state by the newest result, if that holds at an instant.
func (l *liveState) held(until portolan.Instant) Current {
	if until >= l.holdEnd || l.state == portolan.Unmonitored {
		return Current{State: portolan.Unmonitored, Since: l.holdEnd}
	}
	c := Current{State: l.state, Since: l.since, Symptom: l.symptom, Took: l.took}
	if c.Symptom.Kind == portolan.KindLate {
		c.Limit = l.latency
	}
	return c
}

// openHolds is how long an open-run notice stands without another word: long enough for the hard time-out, which
// lies well above the objective, and for the result to arrive.
func openHolds(latency time.Duration) time.Duration { return 10*latency + time.Minute }

// Current is what a series is in now.
type Current struct {
	State portolan.State
	// Since is the start of the spell; zero if the series was never monitored.
	Since       portolan.Instant
	Provisional bool // slow because a run in progress passed its objective
	Symptom     portolan.Symptom
	Took        time.Duration // of the symptom's step, or of the run
	DataAge     time.Duration // of the data behind the last answer; zero if that is not measured
	Limit       time.Duration // what Took should have stayed under; zero if the symptom is not lateness
}

func (l *liveState) encode(w *writer) {
	w.at(l.start)
	w.at(l.holdEnd)
	w.uint(uint64(l.state))
	w.at(l.since)
	w.text(string(l.symptom.Step))
	w.uint(uint64(l.symptom.Phase))
	w.uint(uint64(l.symptom.Kind))
	w.text(string(l.symptom.Dependency))
	w.uint(uint64(l.took))
	w.at(l.open)
	w.text(string(l.openStep.Step))
	w.text(string(l.openStep.Dependency))
	w.uint(uint64(l.latency))
	w.uint(uint64(l.dataAge))
}

func (l *liveState) decode(r *reader) {
	l.start, l.holdEnd = r.at(), r.at()
	l.state, l.since = portolan.State(r.uint()), r.at()
	l.symptom.Step = portolan.StepID(r.text())
	l.symptom.Phase, l.symptom.Kind = portolan.Phase(r.uint()), portolan.ErrorKind(r.uint())
	l.symptom.Dependency = portolan.SystemID(r.text())
	l.took = time.Duration(r.uint())
	l.open = r.at()
	l.openStep = portolan.PlannedStep{Step: portolan.StepID(r.text()), Dependency: portolan.SystemID(r.text())}
	l.latency = time.Duration(r.uint())
	l.dataAge = time.Duration(r.uint())
}

// heard is when an agent was last heard, and what it said of itself then.
type heard struct {
	at      portolan.Instant // by the collector's clock
	backlog uint64
	offset  time.Duration
	stopped bool
	lost    uint64 // results that the agent dropped to stay within its bounds
}

func (h *heard) encode(w *writer) {
	w.at(h.at)
	w.uint(h.backlog)
	w.at(portolan.Instant(h.offset))
	w.flag(h.stopped)
	w.uint(h.lost)
}

func (h *heard) decode(r *reader) {
	h.at, h.backlog, h.offset = r.at(), r.uint(), time.Duration(r.at())
	h.stopped, h.lost = r.flag(), r.uint()
}

// hear notes what an agent says of itself; records are those not known before.
func (f *folder) hear(a *agentState, o *opened, records []evidence.Record) {
	h := &a.heard
	h.at, h.backlog, h.stopped = max(h.at, o.ReceivedAt), o.batch.Backlog, false
	if o.batch.Clock.Age >= 0 {
		h.offset = o.batch.Clock.Offset
	}
	for _, r := range records {
		switch {
		case r.Farewell != nil:
			h.stopped = true
		case r.Loss != nil:
			h.lost += r.Loss.Results
		}
	}
}

// live takes a live link into the current states of its agent's series.
func (f *folder) live(a *agentState, o *opened, events []*event) {
	if o.Lane != portolan.Live {
		return
	}
	for _, e := range events {
		a.liveEvent(e)
	}
	for _, open := range o.batch.Open {
		t := a.track(open.System, open.Transaction)
		planned := PlannedOf(f.plans[a.plan], t.name)
		t.live.openRun(o.eventTime(open.Start), StepOf(&planned, open.Step), planned.Latency)
		f.change(a, t)
	}
}

// PlannedOf returns a series as a plan has it; its name alone if the plan is nil or has no such series.
func PlannedOf(p *portolan.Plan, series portolan.Series) portolan.PlannedSeries {
	if p != nil {
		for _, s := range p.Series {
			if s.System == series.System && s.Transaction == series.Transaction {
				return s
			}
		}
	}
	return portolan.PlannedSeries{System: series.System, Transaction: series.Transaction}
}

// StepOf returns a step as the plan has it, so that a symptom can name the dependency that the step exercises.
func StepOf(planned *portolan.PlannedSeries, id portolan.StepID) portolan.PlannedStep {
	for _, step := range planned.Steps {
		if step.Step == id {
			return step
		}
	}
	return portolan.PlannedStep{Step: id}
}

func (a *agentState) liveEvent(e *event) {
	switch {
	case e.result != nil && e.result.Attempt == 1:
		e.track.live.result(e)
	case !e.stops:
	case e.track != nil:
		e.track.live.stop(e.at)
	default:
		for _, t := range a.tracks {
			t.live.stop(e.at)
		}
	}
}
