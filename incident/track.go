package incident

import (
	"math"
	"slices"
	"time"

	"portolan"
)

const (
	reviewEvery = portolan.Instant(5 * time.Second / time.Microsecond)
	// updateEvery is how often at most it is told that an incident hits more ports, travelers or runs, once it is older than that.
	updateEvery = portolan.Instant(time.Minute / time.Microsecond)
	// slack is how far apart the onsets of one fault may be found in different tests, and incidents that may be one.
	slack = portolan.Instant(2 * time.Minute / time.Microsecond)
	// again is how soon after its end an incident that comes again is the same one: flapping is one incident.
	again = portolan.Instant(10 * time.Minute / time.Microsecond)
	// brief is how long an incident lasts at most whose scope was not seen well.
	brief = portolan.Instant(2 * time.Minute / time.Microsecond)
	// keep is how long a closed incident may be revised.
	keep = portolan.Instant(time.Hour / time.Microsecond)
	// betweenFalseEnds is the time in which an incident that goes on is taken for over once, by chance.
	betweenFalseEnds = 10 * 24 * time.Hour
	// margin is how much likelier, as a logarithm, another scope must be to take the place of the one that is known.
	margin = 5
	// networkMargin is how much likelier it must be that the network is to blame than a single system.
	networkMargin = 9
)

// track is an incident with the evidence that it rests on.
type track struct {
	Incident
	component *component
	cells     []*cell // that it answers for

	// also are components that are hit because the incident's is: what depends on them is explained too.
	also     []portolan.SystemID
	tallies  map[portolan.AgentID]*tally
	systems  map[portolan.SystemID]*tally
	symptoms map[portolan.Symptom]int
	total    tally
	// newestBad is the start of the newest bad run, by the dependency at which it was bad, empty for a step of the system's own.
	newestBad map[portolan.SystemID]portolan.Instant

	// recovery is the test of the other direction: that good times are back since recovered.
	recovery  float64
	recovered portolan.Instant
	pending   float64          // good results since recovered
	lastBad   portolan.Instant // start of the last bad run that is its own
	newest    portolan.Instant // start of the newest run that tells of it
	masked    portolan.Instant // since when a wider incident of the same component hides it
	late      lateEvidence
	note      string   // text of the note that explains it
	restored  bool     // its evidence is that of an earlier detector
	rose      bool     // answers had grown slower before it began
	narrowed  float64  // results when its scope was looked at last
	gathered  float64  // bad results when it was last looked at what may be one with it
	told      Incident // as it was in the last event
	toldAt    portolan.Instant
}

// thin reports whether an incident that was restored has less evidence of its own yet than what is known of it rests on.
func (t *track) thin() bool { return t.restored && len(t.symptoms) == 0 }

// measuredNow reports whether results tell of the incident as it goes on: it is open, and rests neither on silence nor on officers'
// word.
func (t *track) measuredNow() bool {
	return t.End == 0 && t.MergedInto == 0 && !t.Silent && !t.Signaled
}

// tally counts results that tell of the incident's component.
type tally struct {
	bad, results float64
	newest       portolan.Instant // start of the newest run, of one agent's only
}

func (t *tally) add(bad bool) {
	t.results++
	if bad {
		t.bad++
	}
}

func (t *tally) merge(o *tally) {
	t.bad, t.results, t.newest = t.bad+o.bad, t.results+o.results, max(t.newest, o.newest)
}

func (t *tally) share() float64 { return t.bad / max(1, t.results) }

func (d *Detector) newTrack(scope Scope, c *component, start portolan.Instant) *track {
	t := c.track(Incident{ID: d.next, Scope: scope, Component: c.system, Start: start, Known: d.now})
	d.next++
	d.tracks = append(d.tracks, t)
	return t
}

// track returns an incident of the component, without evidence.
func (c *component) track(i Incident) *track {
	return &track{
		Incident: i, component: c, tallies: map[portolan.AgentID]*tally{}, systems: map[portolan.SystemID]*tally{},
		symptoms: map[portolan.Symptom]int{}, newestBad: map[portolan.SystemID]portolan.Instant{},
	}
}

// reopens returns the incident that a fault found in a cell continues, nil if it is a new one. An incident comes again in the
// same scope or a wider one; in a narrower one only if it ended before it could be seen how narrow it was.
func (d *Detector) reopens(c *cell, onset portolan.Instant) *track {
	for _, t := range d.tracks {
		if t.End == 0 || t.MergedInto != 0 || t.Component != c.component.system || onset-t.End > again {
			continue
		}
		brief := t.End-t.Start < brief && d.fleet.contains(t.Scope, c.scope)
		if !brief && !d.fleet.contains(c.scope, t.Scope) {
			continue
		}
		t.Scope = c.scope
		t.End, t.Silent, t.recovery, t.recovered, t.pending = 0, false, 0, 0, 0
		return t
	}
	return nil
}

// take counts a result of a series that the incident's component and scope concern; again is true if a notice of the same
// run counted already.
func (t *track) take(s *series, o *Observation, bad, again bool) {
	if t.Silent || o.Start < t.Start-slack || (!bad && o.Start < t.Start) {
		return
	}
	if again {
		if bad {
			t.symptoms[o.Symptom]++
		}
		return
	}
	hit := t.credit(s, o, bad)
	usual, share := t.component.share, t.shareHit()
	if hit.bad == 0 && !t.restored { // says nothing of those who were hit
		t.total.results++
		return
	}
	if !bad {
		if t.recovery == 0 {
			t.recovered = o.Start
		}
		t.recovered = min(t.recovered, o.Start)
		t.recovery += math.Log((1 - usual) / (1 - share))
		t.pending++
		return
	}
	t.total.bad++
	t.total.results++
	t.lastBad, t.masked = max(t.lastBad, o.Start), 0
	if o.Start < t.recovered {
		return // began before good times came back, and took long
	}
	if t.recovery -= math.Log(share / usual); t.recovery <= 0 {
		t.total.results += t.pending
		t.recovery, t.recovered, t.pending = 0, 0, 0
	}
}

// credit counts a result for its agent and system, and its symptom. It returns the agent's count.
func (t *track) credit(s *series, o *Observation, bad bool) *tally {
	if bad {
		t.symptoms[o.Symptom]++
		t.newestBad[o.Symptom.Dependency] = max(t.newestBad[o.Symptom.Dependency], o.Start)
	}
	of := t.tallyOf(s.agent.id)
	of.add(bad)
	of.newest = max(of.newest, o.Start)
	t.newest = max(t.newest, o.Start)
	t.systemOf(s.name.System).add(bad)
	return of
}

// enoughGood is the score at which the incident is over.
func (t *track) enoughGood() float64 {
	rate := 0.0
	for _, c := range t.cells {
		rate = max(rate, c.rate)
	}
	return math.Log(max(1000, rate*betweenFalseEnds.Seconds()))
}

// allHeard reports whether each agent that was hit was heard since good times came back.
func (t *track) allHeard() bool {
	for _, n := range t.tallies {
		if n.bad > 0 && n.newest < t.recovered {
			return false
		}
	}
	return true
}

// mask notes that a wider incident hides this one: nobody can tell since then whether it goes on.
func (t *track) mask(wider *track) {
	if t.masked == 0 {
		t.masked = max(wider.Start, t.lastBad+1)
	}
}

// ended returns when the incident ended, once good times are back.
func (t *track) ended() portolan.Instant {
	if t.masked != 0 && t.masked < t.recovered {
		return t.masked
	}
	return t.recovered
}

// shareHit is the share of results that the incident makes bad, as far as known.
func (t *track) shareHit() float64 {
	return min(0.9, max(4*t.component.share, 0.05, t.total.share()))
}

func (t *track) tallyOf(agent portolan.AgentID) *tally {
	if t.tallies[agent] == nil {
		t.tallies[agent] = &tally{}
	}
	return t.tallies[agent]
}

func (t *track) systemOf(system portolan.SystemID) *tally {
	if t.systems[system] == nil {
		t.systems[system] = &tally{}
	}
	return t.systems[system]
}

// review looks at an incident again: with more evidence its scope may be narrower, its cause another, and it may be over.
func (d *Detector) review(t *track) {
	switch {
	case t.MergedInto != 0:
	case t.Signaled:
		d.reviewSignaled(t)
	case t.Silent:
		d.reviewSilent(t)
	case t.End != 0:
		if d.settled(t) {
			d.correctEnd(t)
		}
	case t.recovery >= t.enoughGood() && (d.now.Sub(t.recovered) >= d.fleet.unheardFor || t.allHeard()):
		d.describe(t)
		d.finish(t, t.ended(), Closed)
	case t.newest != 0 && d.now-t.newest > forget: // nobody tells of it any more
		d.finish(t, t.lastBad+1, Closed)
	case d.narrow(t):
		d.describe(t)
		d.emit(t, Shrunk)
	default:
		d.describe(t)
		d.absorbConsequences(t)
		d.gather(t)
		if t.differs(d.now) {
			d.emit(t, Updated)
		}
	}
}

// finish ends an incident.
func (d *Detector) finish(t *track, end portolan.Instant, change Change) {
	t.End, t.late.heard = max(end, t.Start+1), d.now
	for _, c := range t.cells {
		c.incident, c.until = nil, t.End
	}
	t.cells = nil
	t.Impact = d.impactOf(t)
	d.emit(t, change)
}

// over reports whether nothing can happen to the incident any more.
func (t *track) over(now portolan.Instant) bool {
	return t.End != 0 && now-t.End > keep && !t.late.waits
}

// differs reports whether people would want to know what changed since they were told.
func (t *track) differs(now portolan.Instant) bool {
	told := &t.told
	if t.Cause != told.Cause || t.Component != told.Component || !slices.Equal(t.Systems, told.Systems) {
		return true
	}
	grew := func(now, then int) bool { return 4*now > 5*then || 5*now < 4*then }
	return now-t.toldAt >= min(updateEvery, (now-t.Known)/2) &&
		(grew(len(t.Ports), len(told.Ports)) || grew(int(t.Impact.Travelers), int(told.Impact.Travelers)) || grew(int(t.Bad), int(told.Bad)))
}

// snapshot returns the incident as an event tells it, and notes that it was told.
func (t *track) snapshot(now portolan.Instant) Incident {
	t.toldAt = now
	i := t.Incident
	i.Systems, i.Ports = slices.Clone(t.Systems), slices.Clone(t.Ports)
	t.told = i
	return i
}
