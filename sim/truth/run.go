package truth

import (
	"time"

	"portolan"
	"portolan/sim/fault"
)

// acting is a fault that acts on some steps of a series.
type acting struct {
	fault *fault.Fault
	span  portolan.Span
	// own and other tell for each step whether the fault acts on the system itself there, or on the one that it asks.
	own, other []bool
}

// expose adds a fault to a series if it acts on one of its steps.
func (w *World) expose(s *Series, f *fault.Fault, origin fault.Origin) {
	if !f.Where.From(origin) || f.Effect == fault.Asleep {
		return
	}
	if own, other, acts := s.reached(f.Where); acts {
		s.faults = append(s.faults, acting{f, w.spanOf(f), own, other})
		s.edges = append(s.edges, w.spanOf(f).From, w.spanOf(f).To)
	}
}

// reached tells for each step whether a fault somewhere acts there on the system itself, or on the one that it asks, whoever
// takes the step; acts if it does anywhere.
func (s *Series) reached(where fault.Where) (own, other []bool, acts bool) {
	own, other = make([]bool, len(s.steps)), make([]bool, len(s.steps))
	if s.offline && where.System == "" {
		return own, other, false
	}
	for i, step := range s.steps {
		own[i] = where.Served(s.Name.System, step.ID, true)
		other[i] = step.Dependency != "" && (where.Called(s.Name.System, step.ID, step.Dependency) || asked(where, step))
		acts = acts || own[i] || other[i]
	}
	return own, other, acts
}

// asked reports whether a fault of a system acts on it when the step makes another one ask it.
func asked(w fault.Where, s step) bool {
	return w.System == s.Dependency && w.Dependency == "" && (w.Step == "" || w.Step == s.ID)
}

// upstream is how long a system waits for another before it answers that it cannot.
const upstream = 30 * time.Second

// refusal is how long it takes to hear that nobody listens, or that the other one does not.
const refusal = 3 * time.Millisecond

// Run is what becomes of a transaction.
type Run struct {
	Outcome  portolan.Outcome
	Symptom  portolan.Symptom
	Duration time.Duration
	// Steps holds how long each step took that was begun; the last one of a failed run is the one that failed.
	Steps []time.Duration
	// Likely is the probability that no fault which hits a ratio of runs ended this one earlier.
	Likely float64
}

// Run returns what becomes of a transaction started at t. Pace is how many times its usual time everything takes, 1 in the
// mean; fails is asked, for each fault that hits a ratio of runs, whether it hits this one.
func (s *Series) Run(t portolan.Instant, pace float64, fails func(ratio float64) bool) Run {
	r := Run{Likely: 1}
	for i := range s.steps {
		took, symptom := s.pass(i, t.Add(r.Duration), s.timeout-r.Duration, pace, fails, &r.Likely)
		r.Steps, r.Duration = append(r.Steps, took), r.Duration+took
		if symptom.Kind != portolan.KindNone {
			r.Outcome, r.Symptom = portolan.Failed, symptom
			return r
		}
	}
	r.Outcome = portolan.Good
	if r.Duration > s.Planned.Latency && s.Planned.Latency > 0 {
		r.Outcome, r.Symptom = portolan.Slow, s.symptom(r.longest(), portolan.PhaseWait, portolan.KindLate)
	}
	return r
}

func (r *Run) longest() int {
	longest := 0
	for i, d := range r.Steps {
		if d > r.Steps[longest] {
			longest = i
		}
	}
	return longest
}

func (s *Series) symptom(at int, phase portolan.Phase, kind portolan.ErrorKind) portolan.Symptom {
	return portolan.Symptom{Step: s.steps[at].ID, Phase: phase, Kind: kind, Dependency: s.steps[at].Dependency}
}

// pass returns how long a step takes that begins at now with so much time left, and how it fails if it does.
func (s *Series) pass(at int, now portolan.Instant, left time.Duration, pace float64, fails func(float64) bool, likely *float64) (time.Duration, portolan.Symptom) {
	held, phase := s.held(at, now)
	cut, symptom := left, s.symptom(at, phase, portolan.KindTimeout)
	if held.other && upstream < left {
		cut, symptom = upstream, s.symptom(at, portolan.PhaseWait, portolan.KindStatus)
	}
	if held.until > now.Add(cut) {
		return cut, symptom
	}
	waited := time.Duration(0)
	if held.until > now {
		waited = held.until.Sub(now)
	}
	own, other, wrong := 1.0, 1.0, false
	for i := range s.faults {
		a := &s.faults[i]
		if !(a.own[at] || a.other[at]) || !a.span.Contains(now.Add(waited)) {
			continue
		}
		switch a.fault.Effect {
		case fault.Outage:
			if a.own[at] {
				return waited + refusal, s.symptom(at, portolan.PhaseConnect, portolan.KindRefused)
			}
			return waited + refusal, s.symptom(at, portolan.PhaseWait, portolan.KindStatus)
		case fault.Error, fault.Loss:
			if fails(a.fault.Ratio) {
				return s.hitBy(a.fault.Effect, at, waited, left)
			}
			*likely *= 1 - a.fault.Ratio
		case fault.Wrong:
			wrong = true
		case fault.Slow:
			if a.own[at] {
				own *= a.fault.Factor
			} else {
				other *= a.fault.Factor
			}
		case fault.EffectUnknown, fault.Hang, fault.Partition, fault.Stale, fault.Asleep, fault.Clock:
		}
	}
	took := waited + time.Duration(pace*own*(float64(s.steps[at].own)+other*float64(s.steps[at].other))).Truncate(time.Microsecond)
	switch {
	case took > left:
		return left, s.symptom(at, portolan.PhaseWait, portolan.KindTimeout)
	case wrong:
		return took, s.symptom(at, portolan.PhaseCheck, portolan.KindAssertion)
	default:
		return took, portolan.Symptom{}
	}
}

// hitBy returns how a step fails that a fault hit by chance: a lost connection is waited for to the end.
func (s *Series) hitBy(e fault.Effect, at int, waited, left time.Duration) (time.Duration, portolan.Symptom) {
	if e == fault.Loss {
		return left, s.symptom(at, portolan.PhaseConnect, portolan.KindTimeout)
	}
	return min(left, waited+s.steps[at].own), s.symptom(at, portolan.PhaseWait, portolan.KindStatus)
}

// hold says until when a step that begins now gets no answer.
type hold struct {
	until portolan.Instant
	other bool // it is the system that is asked, not the one that users reach
}

// held returns the longest hold of the faults in force, and the phase in which it is waited out.
func (s *Series) held(at int, now portolan.Instant) (h hold, phase portolan.Phase) {
	for i := range s.faults {
		a := &s.faults[i]
		stops := a.fault.Effect == fault.Hang || a.fault.Effect == fault.Partition
		if !stops || !(a.own[at] || a.other[at]) || !a.span.Contains(now) || a.span.To <= h.until {
			continue
		}
		h, phase = hold{a.span.To, !a.own[at]}, portolan.PhaseWait
		if a.own[at] && a.fault.Effect == fault.Partition {
			phase = portolan.PhaseConnect
		}
	}
	return h, phase
}
