package collector

import (
	"cmp"
	"slices"

	"portolan"
	"portolan/availability"
	"portolan/collector/projection"
	"portolan/dashboard"
	"portolan/targets"
)

func (s *scene) system(system *targets.System) dashboard.System {
	d := dashboard.System{
		ID: system.ID, Name: system.Name, Owner: system.Owner.Organization, Objective: system.Objective,
		Figures:  s.figures.overall[system.ID],
		LastHour: s.strip(func(name portolan.Series) bool { return name.System == system.ID }),
	}
	for _, clock := range system.Clocks {
		d.Clocks = append(d.Clocks, dashboard.Clock{Title: clock.Title, Limit: clock.Limit, Source: clock.Source})
	}
	for _, dependency := range system.Dependencies {
		d.Dependencies = append(d.Dependencies, dashboard.Dependency{ID: dependency.System, Owner: dependency.Owner})
	}
	for _, cell := range s.cells {
		if cell.System == system.ID {
			d.Ports.Count(cell.State)
		}
	}
	return d
}

// port describes a port with its cells, of one system if only is not nil.
func (s *scene) port(port portolan.Port, only *portolan.SystemID) dashboard.Port {
	d := dashboard.Port{Port: port}
	for i := range s.cells {
		if cell := &s.cells[i]; cell.Port == port.Code && (only == nil || cell.System == *only) {
			d.Cells = append(d.Cells, s.cell(cell))
		}
	}
	return d
}

func (s *scene) cell(now *projection.PortNow) dashboard.Cell {
	cell := dashboard.Cell{
		System: now.System, State: now.State, Since: now.Since,
		Affected: now.Affected, Monitored: now.Monitored, Agents: len(now.Agents),
		Figures: s.figures.atPorts[cellName(now.Port, now.System)],
		LastHour: s.strip(func(name portolan.Series) bool {
			return name.System == now.System && name.Agent.Port() == now.Port
		}),
	}
	for _, n := range now.Classes() {
		cell.Classes = append(cell.Classes, dashboard.ClassCount(n))
	}
	if now.Affected > 0 {
		cell.Symptom = &dashboard.Symptom{Symptom: now.Symptom, Took: now.Took, Limit: now.Limit}
	}
	return cell
}

func (s *scene) agentList(port portolan.PortCode) []dashboard.Agent {
	var list []dashboard.Agent
	for i := range s.agents {
		a := &s.agents[i]
		if port != "" && a.Agent.Port() != port {
			continue
		}
		list = append(list, dashboard.Agent{
			ID: a.Agent, Class: a.Class(), LastHeard: a.HeardAt, Backlog: a.Backlog, Silent: a.Silent, Stopped: a.Stopped, Offset: a.Offset,
		})
	}
	return list
}

func (s *scene) series(port portolan.PortCode, runs map[portolan.Series][]dashboard.Run) []dashboard.Series {
	var list []dashboard.Series
	for i := range s.agents {
		if s.agents[i].Agent.Port() != port {
			continue
		}
		for _, now := range s.agents[i].Series {
			list = append(list, s.seriesOf(&now, runs[now.Series]))
		}
	}
	return list
}

func (s *scene) seriesOf(now *projection.SeriesNow, runs []dashboard.Run) dashboard.Series {
	name := now.Series
	d := dashboard.Series{
		Agent: name.Agent, System: name.System, SystemName: string(name.System),
		Transaction: dashboard.Transaction{ID: name.Transaction}, State: now.State, Since: now.Since, Runs: runs,
		LastHour: s.strip(func(other portolan.Series) bool { return other == name }),
	}
	if system := s.around.catalogue.System(name.System); system != nil {
		d.SystemName, d.Transaction = system.Name, transactionOf(system, name.Transaction)
	}
	runAs(&d.Transaction, &now.Planned)
	if now.State >= portolan.SlowState {
		d.Symptom = &dashboard.Symptom{Symptom: now.Symptom, Took: now.Took, Limit: now.Limit}
	}
	return d
}

// strip returns the states of the selected series together over the last hour: an agent's is the worst of its
// transactions, and over several agents design 3.10 decides.
func (s *scene) strip(selects func(portolan.Series) bool) dashboard.Strip {
	strip := dashboard.Strip{Span: s.span}
	var names []portolan.Series
	edges := []portolan.Instant{}
	for name, segments := range s.strips {
		if !selects(name) {
			continue
		}
		names = append(names, name)
		for _, segment := range segments {
			edges = append(edges, segment.Span.From, segment.Span.To)
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	for i := 1; i < len(edges); i++ {
		piece := portolan.Span{From: edges[i-1], To: edges[i]}
		if state, inService := s.stateIn(names, piece.From); inService {
			strip.Segments = appendState(strip.Segments, dashboard.Segment{Span: piece, State: state})
		}
	}
	return strip
}

func (s *scene) stateIn(names []portolan.Series, at portolan.Instant) (portolan.State, bool) {
	byAgent := map[portolan.AgentID][]portolan.State{}
	for _, name := range names {
		segments := s.strips[name]
		i, _ := slices.BinarySearchFunc(segments, at, func(g availability.Segment, at portolan.Instant) int {
			return cmp.Compare(g.Span.To, at+1)
		})
		if i < len(segments) && segments[i].Span.Contains(at) {
			byAgent[name.Agent] = append(byAgent[name.Agent], segments[i].Class.State())
		}
	}
	var states []portolan.State
	for _, transactions := range byAgent {
		states = append(states, availability.SystemState(transactions))
	}
	state, _, _ := availability.PortState(states)
	return state, len(states) > 0
}

func appendState(segments []dashboard.Segment, s dashboard.Segment) []dashboard.Segment {
	if n := len(segments); n > 0 && segments[n-1].State == s.State && segments[n-1].Span.To == s.Span.From {
		segments[n-1].Span.To = s.Span.To
		return segments
	}
	return append(segments, s)
}
