package sim

import (
	"fmt"
	"slices"

	"portolan"
	"portolan/sim/fault"
	"portolan/sim/screening"
)

// problem is why a fault cannot be had in this world.
type problem struct {
	field   string // within the fault, like where.system
	message string
}

// problems returns why a fault, right in its form, cannot be had here; nil if it can.
func (s *Simulator) problems(f fault.Fault) []problem {
	found := s.placeProblems(f.Where)
	found = append(found, s.originProblems(f.Where)...)
	if why := s.effectProblem(f); why != "" {
		found = append(found, problem{"effect", why})
	}
	return found
}

// placeProblems checks system, dependency and step.
func (s *Simulator) placeProblems(w fault.Where) []problem {
	here := s.systems()
	caller, known := systemOf(here, w.System)
	switch {
	case w.System == collectorID:
		return s.collectorProblems(w)
	case w.System != "" && !known:
		return []problem{{"where.system", fmt.Sprintf("%q is not simulated here: want one of %s", w.System, systemNames(here))}}
	case w.System != "":
		here = []screening.System{caller}
	}
	if w.Dependency != "" {
		here = slices.DeleteFunc(slices.Clone(here), func(c screening.System) bool { return !slices.Contains(c.Uses, w.Dependency) })
		if len(here) == 0 {
			return []problem{{"where.dependency", fmt.Sprintf("nothing here calls %q from there", w.Dependency)}}
		}
	}
	if w.Step != "" && !slices.ContainsFunc(here, func(c screening.System) bool { return slices.Contains(c.Steps(), w.Step) }) {
		return []problem{{"where.step", fmt.Sprintf("no step %q there: want one of %q", w.Step, stepsOf(here))}}
	}
	return nil
}

func (s *Simulator) collectorProblems(w fault.Where) (found []problem) {
	if s.options.Collector == "" {
		found = append(found, problem{"where.system", "no collector is behind these relays"})
	}
	if w.Dependency != "" {
		found = append(found, problem{"where.dependency", "the collector calls no system"})
	}
	if w.Step != "" {
		found = append(found, problem{"where.step", "the collector has no steps"})
	}
	return found
}

// originProblems checks port, office, kind and agent.
func (s *Simulator) originProblems(w fault.Where) []problem {
	for _, part := range []struct {
		field string
		given bool
		only  fault.Where
	}{
		{"where.port", w.Port != "", fault.Where{Port: w.Port}},
		{"where.office", w.Office != "", fault.Where{Office: w.Office}},
		{"where.kind", w.Kind != portolan.PortKindUnknown, fault.Where{Kind: w.Kind}},
		{"where.agent", w.Agent != "", fault.Where{Agent: w.Agent}},
		{"where", true, w},
	} {
		if part.given && !slices.ContainsFunc(s.stations, part.only.From) {
			return []problem{{part.field, fmt.Sprintf("no agent here is there: the agents are %s", s.stationNames())}}
		}
	}
	return nil
}

// effectProblem returns why an effect cannot be had at its place, or nothing.
func (s *Simulator) effectProblem(f fault.Fault) string {
	partly := f.Where.Step != "" && f.Where.Dependency == ""
	switch f.Effect {
	case fault.Asleep, fault.Clock:
		return fmt.Sprintf("%s is the workstation's own: the agents here are real processes on this machine's clock", f.Effect)
	case fault.Loss:
		return "the relays carry connections, and cannot lose a ratio of packets: want partition, slow or error"
	case fault.Stale:
		if !slices.ContainsFunc(s.systems(), func(c screening.System) bool { return c.Ages && (f.Where.System == c.ID || f.Where.System == "") }) {
			return "no system there has data that age: a feed, a copy, an extract"
		}
	case fault.Outage, fault.Partition:
		if partly {
			return fmt.Sprintf("%s cuts off a whole system, not one step: want error or hang", f.Effect)
		}
	case fault.Slow, fault.Error, fault.Wrong:
		if f.Where.System == collectorID {
			return fmt.Sprintf("%s cannot be had of a real collector: want outage, hang or partition", f.Effect)
		}
	case fault.EffectUnknown, fault.Hang:
	}
	return ""
}

// checkScenario reports, at their positions, the faults of a scenario that cannot be had here.
func (s *Simulator) checkScenario(sc *Scenario) error {
	for i, f := range sc.Faults {
		for _, p := range s.problems(f) {
			sc.doc.Report(fmt.Sprintf("faults[%d].%s", i, p.field), p.message, "")
		}
	}
	return sc.doc.Faults().Err()
}

func (s *Simulator) systems() []screening.System {
	all := make([]screening.System, len(s.services))
	for i, service := range s.services {
		all[i] = service.system
	}
	return all
}

func systemOf(all []screening.System, id portolan.SystemID) (screening.System, bool) {
	at := slices.IndexFunc(all, func(s screening.System) bool { return s.ID == id })
	if at < 0 {
		return screening.System{}, false
	}
	return all[at], true
}

func stepsOf(all []screening.System) (steps []portolan.StepID) {
	for _, s := range all {
		steps = append(steps, s.Steps()...)
	}
	return steps
}
