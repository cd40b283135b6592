package monthly

import (
	"cmp"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/projection"
	"portolan/collector/watch"
	"portolan/incident"
	"portolan/report"
)

// portList returns the ports, those where users had the least first.
func (g *gathering) portList() []report.Port {
	type worst struct {
		system portolan.SystemID
		row    *projection.Total
	}
	least := map[portolan.PortCode]worst{}
	for i := range g.cells.Rows {
		row := &g.cells.Rows[i]
		was := least[row.Key.Port]
		if r := row.Figure.EndUser.Ratio; r.Exists() && (was.row == nil || r.Float64() < was.row.Figure.EndUser.Ratio.Float64()) {
			least[row.Key.Port] = worst{row.Key.System, row}
		}
	}
	known := g.facts.Ports()
	ports := []report.Port{}
	for i := range g.ports.Rows {
		row := &g.ports.Rows[i]
		port := known[row.Key.Port]
		p := report.Port{
			Code: row.Key.Port, Name: port.Name, Office: port.Office, Placeholder: row.Key.Port.Placeholder(),
			EndUser: report.BoundedOf(row.Figure.EndUser), Coverage: report.NumberOf(row.Figure.Coverage),
			DownSeconds: row.Figure.Down.Seconds(), SlowSeconds: row.Figure.Slow.Seconds(),
		}
		if w := least[p.Code]; w.row != nil {
			p.WorstSystem, p.WorstRatio = w.system, report.NumberOf(w.row.Figure.EndUser.Ratio)
		}
		ports = append(ports, p)
	}
	slices.SortStableFunc(ports, func(a, b report.Port) int {
		return cmp.Or(compareNumbers(a.EndUser.Ratio, b.EndUser.Ratio), cmp.Compare(b.DownSeconds+b.SlowSeconds, a.DownSeconds+a.SlowSeconds), cmp.Compare(a.Code, b.Code))
	})
	return ports
}

// compareNumbers orders numbers, those that do not exist last.
func compareNumbers(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	default:
		return cmp.Compare(*a, *b)
	}
}

// incidentList returns the incidents that touch the month, by their starts.
func (g *gathering) incidentList() []report.Incident {
	taken := map[uint64]projection.Acknowledgement{}
	for _, a := range g.facts.Acknowledgements {
		if _, before := taken[a.Incident]; !before {
			taken[a.Incident] = a
		}
	}
	list := []report.Incident{}
	for i := range g.incidents {
		one := &g.incidents[i]
		span := one.Span(g.known)
		if !watch.Counts(one) || !g.window.Contains(one.Start) && span.Intersect(g.window).Empty() {
			continue
		}
		list = append(list, g.incident(one, taken[uint64(one.ID)]))
	}
	slices.SortStableFunc(list, func(a, b report.Incident) int { return a.Start.Compare(b.Start) })
	return list
}

func (g *gathering) incident(one *incident.Incident, taken projection.Acknowledgement) report.Incident {
	i := report.Incident{
		ID: one.ID.String(), Where: one.Scope.String(), Component: one.Component, Systems: one.Systems, Cause: one.Cause, Why: one.Why,
		Owner: one.Owner, Start: one.Start.Time(), Seconds: one.Span(g.known).Intersect(g.window).Duration().Seconds(),
		Detected: one.Known.Time(), Escalated: taken.Made, TakenBy: taken.By,
		Ports: len(one.Ports), Travelers: one.Impact.Travelers, Flights: one.Impact.Flights,
	}
	if !one.Open() {
		i.End = new(one.End.Time())
	}
	return i
}

// declared returns planned work that was not cancelled before it began, and remarks, that touch the month.
func (g *gathering) declared() (work []report.Work, notes []report.Note) {
	work, notes = []report.Work{}, []report.Note{}
	cancelled := map[uint64]time.Time{}
	for _, m := range g.facts.Maintenance {
		if m.Cancels != 0 {
			cancelled[m.Cancels] = m.Declared
		}
	}
	for _, m := range g.facts.Maintenance {
		if end, is := cancelled[m.ID]; is && end.Before(m.To) {
			m.To = end
		}
		if m.Cancels == 0 && m.From.Before(m.To) && g.touches(m.From, m.To) {
			work = append(work, report.Work{System: m.System, Port: m.Port, From: m.From, To: m.To, Declared: m.Declared, Title: m.Title, By: m.By})
		}
	}
	for _, a := range g.facts.Annotations {
		if g.touches(a.From, a.To) {
			notes = append(notes, noteOf(&a))
		}
	}
	return work, notes
}

// touches reports whether a moment, or a span of time, lies in the month in part.
func (g *gathering) touches(from, to time.Time) bool {
	return portolan.InstantOf(from) < g.window.To && g.window.From <= max(portolan.InstantOf(from), portolan.InstantOf(to)-1)
}

// unseen tells what was not measured.
func (g *gathering) unseen(m *report.Month) report.Unseen {
	u := report.Unseen{Systems: []portolan.SystemID{}, Thin: []report.Thin{}}
	seen := map[portolan.PortCode]bool{}
	for i := range g.ports.Rows {
		row := &g.ports.Rows[i]
		f := &row.Figure
		seen[row.Key.Port] = f.Coverage.Exists() && f.Coverage.Float64() > 0
		if f.Coverage.Exists() && f.Unmonitored.Seconds() > 0 {
			u.Thin = append(u.Thin, report.Thin{Code: row.Key.Port, Coverage: report.NumberOf(f.Coverage), UnmonitoredSeconds: f.Unmonitored.Seconds()})
		}
	}
	slices.SortStableFunc(u.Thin, func(a, b report.Thin) int { return compareNumbers(a.Coverage, b.Coverage) })
	for code := range g.facts.Ports() {
		u.Known++
		if !seen[code] {
			u.Ports++
		}
	}
	for _, s := range g.Catalogue.Systems {
		if !slices.Contains(m.IDs(), s.ID) {
			u.Systems = append(u.Systems, s.ID)
		}
	}
	u.UnwatchedSeconds = g.unwatched()
	return u
}

// unwatched returns for how many seconds no collector was up in the month, since there was one.
func (g *gathering) unwatched() float64 {
	up := g.facts.Watched(g.known)
	if len(up) == 0 {
		return 0
	}
	since := portolan.Span{From: max(g.window.From, up[0].From), To: g.window.To}
	return since.Duration().Seconds() - availability.IssuesIn(since, up, nil).Union.Seconds()
}

func (g *gathering) latencyList() []report.Latency {
	list := []report.Latency{}
	for _, l := range g.latencies.Rows {
		one := report.Latency{System: l.Key.System, Transaction: l.Key.Transaction, Count: l.Count, P50: l.P50, P95: l.P95, P99: l.P99}
		for _, b := range g.latenciesBefore.Rows {
			if b.Key.System == l.Key.System && b.Key.Transaction == l.Key.Transaction {
				one.Before = &report.LatencyBefore{P50: b.P50, P95: b.P95, P99: b.P99}
			}
		}
		list = append(list, one)
	}
	return list
}
