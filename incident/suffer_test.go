package incident

import (
	"time"

	"portolan"
)

// disturb makes a run bad for no reason that lasts.
func (w *world) disturb(s *drawnSeries, o *Observation) {
	step := s.planned.Steps[w.rand.IntN(len(s.planned.Steps))]
	o.Outcome, o.Symptom = portolan.Failed, portolan.Symptom{Step: step.Step, Dependency: step.Dependency, Phase: portolan.PhaseWait}
	switch w.rand.IntN(3) {
	case 0:
		o.Symptom.Kind, o.Duration = portolan.KindTimeout, hangs
	case 1:
		o.Symptom.Kind = portolan.KindStatus
	default:
		o.Outcome, o.Symptom.Kind, o.Duration = portolan.Slow, portolan.KindLate, objective+w.within(4*time.Second)
	}
}

// suffer makes a run what the faults in force make of it, and returns the one that hit it: the one whose step comes first.
func (w *world) suffer(s *drawnSeries, o *Observation) *drawnFault {
	var first *drawnFault
	at := len(s.planned.Steps)
	for _, f := range w.active {
		if f.effect == "asleep" || !f.where(s.agent) || (f.system != "" && f.system != s.planned.System) || w.rand.Float64() >= f.ratio {
			continue
		}
		if step := f.step(s); step < at {
			first, at = f, step
		}
	}
	if first != nil && w.effect(first, s, at, o) {
		return first
	}
	return nil
}

// step returns the number of the step at which a fault hits a series' runs, as many as there are steps if it does not.
func (f *drawnFault) step(s *drawnSeries) int {
	if f.dep == "" || s.planned.System == f.dep {
		return 0
	}
	for i, step := range s.planned.Steps {
		if step.Dependency == f.dep {
			return i
		}
	}
	return len(s.planned.Steps)
}

func (w *world) effect(f *drawnFault, s *drawnSeries, at int, o *Observation) bool {
	step := s.planned.Steps[at]
	o.Outcome = portolan.Failed
	o.Symptom = portolan.Symptom{Step: step.Step, Dependency: step.Dependency, Phase: portolan.PhaseWait}
	switch f.effect {
	case "outage":
		o.Symptom.Kind, o.Symptom.Phase = portolan.KindRefused, portolan.PhaseConnect
	case "error":
		o.Symptom.Kind = portolan.KindStatus
	case "wrong":
		o.Symptom.Kind, o.Symptom.Phase = portolan.KindAssertion, portolan.PhaseCheck
	case "stale":
		o.Symptom.Kind, o.Symptom.Phase = portolan.KindStale, portolan.PhaseCheck
	case "credential":
		o.Symptom.Kind = portolan.KindCredential
	case "hang":
		o.Symptom.Kind, o.Duration = portolan.KindTimeout, hangs
	case "slow":
		o.Outcome, o.Symptom.Kind, o.Duration = portolan.Slow, portolan.KindLate, objective+time.Second+w.within(20*time.Second)
	case "drags": // slow throughout: any step may be the longest
		longest := s.planned.Steps[w.rand.IntN(len(s.planned.Steps))]
		o.Outcome, o.Symptom.Kind, o.Duration = portolan.Slow, portolan.KindLate, objective+time.Second+w.within(20*time.Second)
		o.Symptom.Step, o.Symptom.Dependency = longest.Step, longest.Dependency
	case "loss":
		o.Symptom.Kind, o.Symptom.Phase, o.Duration = portolan.KindTimeout, portolan.PhaseConnect, hangs
		if w.rand.IntN(2) == 0 {
			o.Outcome, o.Symptom.Kind, o.Duration = portolan.Slow, portolan.KindLate, objective+w.within(8*time.Second)
		}
	case "partition":
		o.Symptom.Kind, o.Symptom.Phase, o.Duration = portolan.KindTimeout, portolan.PhaseConnect, 30*time.Second
	case "load":
		return w.overload(f, o)
	}
	return true
}

// overload lets answers grow slower from an hour before the fault's time is over half, until they are too late.
func (w *world) overload(f *drawnFault, o *Observation) bool {
	*o = Observation{Series: o.Series, Start: o.Start, Duration: o.Duration, Outcome: portolan.Good}
	ramp := float64(w.now-f.rampFrom()) / float64(f.from-f.rampFrom())
	if ramp < 1 {
		o.Duration = time.Duration(float64(o.Duration) * (1 + 2*max(0, ramp)))
		return false
	}
	o.Outcome, o.Duration = portolan.Slow, objective+time.Second+w.within(10*time.Second)
	o.Symptom = portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseWait, Kind: portolan.KindLate}
	return true
}

func (f *drawnFault) rampFrom() time.Duration { return f.from - 50*time.Minute }
