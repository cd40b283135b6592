package incident

import (
	"slices"

	"portolan"
)

// verdict says what a result tells of a component.
type verdict uint8

const (
	nothing verdict = iota
	fine
	hit
	slow // late in a step of another: its own system may be slow throughout, and any of its steps the longest
)

// against reports whether the result speaks against the component.
func (v verdict) against() bool { return v == hit || v == slow }

// reached returns the number of the step that a bad result ended in, -1 if it names none of its steps.
func (s *series) reached(symptom *portolan.Symptom) int {
	return slices.IndexFunc(s.steps, func(p portolan.PlannedStep) bool { return p.Step == symptom.Step })
}

// tells returns what a result tells of one component that its series is exposed to. A run that failed before it came to the
// dependency's step tells nothing of the dependency, and one that failed in that step nothing of its own system.
func (s *series) tells(e *exposure, level Level, o *Observation) verdict {
	symptom := &o.Symptom
	switch {
	case o.Outcome == portolan.Good:
		return fine
	case e.component.system == "":
		if level == AtAgent || blamesNetwork(symptom.Kind) {
			return hit
		}
		return fine // something answered
	case symptom.Dependency == e.component.system, e.own && symptom.Dependency == "":
		return hit
	case e.own && symptom.Kind == portolan.KindLate:
		return slow
	case !e.own && s.reached(symptom) > e.step:
		return fine // it came past the dependency
	default:
		return nothing
	}
}

// blamesNetwork reports whether the network could be behind a symptom of this kind: nothing in it proves that the system
// answered.
func blamesNetwork(k portolan.ErrorKind) bool {
	switch k {
	case portolan.KindLate, portolan.KindTimeout, portolan.KindResolve, portolan.KindRoute, portolan.KindProxy,
		portolan.KindReset, portolan.KindClosed, portolan.KindHandshake:
		return true
	default:
		return false
	}
}
