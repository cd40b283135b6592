package report

import (
	"fmt"
	"slices"

	"portolan"
)

// Change is one figure that is other than in the revision before.
type Change struct {
	What   string `json:"what"`
	Before string `json:"before"`
	Now    string `json:"now"`
}

// Compare returns what m tells otherwise than the report that was issued before: availabilities of systems and incidents.
// What is only known later or finer, such as the cut, is no change.
func (m *Month) Compare(before *Month) []Change {
	var changes []Change
	note := func(what, was, is string) {
		if was != is {
			changes = append(changes, Change{what, was, is})
		}
	}
	note("All systems, end-user", exact(before.All.EndUser), exact(m.All.EndUser))
	for _, id := range union(before.IDs(), m.IDs()) {
		was, is := before.system(id), m.system(id)
		note(upper(id)+", end-user", exact(was.EndUser), exact(is.EndUser))
		note(upper(id)+", conventional", exact(was.Conventional), exact(is.Conventional))
		note(upper(id)+", issue-free", exact(was.IssueFree), exact(is.IssueFree))
	}
	for _, id := range union(before.incidentIDs(), m.incidentIDs()) {
		note("Incident "+id, before.incident(id), m.incident(id))
	}
	return changes
}

// exact prints a figure with its bounds so that any change shows.
func exact(b Bounded) string {
	number := func(r *float64) string {
		if r == nil {
			return "–"
		}
		return fmt.Sprintf("%.4f %%", 100**r)
	}
	if b.Ratio == nil && b.Low == nil {
		return "no figure"
	}
	return fmt.Sprintf("%s (%s to %s)", number(b.Ratio), number(b.Low), number(b.High))
}

// system returns a system of the report, an empty one if there is none.
func (m *Month) system(id portolan.SystemID) *System {
	if at := slices.IndexFunc(m.Systems, func(s System) bool { return s.ID == id }); at >= 0 {
		return &m.Systems[at]
	}
	return &System{}
}

func (m *Month) incidentIDs() []string {
	ids := make([]string, len(m.Incidents))
	for i := range m.Incidents {
		ids[i] = m.Incidents[i].ID
	}
	return ids
}

func (m *Month) incident(id string) string {
	at := slices.IndexFunc(m.Incidents, func(i Incident) bool { return i.ID == id })
	if at < 0 {
		return "none"
	}
	i := &m.Incidents[at]
	end := "open"
	if i.End != nil {
		end = m.at(*i.End)
	}
	return fmt.Sprintf("%s to %s, %s: %s", m.at(i.Start), end, i.Where, causeWords(i.Cause))
}

// union returns what is in either list, in the order in which it is met.
func union[T comparable](a, b []T) []T {
	all := slices.Clone(a)
	for _, v := range b {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}
