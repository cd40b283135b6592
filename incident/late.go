package incident

import (
	"cmp"
	"math"
	"slices"
	"time"

	"portolan"
)

const (
	// settle is how long after agents are heard again their late evidence is waited for.
	settle = portolan.Instant(2 * time.Minute / time.Microsecond)
	// mostLate bounds the late results that are kept for one incident.
	mostLate = 200_000
)

// lateEvidence is what agents measured while the center did not hear of it: they were silent, or no collector led.
type lateEvidence struct {
	waits   bool             // it is expected
	heard   portolan.Instant // when the incident was taken for over
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

// Late takes in a result that is no news: it opens no incident, and corrects those that began with silence or were taken over.
func (d *Detector) Late(o *Observation) {
	d.now = max(d.now, o.Heard)
	s := d.fleet.find(&o.Series)
	if s == nil {
		return
	}
	for _, t := range d.tracks {
		if t.late.waits && t.Scope.Holds(s.agent.id, &s.agent.at.Port) && t.addLate(s, o) {
			t.late.newest = d.now
		}
	}
}

// tellSilent lets the incidents that began with silence know of a live result of an agent that was silent: the end of what hit it
// may be among these.
func (d *Detector) tellSilent(s *series, o *Observation) {
	if s.agent.back == 0 || o.Open {
		return
	}
	for _, t := range d.tracks {
		if t.Silent && t.late.waits && t.Start <= s.agent.back && t.Scope.Holds(s.agent.id, &s.agent.at.Port) {
			t.addLate(s, o)
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
		if t.Silent && t.late.waits && t.Scope.Holds(agent, &m.at.Port) && !span.Intersect(t.Span(d.now)).Empty() {
			t.late.stopped[agent] = true
			t.late.newest = d.now
		}
	}
}

// addLate keeps a result as late evidence, if it tells anything.
func (t *track) addLate(s *series, o *Observation) bool {
	e := s.exposure(t.Component)
	if e == nil || len(t.late.results) >= mostLate {
		return false
	}
	v := s.tells(e, t.Scope.Level, o)
	if v != hit && v != fine {
		return false
	}
	t.late.results = append(t.late.results, lateResult{o.Start, v == hit, s.name.System, s.agent.id, o.Symptom})
	return true
}

// settled reports whether all late evidence that is waited for has come.
func (d *Detector) settled(t *track) bool {
	return t.late.waits && d.now-max(t.late.heard, t.late.newest) >= settle
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
	case 2*len(t.late.stopped) > len(d.fleet.membersIn(t.Scope)):
		t.Cause = Workstation
	default:
		t.Cause = Monitor
	}
	d.describe(t)
	t.Impact = d.impactOf(t)
	d.emit(t, Revised)
	t.late.results = nil
}

// correctEnd gives an incident that was taken over the end that the late evidence shows: good times were back before anybody led who
// could hear of it.
func (d *Detector) correctEnd(t *track) {
	t.late.waits = false
	_, after, score := t.late.worst(t.component)
	if score < margin {
		after = t.Start
	}
	var first portolan.Instant
	belief := 0.0
	for _, r := range t.late.results {
		if !r.hit && r.start >= after && r.start < t.End {
			first = cmp.Or(first, r.start)
			belief += math.Log((1 - t.component.share) / (1 - t.shareHit()))
		}
	}
	t.late.results = nil
	if belief >= margin {
		t.End = max(first, t.Start+1)
		t.Impact = d.impactOf(t)
		d.emit(t, Revised)
	}
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
