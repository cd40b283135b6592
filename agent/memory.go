package agent

import (
	"slices"
	"sync"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/dashboard"
	"portolan/evidence"
	"portolan/targets"
)

// memory is what the agent keeps in mind for its own page: the recent runs and the timeline of each
// series. It needs nothing of the network, and holds no more than a day.
type memory struct {
	mu     sync.Mutex // guards everything that follows
	series []*remembered
}

// remembered is one series in the agent's memory.
type remembered struct {
	view     dashboard.Series // but for what depends on the time of looking
	origin   availability.Origin
	timeline availability.Timeline
	settled  []availability.Segment
	open     *evidence.OpenRun // a run in progress that passed its objective; nil if there is none
}

const (
	keptRuns     = 20
	keptTimeline = 24 * time.Hour
	stripLength  = time.Hour
)

// newMemory returns a memory of the plan's series.
func newMemory(agent portolan.AgentID, plan portolan.Plan, catalogue *targets.Catalogue) *memory {
	m := &memory{}
	for _, p := range plan.Series {
		system := catalogue.System(p.System)
		m.series = append(m.series, &remembered{
			view: dashboard.Series{
				Agent: agent, System: p.System, SystemName: system.Name,
				Transaction: describe(p, system),
			},
			origin: availability.Origin{Interval: p.Interval},
		})
	}
	return m
}

func describe(p portolan.PlannedSeries, system *targets.System) dashboard.Transaction {
	d := dashboard.Transaction{ID: p.Transaction, Interval: p.Interval, Latency: p.Latency, Timeout: p.Timeout}
	if p.Cron != "" {
		d.Schedule = p.Cron + " " + p.Zone
	}
	t := system.Transaction(p.Transaction)
	d.Title = t.Title
	for _, s := range t.Steps {
		d.Steps = append(d.Steps, dashboard.Step{ID: s.ID, Title: s.Title, Dependency: s.Dependency})
	}
	return d
}

// result remembers a run; interval is the time from its due instant to the next.
func (m *memory) result(r portolan.Result, interval time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.find(r.System, r.Transaction)
	if s == nil {
		return
	}
	s.view.Runs = slices.Insert(s.view.Runs, 0, dashboard.Run{Result: r})
	s.view.Runs = s.view.Runs[:min(len(s.view.Runs), keptRuns)]
	if s.open != nil && r.Start >= s.open.Start {
		s.open = nil
	}
	run, ok := availability.NewRun(&r, availability.Origin{Start: r.Start, Interval: interval})
	if !ok {
		return
	}
	symptom := dashboard.SymptomOf(r, s.view.Transaction.Latency)
	s.view.Symptom = &symptom
	s.settled, ok = s.timeline.Append(s.settled, run)
	if !ok { // the clock was set back: what the page showed before is no longer comparable
		s.timeline, s.settled = availability.Timeline{}, nil
		s.settled, _ = s.timeline.Append(nil, run)
	}
	s.forget(r.Start.Add(-keptTimeline))
}

// openRun remembers that a run passed its objective and is still in progress.
func (m *memory) openRun(n evidence.OpenRun) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.find(n.System, n.Transaction); s != nil {
		s.open = &n
	}
}

// gap remembers that the agent monitored nothing for a while.
func (m *memory) gap(g portolan.Gap) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.series {
		span := g.Span
		if len(s.view.Runs) > 0 { // a run may have begun since the last sign of life
			span.From = max(span.From, s.view.Runs[0].Start)
		}
		s.settled, _ = s.timeline.Stop(s.settled, availability.Gap(span))
	}
}

// look returns the series as they stand now.
func (m *memory) look(now portolan.Instant) []dashboard.Series {
	m.mu.Lock()
	defer m.mu.Unlock()
	views := make([]dashboard.Series, 0, len(m.series))
	for _, s := range m.series {
		views = append(views, s.look(now))
	}
	return views
}

func (m *memory) find(system portolan.SystemID, transaction portolan.TransactionID) *remembered {
	for _, s := range m.series {
		if s.view.System == system && s.view.Transaction.ID == transaction {
			return s
		}
	}
	return nil
}

func (s *remembered) look(now portolan.Instant) dashboard.Series {
	view := s.view
	view.Runs = slices.Clone(view.Runs)
	segments := s.timeline.Tail(slices.Clone(s.settled), now)
	view.State, view.Since, view.Symptom = s.spell(segments, now)
	hour := portolan.Span{From: now.Add(-stripLength), To: now}
	view.LastHour = dashboard.Strip{Span: hour}
	for _, segment := range availability.Clip(segments, hour) {
		view.LastHour.Segments = append(view.LastHour.Segments, dashboard.Segment{Span: segment.Span, State: segment.Class.State()})
	}
	return view
}

// spell returns what the series is in now, since when and why. A run in progress that passed its objective is slow,
// provisionally, and ends no outage although what came before it holds no longer.
func (s *remembered) spell(segments []availability.Segment, now portolan.Instant) (portolan.State, portolan.Instant, *dashboard.Symptom) {
	state, since := spellAt(segments)
	if s.open != nil && state == portolan.Unmonitored && since > s.open.Start {
		state, since = spellAt(monitored(segments))
	}
	switch {
	case state == portolan.SlowState || state == portolan.Down:
		return state, since, s.view.Symptom
	case s.open == nil:
		return state, since, nil
	}
	return portolan.SlowState, s.open.Start, &dashboard.Symptom{
		Symptom: portolan.Symptom{Step: s.open.Step, Kind: portolan.KindLate},
		Took:    now.Sub(s.open.Start), Limit: s.view.Transaction.Latency,
	}
}

// monitored returns the segments without the unmonitored ones at their end.
func monitored(segments []availability.Segment) []availability.Segment {
	for len(segments) > 0 && segments[len(segments)-1].Class.State() == portolan.Unmonitored {
		segments = segments[:len(segments)-1]
	}
	return segments
}

// spellAt returns the state that the segments end in and since when; Unmonitored and zero if there are none.
func spellAt(segments []availability.Segment) (state portolan.State, since portolan.Instant) {
	if len(segments) == 0 {
		return portolan.Unmonitored, 0
	}
	state = segments[len(segments)-1].Class.State()
	for _, segment := range slices.Backward(segments) {
		if segment.Class.State() != state {
			break
		}
		since = segment.Span.From
	}
	return state, since
}

// forget drops the settled segments that ended before t.
func (s *remembered) forget(t portolan.Instant) {
	keep := slices.IndexFunc(s.settled, func(segment availability.Segment) bool { return segment.Span.To > t })
	if keep > 0 {
		s.settled = slices.Delete(s.settled, 0, keep)
	}
}
