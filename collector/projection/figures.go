package projection

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// Figures answers a query. The rows are those of groups that have a series; each says what it does not know.
func (p *Projection) Figures(ctx context.Context, q Query) (Answer, error) {
	var answer Answer
	err := p.at(ctx, q.AsOf, q.Now, func(k *known) (err error) {
		q.clamp(k.at)
		answer = Answer{Window: q.Window, Cut: k.cut}
		answer.Rows, err = k.figures(&q)
		return err
	})
	if err != nil {
		return Answer{}, fmt.Errorf("compute figures: %w", err)
	}
	return answer, nil
}

// hourOf is what one series has in one UTC hour, the hour's end or the end of knowledge included.
type hourOf struct {
	series   *member
	segments []availability.Segment
}

// member is a series that a query selects.
type member struct {
	name    portolan.Series
	share   uint32
	port    portolan.Port
	planned []portolan.Span // maintenance
}

// rowKey names a row.
type rowKey struct {
	series portolan.Series
	hour   portolan.Instant
}

func compareRowKeys(a, b rowKey) int {
	return cmp.Or(compareSeries(a.series, b.series), cmp.Compare(a.hour, b.hour))
}

// tallies adds up groups hour by hour.
type tallies struct {
	query   *Query
	known   *known
	periods []portolan.Span
	groups  map[Key]*group
}

// group is what a group's row is made from.
type group struct {
	window   portolan.Span
	weighted map[portolan.Weight]*availability.Sum
	ports    map[portolan.PortCode]bool
	due      availability.Due
	late     arrivals
}

func (k *known) figures(q *Query) ([]Total, error) {
	filter, ok := q.hours(k.facts)
	if !ok || q.Window.Empty() {
		return nil, nil
	}
	t := &tallies{query: q, known: k, periods: q.periods(), groups: map[Key]*group{}}
	byHour, err := t.collect(filter)
	if err != nil {
		return nil, err
	}
	for _, hour := range slices.Sorted(maps.Keys(byHour)) {
		for _, period := range t.periods {
			if window := hourSpan(hour).Intersect(period); !window.Empty() {
				t.addHour(hour, window, period, byHour[hour])
			}
		}
	}
	return t.totals(), nil
}

// collect gathers what the selected series have, by hour: their rows, and what follows from their states beyond.
func (t *tallies) collect(filter ledger.HourFilter) (map[portolan.Instant][]hourOf, error) {
	members, err := t.members(filter)
	if err != nil {
		return nil, err
	}
	rows, err := t.known.hours(filter)
	if err != nil {
		return nil, err
	}
	byHour := map[portolan.Instant][]hourOf{}
	pieces := map[rowKey][]availability.Segment{}
	for _, stored := range rows {
		r, err := readRow(stored)
		if err != nil {
			return nil, err
		}
		pieces[rowKey{stored.Series, stored.Hour}] = r.segments
		t.note(members[stored.Series], stored.Hour, r)
	}
	for _, name := range slices.SortedFunc(maps.Keys(members), compareSeries) {
		m := members[name]
		for _, segment := range m.state.tail(t.tailEnd()) {
			for part := range availability.Hours(segment.Span) {
				key := rowKey{name, part.From.Hour()}
				segment.Span = part
				pieces[key] = availability.AppendSegment(pieces[key], segment)
			}
		}
		t.countTail(m)
	}
	for _, key := range slices.SortedFunc(maps.Keys(pieces), compareRowKeys) {
		byHour[key.hour] = append(byHour[key.hour], hourOf{&members[key.series].member, pieces[key]})
	}
	return byHour, nil
}

// tailEnd returns until when a series' state is asked: to the end of the window's last hour, so that it tells whether
// the series was in service in it.
func (t *tallies) tailEnd() portolan.Instant {
	return hourSpan((t.query.Window.To - 1).Hour()).To
}

// stated is a member with its state.
type stated struct {
	member
	state *seriesState
}

func (t *tallies) members(filter ledger.HourFilter) (map[portolan.Series]*stated, error) {
	states, err := t.known.series("")
	if err != nil {
		return nil, err
	}
	members := map[portolan.Series]*stated{}
	for _, stored := range states {
		if !selects(filter, stored.Series) {
			continue
		}
		state, _, err := decodeState(stored)
		if err != nil {
			return nil, fmt.Errorf("read state of %s: %w", stored.Series, err)
		}
		name := stored.Series
		members[name] = &stated{state: state, member: member{
			name: name, share: max(1, state.planned.Share), port: portOf(t.known.facts, name),
			planned: t.known.facts.planned(name.System, name.Agent.Port()),
		}}
	}
	return members, nil
}

// addHour adds what the series have in the part of an hour that lies in a period.
func (t *tallies) addHour(hour portolan.Instant, window, period portolan.Span, series []hourOf) {
	type portGroup struct {
		key  Key
		port portolan.PortCode
	}
	together := map[portGroup][]availability.SeriesHour{}
	for _, h := range series {
		at := portGroup{t.query.key(h.series.name, h.series.port, period), h.series.port.Code}
		s := availability.SeriesHour{Share: h.series.share, InService: len(h.segments) > 0}
		for _, segment := range h.segments {
			s.Tally.Add(segment, window, h.series.planned)
		}
		together[at] = append(together[at], s)
	}
	for at, hours := range together {
		g := t.group(at.key, period)
		g.ports[at.port] = true
		volume, _ := t.known.facts.volume(at.port, hour)
		for weight, sum := range g.weighted {
			sum.AddPortHour(weight, volume, hours)
		}
	}
}

func (t *tallies) group(key Key, period portolan.Span) *group {
	g := t.groups[key]
	if g == nil {
		g = &group{
			window: period, ports: map[portolan.PortCode]bool{}, late: newArrivals(),
			weighted: map[portolan.Weight]*availability.Sum{},
		}
		weights := []portolan.Weight{t.query.Weight}
		if t.query.Weight == portolan.WeightUnknown {
			weights = []portolan.Weight{portolan.WeightTime, portolan.WeightTraveler}
		}
		for _, w := range weights {
			g.weighted[w] = &availability.Sum{}
		}
		t.groups[key] = g
	}
	return g
}

// note takes in what a row says beside its segments. Due runs count in the period that holds the hour's start.
func (t *tallies) note(m *stated, hour portolan.Instant, r *row) {
	for _, period := range t.periods {
		if hourSpan(hour).Intersect(period).Empty() {
			continue
		}
		g := t.group(t.query.key(m.name, m.port, period), period)
		if period.Contains(max(hour, t.query.Window.From)) {
			g.due.Merge(r.due)
		}
		for _, change := range r.revised {
			if !change.span.Intersect(period).Empty() {
				g.late.add(change)
			}
		}
	}
}

// countTail accounts for the runs that were due after the newest result, as far as they can be told to be missing.
func (t *tallies) countTail(m *stated) {
	times := m.state.schedule(m.name.Agent)
	if m.state.lastDue == 0 {
		return
	}
	grace := 2*times.Interval(m.state.lastDue) + longestWay
	for _, period := range t.periods {
		from := max(m.state.lastDue+1, period.From)
		window := portolan.Span{From: from, To: min(period.To, t.known.at.Add(-grace))}
		if !window.Empty() {
			t.group(t.query.key(m.name, m.port, period), period).due.Merge(availability.CountDue(availability.DueOptions{
				Window: window, Schedule: times, Attempts: m.state.attempts, Excused: m.state.excused,
			}))
		}
	}
}

func (t *tallies) totals() []Total {
	var rows []Total
	for key, g := range t.groups {
		weight := t.weightOf(g)
		rows = append(rows, Total{
			Key: key, Window: g.window, Weight: weight, Due: g.due,
			Figure:   g.weighted[weight].Figure(),
			Standing: g.late.standing(g.window.To, t.known.facts.Settle(g.window.To), t.known.at),
		})
	}
	slices.SortFunc(rows, func(a, b Total) int { return a.Key.compare(b.Key) })
	return rows
}

func (t *tallies) weightOf(g *group) portolan.Weight {
	if t.query.Weight != portolan.WeightUnknown {
		return t.query.Weight
	}
	var known [][]portolan.Span
	for code := range g.ports {
		known = append(known, t.known.facts.known(code))
	}
	return availability.DefaultWeight(g.window, known)
}
