package truth

import (
	"slices"
	"time"

	"portolan"
	"portolan/sim"
	"portolan/sim/fault"
)

// Issue is a fault as those see it whom it hits: what an incident should say.
type Issue struct {
	Span portolan.Span
	// Scope is agent, port, office, kind or nation. Agents are those that are hit, Users all those that would be if it were
	// everywhere; both are sorted.
	Scope         string
	Agents, Users []portolan.AgentID
	// Component is the system that is to blame, empty for what lies before all systems.
	Component portolan.SystemID
	// Cause is spelled as incidents spell it.
	Cause string
	// Systems are those whose users are hit, sorted.
	Systems []portolan.SystemID
}

// Hours returns how long the issue lasted.
func (i Issue) Hours() float64 { return i.Span.Duration().Hours() }

// Hits reports whether users of any of these systems were hit.
func (i Issue) Hits(systems ...portolan.SystemID) bool {
	return slices.ContainsFunc(systems, func(s portolan.SystemID) bool { return slices.Contains(i.Systems, s) })
}

// Issues returns an issue for each fault that hits users, by start: sleep does not.
func (w *World) Issues() (all []Issue) {
	for i := range w.scenario.Faults {
		if f := &w.scenario.Faults[i]; len(w.hit(f)) > 0 {
			all = append(all, w.issue(f))
		}
	}
	slices.SortStableFunc(all, func(a, b Issue) int { return int(max(-1, min(1, a.Span.From-b.Span.From))) })
	return all
}

func (w *World) issue(f *fault.Fault) Issue {
	i := Issue{Span: w.spanOf(f), Scope: scopeOf(f.Where), Component: f.Where.Dependency}
	if i.Component == "" {
		i.Component = f.Where.System
	}
	for _, s := range w.hit(f) {
		i.Systems = append(i.Systems, s.Name.System)
		i.Agents = append(i.Agents, s.Name.Agent)
	}
	for _, station := range w.Stations {
		for _, s := range station.Series {
			if _, _, acts := s.reached(f.Where); acts {
				i.Users = append(i.Users, s.Name.Agent)
			}
		}
	}
	i.Systems, i.Agents, i.Users = once(i.Systems), once(i.Agents), once(i.Users)
	i.Cause = w.causeOf(f, &i)
	return i
}

// once returns each name once, sorted.
func once[T ~string](names []T) []T {
	slices.Sort(names)
	return slices.Compact(names)
}

func scopeOf(w fault.Where) string {
	switch {
	case w.Agent != "":
		return "agent"
	case w.Port != "":
		return "port"
	case w.Office != "":
		return "office"
	case w.Kind != portolan.PortKindUnknown:
		return "kind"
	default:
		return "nation"
	}
}

// soonAfter is how long after a change a fault begins that the change explains.
const soonAfter = 30 * time.Minute

func (w *World) causeOf(f *fault.Fault, i *Issue) string {
	switch {
	case w.planned(f, i):
		return "maintenance"
	case w.changed(i):
		return "change"
	case i.Scope == "agent":
		return "workstation"
	case i.Component == "":
		return networkOf(i.Scope)
	case w.relied[i.Component]:
		return "dependency"
	default:
		return "service"
	}
}

func networkOf(scope string) string {
	switch scope {
	case "port":
		return "port-network"
	case "office":
		return "office-circuit"
	default:
		return "wide-area"
	}
}

// planned reports whether an issue lies in planned work on its place.
func (w *World) planned(f *fault.Fault, i *Issue) bool {
	return slices.ContainsFunc(w.scenario.Maintenance, func(m sim.Maintenance) bool {
		from := w.Span.From.Add(m.At)
		return (m.Where.System == "" || m.Where.System == i.Component) && (m.Where.Port == "" || m.Where.Port == f.Where.Port) &&
			from <= i.Span.From && i.Span.To <= from.Add(m.For)
	})
}

// changed reports whether the component was changed shortly before an issue.
func (w *World) changed(i *Issue) bool {
	return slices.ContainsFunc(w.scenario.Changes, func(c sim.Change) bool {
		since := i.Span.From.Sub(w.Span.From.Add(c.At))
		return c.System == i.Component && since >= 0 && since <= soonAfter
	})
}
