package accuracy

import (
	"slices"
	"time"

	"portolan"
	"portolan/sim/truth"
)

// Incident is an incident as the collector's API tells it.
type Incident struct {
	ID    string `json:"id"`
	Scope struct {
		Level  string            `json:"level"`
		Agent  portolan.AgentID  `json:"agent,omitempty"`
		Port   portolan.PortCode `json:"port,omitempty"`
		Office string            `json:"office,omitempty"`
		Kind   string            `json:"kind,omitempty"`
	} `json:"scope"`
	Component portolan.SystemID   `json:"component,omitempty"`
	Systems   []portolan.SystemID `json:"systems"`
	Cause     string              `json:"cause"`
	Why       string              `json:"why"`
	Start     time.Time           `json:"start"`
	End       *time.Time          `json:"end"`
	Known     time.Time           `json:"known"`
}

// Incidents is the issues of the truth beside the incidents that were said.
type Incidents struct {
	Issues     int `json:"issues"`
	Found      int `json:"found"`
	Missed     int `json:"missed"`
	False      int `json:"false"`
	ScopeRight int `json:"scope_right"` // of those found
	CauseRight int `json:"cause_right"`
	// Monitor counts the incidents of the monitor itself, which users do not have. They are neither found nor false.
	Monitor int `json:"monitor"`
	// Hours is how long the issues lasted, FoundHours how long those incidents did that they were found as, SaidHours how
	// long all did, false ones included.
	Hours      float64    `json:"hours"`
	FoundHours float64    `json:"found_hours"`
	SaidHours  float64    `json:"said_hours"`
	Rows       []Match    `json:"rows"`
	Surplus    []Incident `json:"false_incidents"`
}

// Match is an issue with the incident that it was found as.
type Match struct {
	Start     time.Time           `json:"start"`
	Hours     float64             `json:"hours"`
	Scope     string              `json:"scope"`
	Component portolan.SystemID   `json:"component,omitempty"`
	Systems   []portolan.SystemID `json:"systems"`
	Cause     string              `json:"cause"`
	// Found is nil if it was missed; what follows belongs to it.
	Found      *Incident `json:"found"`
	ScopeRight bool      `json:"scope_right"`
	CauseRight bool      `json:"cause_right"`
	// StartError and EndError are what was said minus the truth, KnownAfter is from the truth's start, in seconds.
	StartError float64 `json:"start_error_seconds"`
	EndError   float64 `json:"end_error_seconds"`
	KnownAfter float64 `json:"known_after_seconds"`
}

// Incidents may begin so much before an issue, if it grows out of something, and so much after its end, if it was faint.
const (
	early = 20 * time.Minute
	tardy = 2 * time.Minute
)

func incidents(w *truth.World, issues []truth.Issue, said []Incident) (sum Incidents) {
	said = slices.DeleteFunc(slices.Clone(said), func(i Incident) bool { return !w.Span.Contains(portolan.InstantOf(i.Start)) })
	used := map[string]bool{}
	for _, issue := range issues {
		m := Match{
			Start: issue.Span.From.Time(), Hours: issue.Hours(), Scope: issue.Scope, Component: issue.Component,
			Systems: issue.Systems, Cause: issue.Cause, Found: best(w, &issue, said, used),
		}
		sum.Issues++
		sum.Hours += m.Hours
		if m.Found != nil {
			used[m.Found.ID] = true
			m.grade(w, &issue)
			sum.count(w, &m)
		}
		sum.Rows = append(sum.Rows, m)
	}
	sum.Missed, sum.Surplus = sum.Issues-sum.Found, []Incident{}
	for _, i := range said {
		if i.Cause == monitor && !used[i.ID] {
			sum.Monitor++
			continue
		}
		sum.SaidHours += i.hours(w)
		if !used[i.ID] {
			sum.False++
			sum.Surplus = append(sum.Surplus, i)
		}
	}
	return sum
}

// monitor is the cause of incidents that the monitor has, and not its users.
const monitor = "monitor"

func (s *Incidents) count(w *truth.World, m *Match) {
	s.Found++
	s.FoundHours += m.Found.hours(w)
	if m.ScopeRight {
		s.ScopeRight++
	}
	if m.CauseRight {
		s.CauseRight++
	}
}

// until returns when an incident ended: one that is open goes on to the scenario's end.
func (i *Incident) until(w *truth.World) time.Time {
	if i.End == nil {
		return w.Span.To.Time()
	}
	return *i.End
}

func (i *Incident) hours(w *truth.World) float64 { return i.until(w).Sub(i.Start).Hours() }

// best returns the incident that lies in an issue's time and place and fits it best, nil if none does.
func best(w *truth.World, issue *truth.Issue, said []Incident, used map[string]bool) (found *Incident) {
	most := 0
	for n := range said {
		i := &said[n]
		switch {
		case used[i.ID], i.Start.Before(issue.Span.From.Time().Add(-early)), i.Start.After(issue.Span.To.Time().Add(tardy)),
			i.until(w).Before(issue.Span.From.Time()):
			continue
		case i.Component != issue.Component && i.Component != "" && issue.Component != "":
			continue
		}
		inside := i.agents(w)
		if !slices.ContainsFunc(issue.Agents, func(a portolan.AgentID) bool { return slices.Contains(inside, a) }) {
			continue
		}
		fit := 1
		if i.Component == issue.Component {
			fit += 4
		}
		if i.sameScope(w, issue) {
			fit += 2
		}
		if fit > most {
			found, most = i, fit
		}
	}
	return found
}

// agents returns the agents that lie in an incident's scope, sorted as the world's.
func (i *Incident) agents(w *truth.World) (inside []portolan.AgentID) {
	for _, s := range w.Stations {
		within := map[string]bool{
			"agent": s.Agent == i.Scope.Agent, "port": s.Port == i.Scope.Port, "office": s.Office == i.Scope.Office,
			"kind": s.Kind.String() == i.Scope.Kind, "nation": true,
		}
		if within[i.Scope.Level] {
			inside = append(inside, s.Agent)
		}
	}
	return inside
}

// sameScope reports whether the same of those agents lie in both that would be hit if the issue were everywhere. Where an
// office has one port, or only that one uses a system, any of the words is right.
func (i *Incident) sameScope(w *truth.World, issue *truth.Issue) bool {
	inside := i.agents(w)
	return !slices.ContainsFunc(issue.Users, func(a portolan.AgentID) bool {
		return slices.Contains(inside, a) != slices.Contains(issue.Agents, a)
	})
}

func (m *Match) grade(w *truth.World, issue *truth.Issue) {
	m.ScopeRight = m.Found.sameScope(w, issue)
	m.CauseRight = m.Found.Cause == issue.Cause
	m.StartError = m.Found.Start.Sub(issue.Span.From.Time()).Seconds()
	m.EndError = m.Found.until(w).Sub(issue.Span.To.Time()).Seconds()
	m.KnownAfter = m.Found.Known.Sub(issue.Span.From.Time()).Seconds()
}
