package probe

import (
	"time"

	"portolan"
)

// result returns the record of the run that has just ended.
func (e *execution) result(due portolan.Instant, attempt int) portolan.Result {
	t := e.transaction
	result := portolan.Result{
		System:      t.System,
		Transaction: t.ID,
		Revision:    t.Revision,
		Due:         due,
		Start:       portolan.InstantOf(e.begin),
		Duration:    e.duration,
		Attempt:     attempt,
		Steps:       e.steps,
	}
	if !e.cancelled {
		result.Outcome, result.Symptom = e.judge()
	}
	return result
}

// judge returns what the run came to: failed by its first failed step, slow if it took longer than its
// objective or a step longer than its own, else good. "Slow is not available" (design 3.4).
func (e *execution) judge() (portolan.Outcome, portolan.Symptom) {
	for i, failure := range e.failures {
		if failure != nil {
			return portolan.Failed, e.symptom(i, failure.Phase, failure.Kind)
		}
	}
	overrun := exceeds(e.duration, e.transaction.Latency)
	slowest := e.longest(func(s portolan.StepResult) bool { return overrun || s.Outcome == portolan.Slow })
	switch {
	case slowest >= 0:
		return portolan.Slow, e.symptom(slowest, longestPhase(e.steps[slowest]), portolan.KindLate)
	case overrun:
		return portolan.Slow, portolan.Symptom{Kind: portolan.KindLate}
	default:
		return portolan.Good, portolan.Symptom{}
	}
}

// symptom returns the symptom that lies in the run's i-th begun step.
func (e *execution) symptom(i int, phase portolan.Phase, kind portolan.ErrorKind) portolan.Symptom {
	id := e.steps[i].Step
	symptom := portolan.Symptom{Step: id, Phase: phase, Kind: kind}
	for _, step := range e.transaction.Steps {
		if step.ID == id {
			symptom.Dependency = step.Dependency
		}
	}
	return symptom
}

// longest returns the position of the longest step that counts, the earliest of equals, or -1.
func (e *execution) longest(counts func(portolan.StepResult) bool) int {
	found := -1
	for i, step := range e.steps {
		if counts(step) && (found < 0 || step.Duration > e.steps[found].Duration) {
			found = i
		}
	}
	return found
}

// longestPhase returns the phase that took most of the step's time; PhaseNone if the remainder did.
func longestPhase(step portolan.StepResult) portolan.Phase {
	longest, most := portolan.PhaseNone, step.Remainder()
	for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
		if took, ok := step.Phases.Get(p); ok && took > most {
			longest, most = p, took
		}
	}
	return longest
}

// outcomeOf returns what a step came to.
func outcomeOf(failure *Failure, late bool) portolan.Outcome {
	switch {
	case failure != nil:
		return portolan.Failed
	case late:
		return portolan.Slow
	default:
		return portolan.Good
	}
}

// exceeds reports whether a duration is over an objective; zero is no objective.
func exceeds(duration, objective time.Duration) bool {
	return objective > 0 && duration > objective
}

// within returns the phases in whole microseconds, cut so that they add up to the step's duration at most:
// phases and remainder then sum to it exactly. A phase that was not reached stays absent (design 3.13).
func within(phases portolan.PhaseTimes, duration time.Duration) portolan.PhaseTimes {
	var cut portolan.PhaseTimes
	left := duration
	for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
		took, ok := phases.Get(p)
		if !ok {
			continue
		}
		took = min(max(0, took.Truncate(time.Microsecond)), left)
		cut.Add(p, took)
		left -= took
	}
	return cut
}
