package projection

import (
	"slices"
	"time"

	"portolan"
	"portolan/availability"
)

// tallies adds up groups.
type tallies struct {
	query  *Query
	known  *known
	groups map[Key]*group
}

// group is what a group's row is made from.
type group struct {
	window portolan.Span
	sums   sums
	ports  map[portolan.PortCode]bool // those with a series
	merged []byte                     // the newest of the nation's sets of ports that are in it
	due    availability.Due
	late   arrivals
}

// sums holds what was added up by each weight that is asked for, at the weight's number less one.
type sums [portolan.WeightTraveler]*availability.Sum

func (s *sums) of(w portolan.Weight) *availability.Sum { return s[w-1] }

func newTallies(k *known, q *Query) *tallies {
	return &tallies{query: q, known: k, groups: map[Key]*group{}}
}

// mostGrace bounds how long a run is awaited before it counts as missing, so that hours over for longer than that are
// settled as far as nothing more arrives.
const mostGrace = 15 * time.Minute

// add adds what series have in the hours of a span, as far as those lie in a period.
func (t *tallies) add(r *reading, hours, period portolan.Span) {
	for hour := range availability.Hours(hours) {
		series := r.byHour[hour.From]
		if window := hour.Intersect(period); len(series) > 0 && !window.Empty() {
			t.addHour(hour.From, window, period, series)
		}
	}
	for _, m := range r.members {
		t.countTail(m, hours.Intersect(period), period)
	}
}

// addHour adds what the series have in the part of an hour that lies in a period.
func (t *tallies) addHour(hour portolan.Instant, window, period portolan.Span, series []hourOf) {
	type portGroup struct {
		group *group
		port  portolan.PortCode
	}
	together := map[portGroup][]availability.SeriesHour{}
	for i := range series {
		h := &series[i]
		g := t.group(t.query.key(h.name, h.port, period), period)
		g.ports[h.port.Code] = true
		s := availability.SeriesHour{Share: h.share, InService: len(h.segments) > 0}
		for _, segment := range h.segments {
			s.Tally.Add(segment, window, h.planned)
		}
		at := portGroup{g, h.port.Code}
		together[at] = append(together[at], s)
		t.note(g, hour, period, h.row)
	}
	for at, hours := range together {
		volume := uint32(0)
		if at.group.sums.of(portolan.WeightTraveler) != nil {
			volume, _ = t.known.facts.volume(at.port, hour)
		}
		for i, sum := range at.group.sums {
			if sum != nil {
				sum.AddPortHour(portolan.Weight(i+1), volume, hours)
			}
		}
	}
}

// note takes in what a row, nil for none, says beside its segments. Due runs count in the period that holds the hour's
// start.
func (t *tallies) note(g *group, hour portolan.Instant, period portolan.Span, r *row) {
	if r == nil {
		return
	}
	if period.Contains(max(hour, t.query.Window.From)) {
		g.due.Merge(r.due)
	}
	for _, change := range r.revised {
		if !change.span.Intersect(period).Empty() {
			g.late.add(change)
		}
	}
}

// countTail accounts for the runs that were due in a window of a period after the newest result, as far as they can be
// told to be missing.
func (t *tallies) countTail(m *member, window, period portolan.Span) {
	window.From = max(m.state.lastDue+1, window.From)
	if m.state.lastDue == 0 || window.Empty() {
		return
	}
	times := m.state.schedule(m.name.Agent)
	grace := min(2*times.Interval(m.state.lastDue)+longestWay, mostGrace)
	if window.To = min(window.To, t.known.at.Add(-grace)); window.Empty() {
		return
	}
	t.group(t.query.key(m.name, m.port, period), period).due.Merge(availability.CountDue(availability.DueOptions{
		Window: window, Schedule: times, Attempts: m.state.attempts, Excused: m.state.excused,
	}))
}

// group returns the group of that key; a new one if there is none.
func (t *tallies) group(key Key, period portolan.Span) *group {
	g := t.groups[key]
	if g == nil {
		g = &group{window: period, ports: map[portolan.PortCode]bool{}}
		for _, w := range t.query.weights() {
			g.sums[w-1] = &availability.Sum{}
		}
		t.groups[key] = g
	}
	return g
}

// totals returns what the groups amount to, sorted.
func (t *tallies) totals() []Total {
	rows := make([]Total, 0, len(t.groups))
	weights := map[portolan.PortCode]portolan.Weight{}
	var window portolan.Span
	for key, g := range t.groups {
		if g.window != window {
			window = g.window
			clear(weights)
		}
		weight := t.weightOf(g, weights)
		rows = append(rows, Total{
			Key: key, Window: g.window, Weight: weight, Due: g.due,
			Figure:   g.sums.of(weight).Figure(),
			Standing: g.late.standing(g.window.To, t.known.facts.Settle(g.window.To), t.known.at),
		})
	}
	slices.SortFunc(rows, func(a, b Total) int { return a.Key.compare(&b.Key) })
	return rows
}

// weightOf returns the weight of a group's figure; known holds the default weights of ports in its window.
//
// Design 3.5: "The default is traveler only where every port of the group has volumes for the whole window, else time".
func (t *tallies) weightOf(g *group, known map[portolan.PortCode]portolan.Weight) portolan.Weight {
	if t.query.Weight != portolan.WeightUnknown {
		return t.query.Weight
	}
	if len(g.ports) == 0 {
		return availability.DefaultWeight(g.window, nil)
	}
	for code := range g.ports {
		w := known[code]
		if w == portolan.WeightUnknown {
			w = availability.DefaultWeight(g.window, [][]portolan.Span{t.known.facts.known(code)})
			known[code] = w
		}
		if w != portolan.WeightTraveler {
			return w
		}
	}
	return portolan.WeightTraveler
}
