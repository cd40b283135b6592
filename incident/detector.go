package incident

import (
	"cmp"
	"slices"
	"time"

	"portolan"
)

// Options says what a detector needs to know.
type Options struct {
	// BetweenFalseAlarms is the time in which a fleet in good times gives at most one false alarm; 90 days if zero.
	BetweenFalseAlarms time.Duration
	// SendInterval is how often agents send what is as before; 15 s if zero.
	SendInterval time.Duration
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
	o.SendInterval = cmp.Or(o.SendInterval, 15*time.Second)
	return &Detector{options: o, fleet: newFleet(o.SendInterval), next: max(1, o.First)}
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
	d.tellSilent(s, o)
	s.bad = nil
	if bad {
		s.bad = &badRun{o.Start, o.Symptom}
	}
	t, own := d.explains(s, o)
	switch {
	case t != nil:
		t.take(s, o, true, known)
	case own != nil:
		own.take(s, o, true, known)
		fallthrough
	default:
		if !known && !s.belated(o) {
			d.weigh(s, o, own != nil)
		}
	}
	if !bad {
		s.learnPace(o.Start, o.Duration)
	}
	if len(d.tracks) > 0 && !known {
		d.recover(s, o, t)
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
