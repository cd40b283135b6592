// Package monthly gathers what the monthly report tells: figures of one cut from the projection, incidents from their log,
// and what the journal says. Start at Make.
//
// It adds nothing of its own: the maths is in availability, the words are in report.
package monthly

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/collector/watch"
	"portolan/incident"
	"portolan/report"
	"portolan/targets"
)

// Source is where a report's figures are.
type Source struct {
	Ledger     ledger.Projection
	Projection *projection.Projection
	Catalogue  *targets.Catalogue
}

// Asked says which report.
type Asked struct {
	Month string // "2017-01"
	Zone  *time.Location
	AsOf  *projection.Cut // nil for the newest
	Now   portolan.Instant
}

// monthsShown is how many months of incidents stand in a report, its own included.
const monthsShown = 13

// gathering is a report in the making.
type gathering struct {
	*Source
	asked  Asked
	month  portolan.Span
	window portolan.Span // the month, ended where knowledge ends
	before portolan.Span // the month before
	first  portolan.Instant
	known  portolan.Instant // when the cut was
	facts  *projection.Facts

	all, systems, earlier, days, ports, cells projection.Answer
	latencies, latenciesBefore                projection.LatencyAnswer
	windowed                                  projection.Windowed
	windowedOf                                map[portolan.SystemID]projection.Windowed
	effects                                   []report.Effect
	incidents                                 []incident.Incident
	issues                                    *watch.Issues
}

// MonthOf returns from when to when a month lasts in a zone, and the spans of months around it by their distance.
func MonthOf(month string, zone *time.Location) (span func(distance int) portolan.Span, err error) {
	at, err := time.Parse("2006-01", month)
	if err != nil {
		return nil, fmt.Errorf("month %q: want one such as 2017-01", month)
	}
	return func(distance int) portolan.Span {
		begin := func(n int) portolan.Instant {
			return portolan.InstantOf(time.Date(at.Year(), at.Month()+time.Month(n), 1, 0, 0, 0, 0, zone))
		}
		return portolan.Span{From: begin(distance), To: begin(distance + 1)}
	}, nil
}

// Make gathers a report.
func Make(ctx context.Context, s Source, asked Asked) (*report.Month, error) {
	span, err := MonthOf(asked.Month, asked.Zone)
	if err != nil {
		return nil, err
	}
	g := gathering{Source: &s, asked: asked, month: span(0), window: span(0), before: span(-1), first: span(1 - monthsShown).From}
	m := &report.Month{
		Month: asked.Month, Zone: asked.Zone.String(), From: span(0).From.Time(), To: span(0).To.Time(), Made: asked.Now.Time(),
	}
	err = g.at(ctx, func(look *projection.Snapshot) (err error) {
		m.AsOf, g.facts, g.known = look.Cut().String(), look.Facts(), look.At()
		if err := g.look(look); err != nil {
			return err
		}
		g.effects, err = g.effectList(look)
		return err
	})
	if err != nil {
		return nil, err
	}
	g.window.To = max(g.window.From, min(g.window.To, g.known))
	read := ledger.IncidentFilter{Span: portolan.Span{From: g.first, To: max(g.window.To, g.first+1)}, AsOf: g.known}
	if g.incidents, err = watch.List(ctx, s.Ledger, read); err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	g.issues = watch.NewIssues(g.incidents, g.facts, g.known)
	g.fill(m, span)
	return m, nil
}

// at calls fn with what is known at the cut asked for. Of a month that goes on it ends with the newest evidence and not with the moment of
// asking: the cut that the report names gives it again.
func (g *gathering) at(ctx context.Context, fn func(*projection.Snapshot) error) error {
	if g.asked.AsOf == nil && g.asked.Now < g.month.To {
		return g.Projection.LookLatest(ctx, fn)
	}
	return g.Projection.Look(ctx, g.asked.AsOf, g.asked.Now, fn)
}

// look asks for every figure at one cut.
func (g *gathering) look(s *projection.Snapshot) error {
	by := func(window portolan.Span, group ...projection.Dimension) projection.Query {
		return projection.Query{Window: window, Zone: g.asked.Zone, Group: group}
	}
	answers, err := s.Figures(
		by(g.window, projection.ByNation), by(g.window, projection.BySystem), by(g.before, projection.BySystem),
		by(g.window, projection.BySystem, projection.ByDay), by(g.window, projection.ByPort), by(g.window, projection.ByPort, projection.BySystem),
	)
	if err != nil {
		return err
	}
	for i, into := range []*projection.Answer{&g.all, &g.systems, &g.earlier, &g.days, &g.ports, &g.cells} {
		*into = answers[i]
	}
	if g.latencies, err = s.Latencies(by(g.window, projection.ByTransaction), false); err != nil {
		return err
	}
	if g.latenciesBefore, err = s.Latencies(by(g.before, projection.ByTransaction), false); err != nil {
		return err
	}
	if g.windowed, err = s.Windowed(by(g.window)); err != nil {
		return err
	}
	g.windowedOf = map[portolan.SystemID]projection.Windowed{}
	for i := range g.systems.Rows {
		id := g.systems.Rows[i].Key.System
		q := by(g.window)
		q.Systems = []portolan.SystemID{id}
		if g.windowedOf[id], err = s.Windowed(q); err != nil {
			return err
		}
	}
	return nil
}

func (g *gathering) fill(m *report.Month, span func(int) portolan.Span) {
	for i := range g.all.Rows {
		row := &g.all.Rows[i]
		m.All, m.Weight, m.Provisional = g.figure(row), row.Weight, row.Standing.Provisional
	}
	m.Provisional = m.Provisional || g.known < span(0).To
	m.Systems, m.Worst = g.systemList(), worstOf(&g.windowed)
	for distance := 1 - monthsShown; distance <= 0; distance++ {
		m.Months = g.appendMonth(m.Months, span(distance))
	}
	m.Ports = g.portList()
	m.Incidents = g.incidentList()
	m.Owners = report.OwnersOf(m.Incidents, g.window)
	m.Response = report.ResponseTo(m.Incidents, g.window)
	m.Work, m.Notes = g.declared()
	m.Effects = g.effects
	m.Unseen = g.unseen(m)
	m.Latencies = g.latencyList()
}

func (g *gathering) figure(row *projection.Total) report.Figure {
	q := &projection.Query{}
	f := report.FigureOf(&row.Figure, row.Due, g.issues.Of(q, &row.Key, row.Window))
	f.Weight, f.Revision = row.Weight, row.Standing.Revision
	return f
}

func (g *gathering) systemList() []report.System {
	list := []report.System{}
	for i := range g.systems.Rows {
		row := &g.systems.Rows[i]
		id := row.Key.System
		s := report.System{ID: id, Name: string(id), Figure: g.figure(row), Worst: worstOf(new(g.windowedOf[id])), Days: g.daysOf(id)}
		if known := g.Catalogue.System(id); known != nil {
			s.Name, s.Owner, s.Objective = known.Name, known.Owner.Organization, known.Objective.Availability
		}
		for j := range g.earlier.Rows {
			if g.earlier.Rows[j].Key.System == id {
				s.Before = new(report.BoundedOf(g.earlier.Rows[j].Figure.EndUser))
			}
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b report.System) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// daysOf returns every day of the month, those of which nothing is known without a figure.
func (g *gathering) daysOf(id portolan.SystemID) []report.Day {
	days := []report.Day{}
	for at := g.window.From; at < g.month.To; {
		local := at.Time().In(g.asked.Zone)
		days = append(days, report.Day{Day: local.Format(time.DateOnly)})
		at = portolan.InstantOf(time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, g.asked.Zone))
	}
	for i := range g.days.Rows {
		row := &g.days.Rows[i]
		if row.Key.System != id {
			continue
		}
		day := row.Window.From.Time().In(g.asked.Zone).Format(time.DateOnly)
		if at := slices.IndexFunc(days, func(d report.Day) bool { return d.Day == day }); at >= 0 {
			days[at].Ratio, days[at].Coverage = report.NumberOf(row.Figure.EndUser.Ratio), report.NumberOf(row.Figure.Coverage)
		}
	}
	return days
}

func worstOf(w *projection.Windowed) []report.Worst {
	worst := []report.Worst{}
	for _, one := range w.Worst {
		worst = append(worst, report.Worst{
			Minutes: int(one.Window.Duration() / time.Minute), From: one.Window.From.Time(),
			Ratio: report.NumberOf(one.Ratio), Coverage: report.NumberOf(one.Coverage),
		})
	}
	return worst
}

// appendMonth appends a month of incidents, unless nothing was known yet.
func (g *gathering) appendMonth(months []report.IssueMonth, span portolan.Span) []report.IssueMonth {
	span.To = min(span.To, g.known)
	issues := g.issues.Of(&projection.Query{}, &projection.Key{}, span)
	if len(months) == 0 && !issues.Free.Ratio.Exists() && span.From != g.window.From {
		return months
	}
	return append(months, report.IssueMonth{
		Month: span.From.Time().In(g.asked.Zone).Format("2006-01"), Issues: report.IssuesOf(issues), Free: report.BoundedOf(issues.Free),
	})
}
