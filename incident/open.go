package incident

import (
	"portolan"
)

// weigh counts a result in each test that it tells something to, and opens an incident where one crosses the threshold. If an
// incident of its own system took the result, it counts for the system's dependencies only.
func (d *Detector) weigh(s *series, o *Observation, taken bool) {
	crossed, bad := false, o.Outcome != portolan.Good
	for i := range s.exposures {
		e := &s.exposures[i]
		if taken && (e.own || e.component.system == "") {
			continue
		}
		if v := s.tells(e, AtNation, o); v != nothing {
			e.component.learn(v.against())
		}
		for level, c := range e.cells {
			if !bad && c.score == [models]float64{} {
				continue
			}
			v := s.tells(e, Level(level+1), o)
			if v == nothing {
				continue
			}
			c.add(v.against(), s.agent.at, o.Start)
			if score, _ := c.best(); v.against() && score >= d.limit {
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
		if s.tells(s.exposure(t.Component), t.Scope.Level, &o).against() {
			t.credit(s, &o, true)
		}
	}
}

// depends reports whether nearly all that counts in one cell of a system counts in that of its dependency.
func (c *cell) depends(on *cell) bool {
	_, own := c.best()
	_, other := on.best()
	return 5*on.counts[other].bad >= 4*c.counts[own].bad
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
			equal := best != nil && score > 0 && c.scope == best.scope && (score >= greatest-1e-9 || (i > 1 && best.component == s.exposures[1].component && best.depends(c)))
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
