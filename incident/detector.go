package incident

import (
	"cmp"
	"math"
	"slices"
	"time"

	"portolan"
)

// Options says what a detector needs to know.
type Options struct {
	// BetweenFalseAlarms is the time in which a fleet in good times gives at most one false alarm; 90 days if zero.
	BetweenFalseAlarms time.Duration
	// Systems says who answers for each system; it may be nil.
	Systems Systems
	// First is the number of the next incident, 1 if zero.
	First ID
}

// Detector finds incidents. It is not for use by several goroutines at once.
type Detector struct {
	options  Options
	fleet    fleet
	now      portolan.Instant
	limit    float64 // the threshold for a fleet of this rate
	next     ID
	tracks   []*track // open ones, and closed ones that may come again, by ID
	notes    []Note
	signals  []Signal
	silences bool             // there may be silent ports
	quiet    portolan.Instant // when incidents were reviewed last
	events   []Event
}

// New returns a detector that knows no agent yet.
func New(o Options) *Detector {
	o.BetweenFalseAlarms = cmp.Or(o.BetweenFalseAlarms, 90*24*time.Hour)
	return &Detector{options: o, fleet: newFleet(), next: max(1, o.First)}
}

// SetPort makes a port known: its kind, field office, zone and volumes. An error says that its zone is not known.
func (d *Detector) SetPort(p portolan.Port) error { return d.fleet.setPort(p) }

// Assign makes known what an agent runs. Its port should be known already.
func (d *Detector) Assign(agent portolan.AgentID, plan *portolan.Plan) {
	d.fleet.assign(agent, plan)
	d.limit = threshold(d.fleet.rate, d.options.BetweenFalseAlarms)
}

// SetNotes replaces the notes of changes and planned work.
func (d *Detector) SetNotes(notes []Note) { d.notes = notes }

// HasNotes reports whether SetNotes was called.
func (d *Detector) HasNotes() bool { return d.notes != nil }

// Observe takes in a live result or notice. Results of one series that are not newer than the last are passed over.
func (d *Detector) Observe(o *Observation) {
	d.now = max(d.now, o.Heard)
	s := d.fleet.find(&o.Series)
	if s == nil || o.Start <= s.last {
		return
	}
	known := s.notice == o.Start // the notice of this run counted already
	if o.Open {
		if known {
			return
		}
		s.notice = o.Start
	} else {
		s.last = o.Start
	}
	bad := o.Outcome != portolan.Good
	s.bad = nil
	if bad {
		s.bad = &badRun{o.Start, o.Symptom}
	}
	t := d.explains(s, o)
	switch {
	case t != nil:
		t.take(s, o, true, known)
	case !known && !s.belated(o):
		d.weigh(s, o)
	}
	if !bad {
		s.learnPace(o.Start, o.Duration)
	}
	if len(d.tracks) > 0 && !known {
		d.recover(s, o)
	}
}

// explains returns the open incident that a bad result belongs to, nil if there is none: the narrowest, unless a wider one
// has the same component. That one masks it.
func (d *Detector) explains(s *series, o *Observation) (found *track) {
	if o.Outcome == portolan.Good || len(d.tracks) == 0 {
		return nil
	}
	for level := range levels {
		for i := range s.exposures {
			e := &s.exposures[i]
			t := e.cells[level].incident
			if t == nil || t.End != 0 || s.tells(e, t.Scope.Level, o) != hit {
				continue
			}
			switch {
			case found == nil:
				found = t
			case t.Component == found.Component && o.Start >= t.Start:
				found.mask(t)
				found = t
			}
		}
	}
	return found
}

// belated reports whether a bad result belongs to an incident that is over.
func (s *series) belated(o *Observation) bool {
	if o.Outcome == portolan.Good {
		return false
	}
	for i := range s.exposures {
		e := &s.exposures[i]
		for _, c := range e.cells {
			if o.Start < c.until && s.tells(e, c.scope.Level, o) == hit {
				return true
			}
		}
	}
	return false
}

// recover lets the incidents that a result speaks against know of it.
func (d *Detector) recover(s *series, o *Observation) {
	for i := range s.exposures {
		e := &s.exposures[i]
		for _, c := range e.cells {
			t := c.incident
			if t == nil || t.End != 0 {
				continue
			}
			if s.tells(e, t.Scope.Level, o) == fine || (e.own && s.cameBy(t, o)) {
				t.take(s, o, false, false)
			}
		}
	}
}

// cameBy reports whether a run that failed at a dependency had passed the step at which an incident of its own system hits.
func (s *series) cameBy(t *track, o *Observation) bool {
	return o.Symptom.Dependency != "" && s.reached(&o.Symptom) > s.reached(&t.Symptom)
}

// weigh counts a result in each test that it tells something to, and opens an incident where one crosses the threshold.
func (d *Detector) weigh(s *series, o *Observation) {
	crossed, bad := false, o.Outcome != portolan.Good
	for i := range s.exposures {
		e := &s.exposures[i]
		if v := s.tells(e, AtNation, o); v != nothing {
			e.component.learn(v == hit)
		}
		for level, c := range e.cells {
			if !bad && c.score == [models]float64{} {
				continue
			}
			v := s.tells(e, Level(level+1), o)
			if v == nothing {
				continue
			}
			c.add(v == hit, o.Start)
			if score, _ := c.best(); v == hit && score >= d.limit {
				crossed = true
			}
		}
	}
	if crossed {
		d.open(s, o)
	}
}

// open opens the incident that explains best what a test found when this result came in: the cell with the greatest score
// among those that the result counted in.
func (d *Detector) open(s *series, o *Observation) {
	best := s.likeliest()
	_, model := best.best()
	t := d.reopens(best, best.onset[model])
	change := Reopened
	if t == nil {
		t = d.newTrack(best.scope, best.component, best.onset[model])
		change = Opened
	}
	t.total = best.counts[model]
	t.total.bad, t.total.results = t.total.bad-1, t.total.results-1 // this result, which is taken now
	d.claim(t)
	d.recall(t, s)
	t.take(s, o, true, false)
	if into := d.absorb(t); into != t {
		d.describe(into)
		d.emit(into, Grown)
		return
	}
	d.describe(t)
	d.emit(t, change)
}

// recall counts for whom the bad results were that an incident was found by, and why they were bad. The one that it was found
// with is not among them.
func (d *Detector) recall(t *track, with *series) {
	for _, s := range d.fleet.within(t.Scope, t.Component) {
		if s == with || s.bad == nil || s.bad.start < t.Start {
			continue
		}
		o := Observation{Start: s.bad.start, Outcome: portolan.Failed, Symptom: s.bad.symptom}
		if s.tells(s.exposure(t.Component), t.Scope.Level, &o) == hit {
			t.credit(s, &o, true)
		}
	}
}

// likeliest returns the cell with the greatest score. Equal scores mean that the same results count in both: then a
// named dependency is better than the system, and the widest scope better than a narrower one, but a port better than an
// office that has no other. What is good is heard later than what is bad, so that the network seems to blame at first whatever
// it is: it must be likelier by a margin.
func (s *series) likeliest() *cell {
	var best *cell
	greatest := 0.0
	for i := range s.exposures {
		e := &s.exposures[i]
		for _, level := range [levels]Level{AtNation, AtKind, AtPort, AtOffice, AtAgent} {
			c := e.cells[level-1]
			score, _ := c.best()
			if i == 0 {
				score -= networkMargin
			}
			// The network comes first in exposures, then the system, then its dependencies: each must be as good
			// to be named instead.
			better := score > greatest+1e-9
			equal := best != nil && math.Abs(score-greatest) <= 1e-9 && c.scope.Level == best.scope.Level && c.component != best.component
			if better || equal {
				best, greatest = c, max(score, greatest)
			}
		}
	}
	return best
}

// claim makes an incident answer for a cell, and starts all tests of its series anew: their evidence is explained.
func (d *Detector) claim(t *track) {
	for _, c := range t.cells {
		c.incident = nil
	}
	t.cells = t.cells[:0]
	for _, id := range append([]portolan.SystemID{t.Component}, t.also...) {
		d.claimComponent(t, id)
	}
}

func (d *Detector) claimComponent(t *track, id portolan.SystemID) {
	if c := d.fleet.cells[cellKey{t.Scope, id}]; c != nil {
		c.incident = t
		t.cells = append(t.cells, c)
	}
	for _, s := range d.fleet.within(t.Scope, id) {
		for c := range s.cells() {
			c.clear()
		}
	}
}

// Advance lets time pass: incidents are reviewed, closed and forgotten. It returns what happened since the last call.
func (d *Detector) Advance(now portolan.Instant) []Event {
	d.now = max(d.now, now)
	if d.now-d.quiet >= reviewEvery {
		d.quiet = d.now
		d.findSilence()
		d.weighSignals()
		for _, t := range slices.Clone(d.tracks) {
			d.review(t)
		}
		d.tracks = slices.DeleteFunc(d.tracks, func(t *track) bool { return t.over(d.now) })
	}
	events := d.events
	d.events = nil
	return events
}

func (d *Detector) emit(t *track, change Change) {
	t.Revision++
	if !t.Signaled && !t.thin() {
		t.Why = d.sentence(t)
	}
	d.events = append(d.events, Event{At: d.now, Change: change, Incident: t.snapshot(d.now)})
}
