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
	w := walk{Series: s, begun: t, pace: pace, fails: fails, run: Run{Likely: 1}}
	r := &w.run
	for i := range s.steps {
		took, symptom := w.pass(i)
		r.Steps, r.Duration = append(r.Steps, took), r.Duration+took
		if symptom.Kind != portolan.KindNone {
			r.Outcome, r.Symptom = portolan.Failed, symptom
			return *r
		}
	}
	r.Outcome = portolan.Good
	if r.Duration > s.Planned.Latency && s.Planned.Latency > 0 {
		r.Outcome, r.Symptom = portolan.Slow, s.symptom(r.longest(), portolan.PhaseWait, portolan.KindLate)
	}
	return *r
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

// walk is a run in progress.
type walk struct {
	*Series
	begun portolan.Instant
	pace  float64
	fails func(ratio float64) bool
	run   Run // so far
}

// pass returns how long the next step takes, and how it fails if it does.
func (w *walk) pass(at int) (time.Duration, portolan.Symptom) {
	now, left := w.begun.Add(w.run.Duration), w.timeout-w.run.Duration
	waited, symptom := w.wait(at, now, left)
	if symptom.Kind != portolan.KindNone {
		return waited, symptom
	}
	took, symptom := w.answer(at, now.Add(waited))
	switch {
	case symptom.Kind == portolan.KindTimeout:
		return left, symptom
	case waited+took > left:
		return left, w.symptom(at, portolan.PhaseWait, portolan.KindTimeout)
	default:
		return waited + took, symptom
	}
}

// wait returns how long a step that begins at now waits for faults that let nothing through, and how it fails if that is too
// long.
func (w *walk) wait(at int, now portolan.Instant, left time.Duration) (time.Duration, portolan.Symptom) {
	held, phase := w.held(at, now)
	patience, symptom := left, w.symptom(at, phase, portolan.KindTimeout)
	if held.other && upstream < left {
		patience, symptom = upstream, w.symptom(at, portolan.PhaseWait, portolan.KindStatus)
	}
	switch {
	case held.until > now.Add(patience):
		return patience, symptom
	case held.until > now:
		return held.until.Sub(now), portolan.Symptom{}
	default:
		return 0, portolan.Symptom{}
	}
}

// hold says until when a step that begins now gets no answer.
type hold struct {
	until portolan.Instant
	other bool // it is the system that is asked, not the one that users reach
}

// held returns the longest hold of the faults in force, and the phase in which it is waited out.
func (w *walk) held(at int, now portolan.Instant) (h hold, phase portolan.Phase) {
	for i := range w.faults {
		a := &w.faults[i]
		stops := a.fault.Effect == fault.Hang || a.fault.Effect == fault.Partition
		if !stops || !a.acts(at, now) || a.span.To <= h.until {
			continue
		}
		h, phase = hold{a.span.To, !a.own[at]}, portolan.PhaseWait
		if a.own[at] && a.fault.Effect == fault.Partition {
			phase = portolan.PhaseConnect
		}
	}
	return h, phase
}

// acts reports whether the fault acts on a step at an instant.
func (a *acting) acts(at int, now portolan.Instant) bool {
	return (a.own[at] || a.other[at]) && a.span.Contains(now)
}

// answer returns how long the answer to a step takes that is asked at now, and how it is wrong if it is.
func (w *walk) answer(at int, now portolan.Instant) (time.Duration, portolan.Symptom) {
	own, other, wrong := 1.0, 1.0, portolan.Symptom{}
	for i := range w.faults {
		a := &w.faults[i]
		if !a.acts(at, now) {
			continue
		}
		switch a.fault.Effect {
		case fault.Outage:
			if a.own[at] {
				return refusal, w.symptom(at, portolan.PhaseConnect, portolan.KindRefused)
			}
			return refusal, w.symptom(at, portolan.PhaseWait, portolan.KindStatus)
		case fault.Error, fault.Loss:
			if w.fails(a.fault.Ratio) {
				return w.steps[at].own, w.symptomOf(a.fault.Effect, at)
			}
			w.run.Likely *= 1 - a.fault.Ratio
		case fault.Wrong:
			wrong = w.symptom(at, portolan.PhaseCheck, portolan.KindAssertion)
		case fault.Slow:
			if a.own[at] {
				own *= a.fault.Factor
			} else {
				other *= a.fault.Factor
			}
		case fault.EffectUnknown, fault.Hang, fault.Partition, fault.Stale, fault.Asleep, fault.Clock:
		}
	}
	took := w.pace * own * (float64(w.steps[at].own) + other*float64(w.steps[at].other))
	return time.Duration(took).Truncate(time.Microsecond), wrong
}

// symptomOf returns how a step fails that a fault hit by chance: what is lost is waited for to the end.
func (w *walk) symptomOf(e fault.Effect, at int) portolan.Symptom {
	if e == fault.Loss {
		return w.symptom(at, portolan.PhaseConnect, portolan.KindTimeout)
	}
	return w.symptom(at, portolan.PhaseWait, portolan.KindStatus)
}
