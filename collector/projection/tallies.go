package projection

import (
	"iter"
	"maps"
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
	last   portWeight
}

// portWeight is the default weight of a port's figure in a period.
type portWeight struct {
	port   portolan.PortCode
	period portolan.Span
	weight portolan.Weight
}

// group is what a group's row is made from.
type group struct {
	key    Key
	window portolan.Span
	sums   sums
	ports  portSet // those with a series
	merged []byte  // the newest of the nation's sets of ports that are in it
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

// add adds what the ports' series have in the hours of a span, as far as those lie in a period.
func (t *tallies) add(all *readings, hours, period portolan.Span) {
	for _, r := range all.byPort {
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
}

// addHour adds what the series of a port have in the part of an hour that lies in a period.
func (t *tallies) addHour(hour portolan.Instant, window, period portolan.Span, series []hourOf) {
	together := map[*group][]availability.SeriesHour{}
	for i := range series {
		h := &series[i]
		g := t.group(t.query.key(h.name, h.port, h.state.class, period), period)
		g.ports.add(h.port.Code)
		s := availability.SeriesHour{Share: h.share, InService: len(h.segments) > 0}
		for _, segment := range h.segments {
			s.Tally.Add(segment, window, h.planned)
		}
		together[g] = append(together[g], s)
		t.note(g, hour, period, h.row)
	}
	volume, _ := t.known.facts.volume(series[0].port.Code, hour)
	for g, hours := range together {
		for i, sum := range g.sums {
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
	t.group(t.query.key(m.name, m.port, m.state.class, period), period).due.Merge(availability.CountDue(availability.DueOptions{
		Window: window, Schedule: times, Attempts: m.state.attempts, Excused: m.state.excused,
	}))
}

// group returns the group of that key; a new one if there is none.
func (t *tallies) group(key Key, period portolan.Span) *group {
	g := t.groups[key]
	if g == nil {
		g = &group{key: key, window: period}
		weights := t.weightsIn(key.Port, period)
		room := make([]availability.Sum, len(weights))
		for i, w := range weights {
			g.sums[w-1] = &room[i]
		}
		t.groups[key] = g
	}
	return g
}

// weightsIn returns the weights by which a group needs sums. Of a single port the default is known before anything is read, and
// one sum is enough.
func (t *tallies) weightsIn(port portolan.PortCode, period portolan.Span) []portolan.Weight {
	if port == "" || t.query.Weight != portolan.WeightUnknown || t.query.everyWeight {
		return t.query.weights()
	}
	if t.last.port != port || t.last.period != period {
		known := [][]portolan.Span{t.known.facts.known(port)}
		t.last = portWeight{port, period, availability.DefaultWeight(period, known)}
	}
	return []portolan.Weight{t.last.weight}
}

// total writes what the groups amount to, sorted, into as many rows.
func (t *tallies) total(rows []Total) {
	groups := slices.SortedFunc(maps.Values(t.groups), func(a, b *group) int { return a.key.compare(&b.key) })
	weights := map[portolan.PortCode]portolan.Weight{}
	var window portolan.Span
	var settle time.Duration
	for i, g := range groups {
		if g.window != window {
			window, settle = g.window, t.known.facts.Settle(g.window.To)
			clear(weights)
		}
		row := &rows[i]
		*row = Total{Key: g.key, Window: g.window, Weight: t.weightOf(g, weights), Due: g.due}
		row.Figure = g.sums.of(row.Weight).Figure()
		row.Standing = g.late.standing(g.window.To, settle, t.known.at)
	}
}

// weightOf returns the weight of a group's figure; known holds the default weights of ports in its window.
//
// Design 3.5: "The default is traveler only where every port of the group has volumes for the whole window, else time".
func (t *tallies) weightOf(g *group, known map[portolan.PortCode]portolan.Weight) portolan.Weight {
	if t.query.Weight != portolan.WeightUnknown {
		return t.query.Weight
	}
	if g.key.Port != "" {
		return t.weightsIn(g.key.Port, g.window)[0]
	}
	weight := availability.DefaultWeight(g.window, nil)
	for code := range g.ports.all() {
		w := known[code]
		if w == portolan.WeightUnknown {
			w = availability.DefaultWeight(g.window, [][]portolan.Span{t.known.facts.known(code)})
			known[code] = w
		}
		if weight = w; w != portolan.WeightTraveler {
			break
		}
	}
	return weight
}

// portSet is a set of ports, mostly of one.
type portSet struct {
	one  portolan.PortCode
	more map[portolan.PortCode]bool // all of them, if they are more
}

func (s *portSet) add(port portolan.PortCode) {
	switch {
	case s.one == port:
	case s.one == "":
		s.one = port
	case s.more == nil:
		s.more = map[portolan.PortCode]bool{s.one: true, port: true}
	default:
		s.more[port] = true
	}
}

// all yields the set's ports.
func (s *portSet) all() iter.Seq[portolan.PortCode] {
	return func(yield func(portolan.PortCode) bool) {
		if s.more == nil {
			_ = s.one != "" && yield(s.one)
			return
		}
		for port := range s.more {
			if !yield(port) {
				return
			}
		}
	}
}
