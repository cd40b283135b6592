package dashboard_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"portolan"
	"portolan/dashboard"
	"portolan/incident"
)

// noon is the fixture's now: 2026-11-20 13:02:11 in New York.
var noon = portolan.InstantOf(time.Date(2026, 11, 20, 18, 2, 11, 0, time.UTC))

// fixture is a Source and a PortSource that tests change while pages are open.
type fixture struct {
	mu          sync.Mutex
	overview    *dashboard.Overview
	port        *dashboard.PortDetail
	system      *dashboard.SystemDetail
	record      *dashboard.Record
	reports     *dashboard.Reports
	workstation *dashboard.Workstation
	incidents   *dashboard.Incidents
	signals     []dashboard.Signal
	mitigations []dashboard.Mitigation
	err         error
}

var (
	_ dashboard.Source     = (*fixture)(nil)
	_ dashboard.PortSource = (*fixture)(nil)
)

func (f *fixture) change(how func(*fixture)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	how(f)
}

func (f *fixture) Overview(context.Context) (*dashboard.Overview, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.overview, f.err
}

func (f *fixture) Port(_ context.Context, code portolan.PortCode) (*dashboard.PortDetail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.port == nil || f.port.Port.Code != code {
		return nil, dashboard.ErrNotFound
	}
	return f.port, f.err
}

func (f *fixture) System(_ context.Context, id portolan.SystemID) (*dashboard.SystemDetail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.system == nil || f.system.System.ID != id {
		return nil, dashboard.ErrNotFound
	}
	return f.system, f.err
}

func (f *fixture) Record(context.Context) (*dashboard.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.record, f.err
}

func (f *fixture) Reports(context.Context) (*dashboard.Reports, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reports, f.err
}

func (f *fixture) Incidents(context.Context) (*dashboard.Incidents, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.incidents, f.err
}

func (f *fixture) Signal(_ context.Context, s dashboard.Signal) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signals = append(f.signals, s)
	return f.err
}

func (f *fixture) Mitigate(_ context.Context, m dashboard.Mitigation) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mitigations = append(f.mitigations, m)
	return f.err
}

func (f *fixture) Workstation(context.Context) (*dashboard.Workstation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.workstation, f.err
}

// identDown is the demo's day: IDENT stopped answering MIA 11 minutes ago, SEA is slow, IAD is well.
func identDown() *fixture {
	ports := []dashboard.Port{
		{Port: airport("MIA", "Miami International", "Miami Field Office", "America/New_York"), Cells: []dashboard.Cell{downCell()}},
		{Port: airport("SEA", "Seattle-Tacoma International", "Seattle Field Office", "America/Los_Angeles"), Cells: []dashboard.Cell{slowCell()}},
		{Port: airport("IAD", "Washington Dulles International", "Baltimore Field Office", "America/New_York"), Cells: []dashboard.Cell{upCell("tpac")}},
	}
	tpac := tpacSystem()
	tpac.Clocks = []dashboard.Clock{
		{Title: "One subject's file", Limit: 45 * time.Minute, Source: "OIG-17-114"}, {Title: "From arrest to the court", Limit: 48 * time.Hour, Source: "rule 5"},
	}
	agents := []dashboard.Agent{
		{ID: "MIA-1", Class: "primary-booth", LastHeard: ago(4 * time.Second)},
		{ID: "SEA-1", LastHeard: ago(9 * time.Second), Backlog: 240},
		{ID: "IAD-1", LastHeard: ago(6 * time.Minute), Silent: true},
	}
	cut := dashboard.Cut{At: noon, Name: "j118.b2041", Zone: newYork()}
	mia := ports[0]
	open := identIncident()
	listed := append(slices.Clone(ports), dashboard.Port{
		Port: airport("BOS", "Boston Logan International", "Boston Field Office", "America/New_York"), // no agent there
	})
	return &fixture{
		overview: &dashboard.Overview{Cut: cut, Systems: []dashboard.System{tpac}, Ports: listed, Agents: agents, Incidents: []incident.Incident{open}, Changes: manifestChange()},
		port: &dashboard.PortDetail{Cut: cut, Port: mia, Systems: []dashboard.System{tpac}, Agents: agents[:1], Series: []dashboard.Series{
			hungSeries("MIA-1"),
		}, Incidents: []incident.Incident{open}, Advice: []dashboard.Advice{miaAdvice()}, Signals: officerSignals()},
		incidents: &dashboard.Incidents{Cut: cut, Open: []incident.Incident{open}, Past: []incident.Incident{pastIncident()}, Signals: officerSignals()},
		system:    &dashboard.SystemDetail{Cut: cut, System: tpac, Transactions: []dashboard.Transaction{inspection()}, Ports: ports},
		reports: &dashboard.Reports{Cut: cut, Current: "2026-03", Scheduled: true, Issued: []dashboard.Report{
			{Month: "2026-02", Revision: 1, Made: noon, Page: "/reports/portolan-2026-02-r1.html", Figures: "/reports/portolan-2026-02-r1.json"},
		}},
		record: &dashboard.Record{Cut: cut, More: true, Asides: []dashboard.Aside{
			{Agent: "SEA-1", Number: 1204, Reason: "version", ReceivedAt: ago(40 * time.Second), Size: 1310},
			{
				ID: 17, Agent: "MIA-1", Number: 88, Reason: "fork", ReceivedAt: ago(5 * time.Minute), Size: 912,
				Detail: "number was used by batch 5f0c",
			},
			{ID: 16, Agent: "MIA-1", Number: 61, Reason: "malformed", Detail: "column 3 is short", ReceivedAt: ago(49 * time.Hour), Size: 88},
		}},
		workstation: &dashboard.Workstation{
			Now: noon, Agent: "MIA-1", Port: mia.Port, Started: ago(26 * time.Hour),
			Center: dashboard.Center{
				URL: "https://collector.example:8443", LastReached: ago(4 * time.Minute), LastError: "connection refused",
				Offset: 1400 * time.Millisecond, Uncertainty: 30 * time.Millisecond, ClockAge: 4 * time.Minute,
			},
			Spool:  dashboard.Spool{Pending: 24, Bytes: 48_120, Oldest: ago(4 * time.Minute)},
			Series: []dashboard.Series{hungSeries("MIA-1"), goodSeries("MIA-1")},
			Advice: []dashboard.Advice{loneAdvice()}, Seen: "as seen from MIA-1",
		},
	}
}

func newYork() *time.Location {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return loc
}

func ago(d time.Duration) portolan.Instant { return noon.Add(-d) }

func airport(code portolan.PortCode, name, office, zone string) portolan.Port {
	return portolan.Port{Code: code, Name: name, Kind: portolan.Air, Office: office, Zone: zone}
}

func tpacSystem() dashboard.System {
	return dashboard.System{
		ID: "tpac", Name: "Traveler Primary Arrival Client", Owner: "Office of Information and Technology",
		Objective:    portolan.Objective{Availability: 0.997, Window: 30 * 24 * time.Hour},
		Dependencies: []dashboard.Dependency{{ID: "ident", Owner: "OBIM"}, {ID: "apis"}},
		Ports:        dashboard.Counts{Up: 1, Slow: 1, Down: 1},
		LastHour:     strip(segment(60, 11, portolan.Up), segment(11, 0, portolan.SlowState)),
		Figures:      figures(0.9871, 0.9989),
	}
}

func downCell() dashboard.Cell {
	return dashboard.Cell{
		System: "tpac", State: portolan.Down, Since: ago(11*time.Minute + 7*time.Second), Symptom: identHangs(),
		Affected: 3, Monitored: 3, Agents: 3,
		LastHour: strip(segment(60, 40, portolan.Up), segment(40, 37, portolan.Unmonitored), segment(37, 11, portolan.Up), segment(11, 0, portolan.Down)),
		Figures:  figures(0.9612, 0.9981),
	}
}

func slowCell() dashboard.Cell {
	return dashboard.Cell{
		System: "tpac", State: portolan.SlowState, Since: ago(3 * time.Hour), Symptom: &dashboard.Symptom{
			Symptom: portolan.Symptom{Step: "apis-match", Phase: portolan.PhaseWait, Kind: portolan.KindLate, Dependency: "apis"},
			Took:    7240 * time.Millisecond, Limit: 5 * time.Second,
		},
		Affected: 2, Monitored: 3, Agents: 3,
		Classes:  []dashboard.ClassCount{{Class: "primary-booth", Monitored: 1}, {Class: "secondary", Affected: 2, Monitored: 2}},
		LastHour: strip(segment(60, 0, portolan.SlowState)),
		Figures:  figures(0.9933, 1),
	}
}

func upCell(system portolan.SystemID) dashboard.Cell {
	return dashboard.Cell{
		System: system, State: portolan.Up, Since: ago(31 * time.Hour), Monitored: 3, Agents: 3,
		LastHour: strip(segment(60, 0, portolan.Up)), Figures: figures(0.99987, 0.99992),
	}
}

func identHangs() *dashboard.Symptom {
	return &dashboard.Symptom{
		Symptom: portolan.Symptom{Step: "biometric-verification", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"},
		Took:    30 * time.Second,
	}
}

func strip(segments ...dashboard.Segment) dashboard.Strip {
	return dashboard.Strip{Span: portolan.Span{From: ago(time.Hour), To: noon}, Segments: segments}
}

// segment runs from that many minutes ago to that many minutes ago.
func segment(from, to int, s portolan.State) dashboard.Segment {
	return dashboard.Segment{Span: portolan.Span{From: ago(time.Duration(from) * time.Minute), To: ago(time.Duration(to) * time.Minute)}, State: s}
}

func figures(endUser, conventional float64) dashboard.Figures {
	figure := func(toward1 float64) dashboard.Figure {
		e, c := endUser+(1-endUser)*toward1, conventional+(1-conventional)*toward1
		return dashboard.Figure{
			EndUser:      &dashboard.Ratio{Value: e, Low: e - 0.004, High: min(1, e+0.0012)},
			Conventional: &dashboard.Ratio{Value: c, Low: c - 0.004, High: min(1, c+0.0012)},
			Coverage:     0.9814, Weight: portolan.WeightTime, Provisional: true,
			Difference: dashboard.Difference{Slow: (c - e) * 0.25, Dependency: (c - e) * 0.75},
		}
	}
	month := figure(0.8)
	month.Revision = 2
	return dashboard.Figures{Today: figure(0), Day: figure(0.3), Month: month}
}

func inspection() dashboard.Transaction {
	return dashboard.Transaction{
		ID: "primary-inspection", Title: "Inspect one traveler at primary", Interval: 10 * time.Second,
		Latency: 5 * time.Second, Timeout: 30 * time.Second,
		Where: portolan.Where{Kinds: []portolan.PortKind{portolan.Air}},
		Steps: []dashboard.Step{
			{ID: "sign-on", Title: "Sign on"}, {ID: "read-document", Title: "Read the travel document"},
			{ID: "biographic-query", Title: "Query lookouts by name"}, {ID: "apis-match", Title: "Match the manifest", Dependency: "apis"},
			{ID: "biometric-verification", Title: "Verify prints and face", Dependency: "ident"}, {ID: "decision", Title: "Record the decision"},
		},
	}
}

func goodSeries(agent portolan.AgentID) dashboard.Series {
	t := inspection()
	t.ID, t.Title = "sign-on-check", "Sign on and off"
	return dashboard.Series{
		Agent: agent, System: "tpac", SystemName: "Traveler Primary Arrival Client", Transaction: t, State: portolan.Up,
		Since: ago(26 * time.Hour), LastHour: strip(segment(60, 0, portolan.Up)), Runs: []dashboard.Run{goodRun(9 * time.Second)},
	}
}

func hungSeries(agent portolan.AgentID) dashboard.Series {
	retry := hungRun(42 * time.Second)
	retry.Attempt, retry.Lane = 2, portolan.Backlog
	return dashboard.Series{
		Agent: agent, System: "tpac", SystemName: "Traveler Primary Arrival Client", Transaction: inspection(), State: portolan.Down,
		Since: ago(11 * time.Minute), Symptom: identHangs(), LastHour: downCell().LastHour,
		Runs: []dashboard.Run{hungRun(12 * time.Second), retry, goodRun(12 * time.Minute)},
	}
}

func goodRun(before time.Duration) dashboard.Run {
	r := hungRun(before)
	r.Outcome, r.Symptom, r.Duration = portolan.Good, portolan.Symptom{}, 2100*time.Millisecond
	r.Steps = append(r.Steps[:4:4], step("biometric-verification", 1010, 900, portolan.Good), step("decision", 1910, 190, portolan.Good))
	r.Steps[0].Measures = []portolan.Measurement{{Measure: portolan.NotMeasured, Value: int64(portolan.NoRoundTrips | portolan.NoRouters)}}
	return r
}

func hungRun(before time.Duration) dashboard.Run {
	return dashboard.Run{Lane: portolan.Live, Result: portolan.Result{
		Seq: 4071, System: "tpac", Transaction: "primary-inspection", Due: ago(before + 1500*time.Millisecond), Start: ago(before),
		Duration: 31010 * time.Millisecond, Attempt: 1, Outcome: portolan.Failed, Symptom: identHangs().Symptom,
		Steps: []portolan.StepResult{
			step("sign-on", 0, 380, portolan.Good), step("read-document", 380, 40, portolan.Good), step("biographic-query", 420, 250, portolan.Good),
			step("apis-match", 670, 340, portolan.Good), step("biometric-verification", 1010, 30000, portolan.Failed),
		},
	}}
}

// step makes a step that opens its connection if it is the first, and then mostly waits.
func step(id portolan.StepID, offset, took int, o portolan.Outcome) portolan.StepResult {
	s := portolan.StepResult{Step: id, Offset: time.Duration(offset) * time.Millisecond, Duration: time.Duration(took) * time.Millisecond, Outcome: o}
	if offset == 0 {
		s.Phases.Add(portolan.PhaseDNS, 4*time.Millisecond)
		s.Phases.Add(portolan.PhaseConnect, 31*time.Millisecond)
		s.Phases.Add(portolan.PhaseTLS, 62*time.Millisecond)
	}
	s.Phases.Add(portolan.PhaseRequest, time.Millisecond)
	if o == portolan.Failed {
		s.Phases.Add(portolan.PhaseWait, s.Duration-s.Phases.Sum()-time.Millisecond)
		return s
	}
	s.Phases.Add(portolan.PhaseWait, s.Duration*6/10)
	s.Phases.Add(portolan.PhaseRead, 3*time.Millisecond)
	s.Phases.Add(portolan.PhaseCheck, 2*time.Millisecond)
	return s
}

// nation is every port with that many systems, some of them in trouble, drawn from the seed.
func nation(systems int, seed uint64) *fixture {
	random := rand.New(rand.NewPCG(seed, seed))
	v := &dashboard.Overview{Cut: dashboard.Cut{At: noon, Zone: newYork()}}
	for i := range systems {
		s := tpacSystem()
		if i > 0 {
			s.ID, s.Name = portolan.SystemID(fmt.Sprintf("system-%d", i+1)), fmt.Sprintf("Screening system number %d", i+1)
		}
		s.Ports = dashboard.Counts{}
		v.Systems = append(v.Systems, s)
	}
	offices := strings.Fields("Atlanta Baltimore Boston Buffalo Chicago Detroit El-Paso Houston Laredo Los-Angeles Miami New-Orleans New-York Portland Preclearance San-Diego San-Francisco San-Juan Seattle Tucson")
	for i := range 477 {
		p := dashboard.Port{Port: portolan.Port{
			Code: portolan.PortCode(fmt.Sprintf("X%04d", i)), Name: fmt.Sprintf("Placeholder port %d", i), Kind: portolan.Land,
			Office: strings.ReplaceAll(offices[i%len(offices)], "-", " "), Zone: "America/Chicago", Placeholder: true,
		}}
		for j := range v.Systems {
			cell := drawnCell(random, v.Systems[j].ID)
			v.Systems[j].Ports.Count(cell.State)
			p.Cells = append(p.Cells, cell)
		}
		v.Ports = append(v.Ports, p)
		for k := range 2 {
			v.Agents = append(v.Agents, dashboard.Agent{ID: portolan.AgentID(fmt.Sprintf("%s-%d", p.Code, k+1)), LastHeard: ago(time.Duration(random.IntN(15)) * time.Second), Silent: random.IntN(300) == 0})
		}
	}
	return &fixture{overview: v}
}

func drawnCell(random *rand.Rand, system portolan.SystemID) dashboard.Cell {
	cell := upCell(system)
	switch random.IntN(120) {
	case 0:
		cell = downCell()
	case 1:
		cell = slowCell()
	case 2:
		cell.State, cell.Monitored, cell.LastHour = portolan.Unmonitored, 0, strip(segment(60, 22, portolan.Up), segment(22, 0, portolan.Unmonitored))
	}
	cell.System = system
	return cell
}
