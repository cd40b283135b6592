package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/incident"
)

// OwnersOf returns who has to answer for the incidents of a month, most hours first.
func OwnersOf(incidents []Incident, window portolan.Span) []Owner {
	byOwner := map[string][]*Incident{}
	for i := range incidents {
		byOwner[incidents[i].Owner] = append(byOwner[incidents[i].Owner], &incidents[i])
	}
	owners := make([]Owner, 0, len(byOwner))
	for _, name := range slices.Sorted(maps.Keys(byOwner)) {
		owners = append(owners, ownerOf(name, byOwner[name], window))
	}
	slices.SortStableFunc(owners, func(a, b Owner) int { return cmp.Compare(b.UnionSeconds, a.UnionSeconds) })
	return owners
}

func ownerOf(name string, all []*Incident, window portolan.Span) Owner {
	o := Owner{Owner: name, Components: []portolan.SystemID{}, Issues: len(all)}
	var spans []portolan.Span
	for _, i := range all {
		spans = append(spans, i.span(window.To))
		o.Travelers += i.Travelers
		if i.Component != "" && !slices.Contains(o.Components, i.Component) {
			o.Components = append(o.Components, i.Component)
		}
	}
	slices.Sort(o.Components)
	issues := availability.IssuesIn(window, spans, nil)
	o.SumSeconds, o.UnionSeconds = issues.Sum.Seconds(), issues.Union.Seconds()
	return o
}

// span returns from when to when the incident lasted, until the given instant if it is open.
func (i *Incident) span(open portolan.Instant) portolan.Span {
	s := portolan.Span{From: portolan.InstantOf(i.Start), To: open}
	if i.End != nil {
		s.To = portolan.InstantOf(*i.End)
	}
	return s
}

// ResponseTo returns how fast incidents that began in a month were detected, taken on and over.
func ResponseTo(incidents []Incident, window portolan.Span) Response {
	var detect, escalate, repair []float64
	for i := range incidents {
		one := &incidents[i]
		if !window.Contains(portolan.InstantOf(one.Start)) {
			continue
		}
		detect = append(detect, seconds(one.Start, one.Detected))
		if !one.Escalated.IsZero() {
			escalate = append(escalate, seconds(one.Detected, one.Escalated))
		}
		if one.End != nil && one.Cause != incident.Planned {
			repair = append(repair, seconds(one.Start, *one.End))
		}
	}
	return Response{Detect: quantilesOf(detect), Escalate: quantilesOf(escalate), Repair: quantilesOf(repair)}
}

func seconds(from, to time.Time) float64 { return max(0, to.Sub(from).Seconds()) }

// quantilesOf returns the least of the values that this share of them does not exceed.
func quantilesOf(values []float64) Quantiles {
	if len(values) == 0 {
		return Quantiles{}
	}
	slices.Sort(values)
	n := len(values)
	return Quantiles{Count: n, Median: values[(n-1)/2], P90: values[(9*n+9)/10-1], Most: values[n-1]}
}

// named is quantiles with their name.
type named struct {
	name string
	Quantiles
}

func (r *Response) parts() []named {
	return []named{{"detect", r.Detect}, {"escalate", r.Escalate}, {"repair", r.Repair}}
}
