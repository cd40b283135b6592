package incident

import (
	"slices"
	"strings"
	"time"

	"portolan"
)

const (
	// officeSilent and nationSilent are the shares of ports that are silent when the office or the nation is.
	officeSilent = 0.8
	nationSilent = 0.5
	// settle is how long after agents are heard again their late evidence is waited for.
	settle = portolan.Instant(2 * time.Minute / time.Microsecond)
	// mostLate bounds the late results that are kept for one incident.
	mostLate = 200_000
)

// lateEvidence is what agents that were silent measured meanwhile.
type lateEvidence struct {
	waits   bool             // it is expected
	heard   portolan.Instant // when agents were heard again
	newest  portolan.Instant // when the last of it came
	results []lateResult
	stopped map[portolan.AgentID]bool // agents that did not run
}

type lateResult struct {
	start   portolan.Instant
	hit     bool
	system  portolan.SystemID
	agent   portolan.AgentID
	symptom portolan.Symptom
}

// Silent says that nothing was heard of an agent since an instant, without a farewell.
func (d *Detector) Silent(agent portolan.AgentID, since portolan.Instant) {
	if m := d.fleet.agents[agent]; m != nil {
		m.silent, m.left = since, false
		d.silences = true
	}
}

// Left says that an agent said farewell.
func (d *Detector) Left(agent portolan.AgentID) {
	if m := d.fleet.agents[agent]; m != nil {
		m.silent, m.left = 0, true
	}
}

// Heard says that an agent was heard.
func (d *Detector) Heard(agent portolan.AgentID) {
	if m := d.fleet.agents[agent]; m != nil {
		m.silent, m.left = 0, false
	}
}

// Late takes in a result that is no news: it opens no incident, and corrects those that began with silence.
func (d *Detector) Late(o *Observation) {
	d.now = max(d.now, o.Heard)
	s := d.fleet.find(&o.Series)
	if s == nil {
		return
	}
	for _, t := range d.tracks {
		if t.late.waits && t.Scope.Holds(s.agent.id, &s.agent.at.Port) {
			t.late.add(s, o, d.now)
		}
	}
}

// Stopped says that an agent did not run for a while: it tells why it was silent.
func (d *Detector) Stopped(agent portolan.AgentID, span portolan.Span) {
	m := d.fleet.agents[agent]
	if m == nil {
		return
	}
	for _, t := range d.tracks {
		if t.late.waits && t.Scope.Holds(agent, &m.at.Port) && !span.Intersect(t.Span(d.now)).Empty() {
			t.late.stopped[agent] = true
			t.late.newest = d.now
		}
	}
}

func (l *lateEvidence) add(s *series, o *Observation, now portolan.Instant) {
	l.newest = now
	if len(l.results) < mostLate {
		l.results = append(l.results, lateResult{o.Start, o.Outcome != portolan.Good && blamesNetwork(o.Symptom.Kind), s.name.System, s.agent.id, o.Symptom})
	}
}

// silentSince returns since when all agents of a port are silent; ok is false if one is heard, or all said farewell.
func (p *place) silentSince() (since portolan.Instant, ok bool) {
	for _, m := range p.agents {
		switch {
		case m.left:
		case m.silent == 0:
			return 0, false
		default:
			since, ok = max(since, m.silent), true
		}
	}
	return since, ok
}

// findSilence opens incidents for ports all of whose agents are silent: at the office or nationwide where most are.
func (d *Detector) findSilence() {
	if !d.silences {
		return
	}
	d.silences = false
	silent := map[Scope][]*place{}
	ports := map[Scope]float64{}
	for _, p := range d.fleet.ports {
		if len(p.agents) == 0 {
			continue
		}
		since, ok := p.silentSince()
		scopes := scopesOf("", &p.Port)
		d.silences = d.silences || ok
		for _, scope := range scopes[AtPort-1:] {
			ports[scope]++
			if ok && !d.answered(p, since) {
				silent[scope] = append(silent[scope], p)
			}
		}
	}
	for _, level := range []Level{AtNation, AtOffice, AtPort} {
		for _, scope := range sortedScopes(silent, level) {
			d.openSilence(scope, silent[scope], ports[scope])
		}
	}
}

func sortedScopes(silent map[Scope][]*place, level Level) (scopes []Scope) {
	for scope := range silent {
		if scope.Level == level {
			scopes = append(scopes, scope)
		}
	}
	slices.SortFunc(scopes, func(a, b Scope) int { return strings.Compare(a.Office+string(a.Port), b.Office+string(b.Port)) })
	return scopes
}

// answered reports whether an incident of the office or the nation explains a port's silence already. The last of its ports
// may be heard some time after most of them.
func (d *Detector) answered(p *place, since portolan.Instant) bool {
	for _, t := range d.tracks {
		if t.Silent && t.Scope.Level > AtPort && t.MergedInto == 0 && t.Scope.Holds("", &p.Port) && (t.End == 0 || (since < t.End && d.now-t.late.heard < settle)) {
			return true
		}
	}
	return false
}

func (d *Detector) openSilence(scope Scope, silent []*place, ports float64) {
	share := float64(len(silent)) / ports
	switch scope.Level {
	case AtNation:
		if ports < 3 || share < nationSilent {
			return
		}
	case AtOffice:
		if ports < 2 || len(silent) < 2 || share < officeSilent {
			return
		}
	}
	var first portolan.Instant
	for _, p := range silent {
		since, _ := p.silentSince()
		if first == 0 || since < first {
			first = since
		}
		for _, t := range d.tracks {
			if t.Silent && t.End == 0 && t.Scope.Level >= scope.Level && t.Scope.Holds("", &p.Port) {
				return
			}
		}
	}
	t := d.newTrack(scope, d.networkComponent(), first)
	t.Silent = true
	t.late = lateEvidence{waits: true, stopped: map[portolan.AgentID]bool{}}
	d.claim(t)
	if into := d.joinSilent(t); into != t {
		d.describe(into)
		d.emit(into, Grown)
		return
	}
	d.describe(t)
	d.emit(t, Opened)
}

// joinSilent joins the silence of single ports into that of their office or of the nation. The oldest goes on.
func (d *Detector) joinSilent(t *track) *track {
	into := t
	for _, u := range slices.Clone(d.tracks) {
		if u != t && u.Silent && u.End == 0 && u.MergedInto == 0 && d.fleet.contains(t.Scope, u.Scope) {
			part := into
			if u.ID > into.ID {
				part = u
			} else {
				into = u
			}
			d.join(into, part, t.Scope, t.Component)
		}
	}
	return into
}

func (d *Detector) networkComponent() *component {
	c := d.fleet.components[""]
	if c == nil {
		c = newComponent("")
		d.fleet.components[""] = c
	}
	return c
}

// reviewSilent ends a silence when most of its ports are heard again, and corrects it by what they measured meanwhile.
func (d *Detector) reviewSilent(t *track) {
	if t.End == 0 {
		silent, ports := d.stillSilent(t)
		if 2*silent < ports || silent == 0 {
			t.late.heard = d.now
			d.finish(t, d.now, Closed)
		}
		return
	}
	if t.late.waits && d.now-max(t.late.heard, t.late.newest) >= settle {
		d.correct(t)
	}
}

func (d *Detector) stillSilent(t *track) (silent, ports int) {
	for _, p := range d.fleet.ports {
		if len(p.agents) == 0 || !t.Scope.Holds("", &p.Port) {
			continue
		}
		ports++
		if _, ok := p.silentSince(); ok {
			silent++
		}
	}
	return silent, ports
}

// correct gives a silence the start, end and cause that the late evidence shows: the stretch of results that a fault
// explains best.
func (d *Detector) correct(t *track) {
	t.late.waits = false
	from, to, score := t.late.worst(t.component)
	switch {
	case score >= margin:
		t.Start, t.End = from, max(to, from+1)
		for _, r := range t.late.results {
			if r.start >= from && r.start < to {
				t.tallyOf(r.agent).add(r.hit)
				t.systemOf(r.system).add(r.hit)
				if r.hit {
					t.symptoms[r.symptom]++
					t.total.bad++
				}
				t.total.results++
			}
		}
		t.Confidence = 0.95
	case len(t.late.stopped) > 0 && len(t.late.results) == 0:
		t.Cause = Workstation
	default:
		t.Cause = Monitor
	}
	d.describe(t)
	t.Impact = d.impactOf(t)
	d.emit(t, Revised)
	t.late.results = nil
}

// worst returns the stretch in which results were likelier with a fault than without, and by how much, as a logarithm.
func (l *lateEvidence) worst(c *component) (from, to portolan.Instant, best float64) {
	slices.SortStableFunc(l.results, func(a, b lateResult) int { return int(max(-1, min(1, a.start-b.start))) })
	var score float64
	var begin portolan.Instant
	for i, r := range l.results {
		if r.hit {
			if score == 0 {
				begin = r.start
			}
			score += c.weighBad[0]
		} else {
			score = max(0, score+c.weighGood[0])
		}
		if score > best {
			from, to, best = begin, r.start+1, score
			if i+1 < len(l.results) {
				to = l.results[i+1].start
			}
		}
	}
	return from, to, best
}
