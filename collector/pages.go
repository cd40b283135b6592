package collector

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/projection"
	"portolan/dashboard"
	"portolan/targets"
)

// pages is what the central pages draw.
type pages struct {
	c *collector

	mu    sync.Mutex // guards what follows
	cache pageFigures
}

var _ dashboard.Source = (*pages)(nil)

// pageFigures are the figures that every page shows, computed once for all readers.
type pageFigures struct {
	at      portolan.Instant
	overall map[portolan.SystemID]dashboard.Figures
	atPorts map[portolan.Series]dashboard.Figures // by system and port: see cellName
	cut     projection.Cut
}

// figuresLast is how long computed figures are shown before they are computed again.
const figuresLast = 10 * time.Second

// stripLength is what the strips on the pages show.
const stripLength = time.Hour

// scene is everything that one page is drawn from.
type scene struct {
	now     portolan.Instant
	zone    *time.Location
	around  *surroundings
	agents  []projection.AgentNow
	cells   []projection.PortNow
	strips  map[portolan.Series][]availability.Segment
	figures pageFigures
	span    portolan.Span
}

func (p *pages) scene(ctx context.Context) (*scene, error) {
	now := p.c.now()
	s := &scene{now: now, around: p.c.around.Load(), span: portolan.Span{From: now.Add(-stripLength), To: now}}
	zone, err := loadZone(s.around.config.Zone)
	if err != nil {
		return nil, err
	}
	s.zone = zone
	s.agents = p.c.projection.Agents(now, s.around.config.SendInterval)
	s.cells = projection.PortStates(s.agents)
	if s.strips, err = p.c.projection.Strips(ctx, s.span, now); err != nil {
		return nil, err
	}
	s.figures, err = p.figures(ctx, now, zone)
	return s, err
}

// figures returns the pages' figures, computed anew if the last ones are old.
func (p *pages) figures(ctx context.Context, now portolan.Instant, zone *time.Location) (pageFigures, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cache.at != 0 && now.Sub(p.cache.at) < figuresLast {
		return p.cache, nil
	}
	next := pageFigures{at: now, overall: map[portolan.SystemID]dashboard.Figures{}, atPorts: map[portolan.Series]dashboard.Figures{}}
	local := now.Time().In(zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	first := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
	windows := []struct {
		from portolan.Instant
		put  func(*dashboard.Figures, dashboard.Figure)
	}{
		{portolan.InstantOf(midnight), func(f *dashboard.Figures, v dashboard.Figure) { f.Today = v }},
		{now.Add(-24 * time.Hour), func(f *dashboard.Figures, v dashboard.Figure) { f.Day = v }},
		{portolan.InstantOf(first), func(f *dashboard.Figures, v dashboard.Figure) { f.Month = v }},
	}
	var queries []projection.Query
	for _, w := range windows {
		for _, group := range scopes() {
			queries = append(queries, projection.Query{Window: portolan.Span{From: w.from, To: now}, Zone: zone, Group: group})
		}
	}
	answers, err := p.c.projection.ManyFigures(ctx, nil, now, queries...)
	if err != nil {
		return pageFigures{}, err
	}
	for i := range answers {
		next.cut = answers[i].Cut
		for j := range answers[i].Rows {
			next.put(&answers[i].Rows[j], windows[i/len(scopes())].put)
		}
	}
	p.cache = next
	return next, nil
}

func (f *pageFigures) put(row *projection.Total, put func(*dashboard.Figures, dashboard.Figure)) {
	figure := figureOf(row)
	if row.Key.Port == "" {
		all := f.overall[row.Key.System]
		put(&all, figure)
		f.overall[row.Key.System] = all
		return
	}
	name := cellName(row.Key.Port, row.Key.System)
	all := f.atPorts[name]
	put(&all, figure)
	f.atPorts[name] = all
}

// cellName is the key of a system at a port.
func cellName(port portolan.PortCode, system portolan.SystemID) portolan.Series {
	return portolan.Series{Agent: portolan.AgentID(port), System: system}
}

func figureOf(row *projection.Total) dashboard.Figure {
	f := &row.Figure
	d := f.Difference
	return dashboard.Figure{
		EndUser: ratioOf(f.EndUser), Conventional: ratioOf(f.Conventional), Why: f.Why,
		Coverage: f.Coverage.Float64(), Weight: row.Weight,
		Difference: dashboard.Difference{
			Maintenance: d.Maintenance.Float64(), Slow: d.Slow.Float64(), Dependency: d.Dependency.Float64(),
			Network: d.Network.Float64(), Other: d.Other.Float64(),
		},
		Provisional: row.Standing.Provisional, Revision: row.Standing.Revision,
	}
}

func ratioOf(b availability.Bounded) *dashboard.Ratio {
	if !b.Ratio.Exists() {
		return nil
	}
	return &dashboard.Ratio{Value: b.Ratio.Float64(), Low: b.Low.Float64(), High: b.High.Float64()}
}

// Overview implements dashboard.Source.
func (p *pages) Overview(ctx context.Context) (*dashboard.Overview, error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	o := &dashboard.Overview{Cut: s.cut(), Agents: s.agentList(""), Orders: p.c.agentConfig(s.now).Directives}
	if o.Incidents, err = p.c.openIncidents(ctx); err != nil {
		return nil, err
	}
	o.Changes = p.changes(s.now)
	for _, system := range s.around.catalogue.Systems {
		o.Systems = append(o.Systems, s.system(system))
	}
	for _, port := range s.ports() {
		o.Ports = append(o.Ports, s.port(port, nil))
	}
	return o, nil
}

// Port implements dashboard.Source.
func (p *pages) Port(ctx context.Context, code portolan.PortCode) (*dashboard.PortDetail, error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(s.ports(), func(port portolan.Port) bool { return port.Code == code })
	if at < 0 {
		return nil, dashboard.ErrNotFound
	}
	d := &dashboard.PortDetail{Cut: s.cut(), Port: s.port(s.ports()[at], nil), Agents: s.agentList(code)}
	for _, cell := range d.Port.Cells {
		if system := s.around.catalogue.System(cell.System); system != nil {
			d.Systems = append(d.Systems, s.system(system))
		}
	}
	runs, err := p.runs(ctx, code, s.now)
	if err != nil {
		return nil, err
	}
	d.Series = s.series(code, runs)
	return d, p.tellPort(ctx, d, s.now)
}

// System implements dashboard.Source.
func (p *pages) System(ctx context.Context, id portolan.SystemID) (*dashboard.SystemDetail, error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	system := s.around.catalogue.System(id)
	if system == nil {
		return nil, dashboard.ErrNotFound
	}
	d := &dashboard.SystemDetail{Cut: s.cut(), System: s.system(system)}
	for _, t := range system.Transactions {
		d.Transactions = append(d.Transactions, s.transaction(system, t.ID))
	}
	for _, port := range s.ports() {
		if view := s.port(port, &id); len(view.Cells) > 0 {
			d.Ports = append(d.Ports, view)
		}
	}
	return d, nil
}

// Runs shown on a port's page.
const (
	runsBack = 2 * time.Hour
	runsRead = 400
	runsKept = 10
)

// runs returns the newest runs at a port by series.
func (p *pages) runs(ctx context.Context, code portolan.PortCode, now portolan.Instant) (map[portolan.Series][]dashboard.Run, error) {
	kept, err := p.c.projection.Results(ctx, projection.ResultQuery{
		Window: portolan.Span{From: now.Add(-runsBack), To: now + 1}, Ports: []portolan.PortCode{code}, Limit: runsRead, Newest: true,
	})
	if err != nil {
		return nil, err
	}
	runs := map[portolan.Series][]dashboard.Run{}
	for _, k := range kept {
		name := portolan.Series{Agent: k.Agent, System: k.System, Transaction: k.Transaction}
		if len(runs[name]) < runsKept {
			runs[name] = append(runs[name], dashboard.Run{Result: k.Result, Lane: k.Lane})
		}
	}
	return runs, nil
}

func (s *scene) cut() dashboard.Cut {
	return dashboard.Cut{At: s.now, Name: s.figures.cut.String(), Zone: s.zone}
}

// ports returns the ports of the file, and those that agents are heard from all the same.
func (s *scene) ports() []portolan.Port {
	ports := slices.Clone(s.around.ports)
	for i := range s.agents {
		code := s.agents[i].Agent.Port()
		if !slices.ContainsFunc(ports, func(p portolan.Port) bool { return p.Code == code }) {
			ports = append(ports, portolan.Port{Code: code, Name: string(code), Placeholder: code.Placeholder()})
		}
	}
	slices.SortFunc(ports, func(a, b portolan.Port) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return ports
}

// transaction describes a transaction by its definition, run as the agents' plans have it.
func (s *scene) transaction(system *targets.System, id portolan.TransactionID) dashboard.Transaction {
	d := transactionOf(system, id)
	first := true
	for i := range s.agents {
		for _, now := range s.agents[i].Series {
			switch planned := &now.Planned; {
			case now.Series.System != system.ID || now.Series.Transaction != id:
			case first:
				runAs(&d, planned)
				first = false
			case planned.Cron == "":
				d.Longest = max(d.Longest, d.Interval, planned.Interval)
				d.Interval = min(d.Interval, planned.Interval)
			}
		}
	}
	return d
}

// runAs takes from an agent's plan when a transaction runs there, and what it is judged by.
func runAs(d *dashboard.Transaction, planned *portolan.PlannedSeries) {
	d.Interval, d.Schedule = planned.Interval, scheduleOf(planned.Cron, planned.Zone)
	d.Latency, d.Timeout = planned.Latency, planned.Timeout
}

func scheduleOf(cron, zone string) string {
	if cron == "" {
		return ""
	}
	return strings.TrimSpace(cron + " " + zone)
}

// transactionOf describes a transaction by its definition.
func transactionOf(system *targets.System, id portolan.TransactionID) dashboard.Transaction {
	t := system.Transaction(id)
	if t == nil {
		return dashboard.Transaction{ID: id}
	}
	d := dashboard.Transaction{
		ID: t.ID, Title: t.Title, Interval: t.Interval, Schedule: scheduleOf(t.Cron, t.Zone), Latency: t.Latency, Timeout: t.Timeout, Where: t.Where,
	}
	for _, step := range t.Steps {
		d.Steps = append(d.Steps, dashboard.Step{ID: step.ID, Title: step.Title, Dependency: step.Dependency})
	}
	return d
}
