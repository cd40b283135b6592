package watch

import (
	"context"
	"fmt"
	"slices"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/incident"
)

// Issues is incidents as figures count them: those of systems, whose users were hit. An incident of the monitor itself is
// none, nor is one that turned out to be part of another.
type Issues struct {
	at       portolan.Instant
	ports    map[portolan.PortCode]portolan.Port
	watched  []portolan.Span
	all      []*issue
	bySystem map[portolan.SystemID][]*issue
}

type issue struct {
	span    portolan.Span
	systems []portolan.SystemID
	ports   map[portolan.PortCode]bool
}

// ReadIssues returns the incidents that touch a window as they were at an instant, with what the journal says then.
func ReadIssues(ctx context.Context, l ledger.Projection, facts *projection.Facts, window portolan.Span, at portolan.Instant) (*Issues, error) {
	if window.Empty() {
		return NewIssues(nil, facts, at), nil
	}
	all, err := List(ctx, l, ledger.IncidentFilter{Span: window, AsOf: at})
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	return NewIssues(all, facts, at), nil
}

// NewIssues returns incidents as they were at an instant, with what the journal says: ports, and when a collector was up.
func NewIssues(incidents []incident.Incident, facts *projection.Facts, at portolan.Instant) *Issues {
	s := &Issues{at: at, ports: facts.Ports(), watched: facts.Watched(at), bySystem: map[portolan.SystemID][]*issue{}}
	for i := range incidents {
		one := &incidents[i]
		if !Counts(one) {
			continue
		}
		counted := &issue{one.Span(at), one.Systems, map[portolan.PortCode]bool{}}
		for _, port := range one.Ports {
			counted.ports[port] = true
		}
		s.all = append(s.all, counted)
		for _, system := range one.Systems {
			s.bySystem[system] = append(s.bySystem[system], counted)
		}
	}
	return s
}

// Counts reports whether an incident is one that users had.
func Counts(i *incident.Incident) bool { return i.MergedInto == 0 && i.Cause != incident.Monitor }

// whyNotTold is why there is no issue-free figure of some groups.
const whyNotTold = "incidents are told of systems and ports, not of single transactions or workstations"

// Of returns what the incidents of a group of a query amount to in a window: those that hit a system of it at a port of it.
func (s *Issues) Of(q *projection.Query, group *projection.Key, window portolan.Span) availability.Issues {
	if len(q.Transactions)+len(q.Agents) > 0 || slices.Contains(q.Group, projection.ByClass) || group.Transaction != "" || group.Agent != "" {
		return availability.Issues{Free: availability.Bounded{Why: whyNotTold}}
	}
	candidates := s.all
	if group.System != "" {
		candidates = s.bySystem[group.System]
	}
	var spans []portolan.Span
	for _, one := range candidates {
		if slices.ContainsFunc(one.systems, func(id portolan.SystemID) bool { return oneOf(q.Systems, id) }) && s.touches(one, q, group) {
			spans = append(spans, one.span)
		}
	}
	return availability.IssuesIn(window, spans, s.watched)
}

// touches reports whether the incident hit a port of the group.
func (s *Issues) touches(i *issue, q *projection.Query, group *projection.Key) bool {
	if group.Port != "" {
		return i.ports[group.Port]
	}
	if group.Office == "" && group.Kind == 0 && len(q.Ports)+len(q.Offices)+len(q.Kinds) == 0 {
		return true
	}
	for code := range i.ports {
		port := s.ports[code]
		if oneOf(q.Ports, code) && oneOf(q.Offices, port.Office) && oneOf(q.Kinds, port.Kind) &&
			(group.Office == "" || group.Office == port.Office) && (group.Kind == 0 || group.Kind == port.Kind) {
			return true
		}
	}
	return false
}

// oneOf reports whether a filter lets a value through; an empty one lets all.
func oneOf[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }
