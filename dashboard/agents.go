package dashboard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"portolan"
)

// agentsView is the agents that the page lists, those in trouble first.
type agentsView struct {
	Rows  []agentRow
	Total int
	Text  string // "2 of 3 agents report; 1 is silent"
	Rest  int    // agents that are not listed
}

// agentRow is one agent.
type agentRow struct {
	ID      portolan.AgentID
	Port    portolan.PortCode
	Status  string
	Class   string // good, warn or bad
	Used    string // class of the workstation
	Heard   moment
	Backlog string
	Offset  string
}

// viewAgents lists up to most agents, and those in trouble beyond that.
func viewAgents(c *clock, agents []Agent, zones map[portolan.PortCode]*time.Location, most int) agentsView {
	v := agentsView{Total: len(agents)}
	sorted := slices.Clone(agents)
	slices.SortFunc(sorted, func(a, b Agent) int {
		return cmp.Or(agentRank(a)-agentRank(b), strings.Compare(string(a.ID), string(b.ID)))
	})
	var silent, stopped int
	for _, a := range sorted {
		switch {
		case a.Silent:
			silent++
		case a.Stopped:
			stopped++
		}
		if len(v.Rows) < most || agentRank(a) < quietAgent && len(v.Rows) < mostAgents {
			v.Rows = append(v.Rows, viewAgent(c, a, zones[a.ID.Port()]))
		}
	}
	v.Rest = v.Total - len(v.Rows)
	v.Text = agentsWords(v.Total, silent, stopped)
	return v
}

// zonesOf returns the zone of each port.
func zonesOf(c *clock, ports []Port) map[portolan.PortCode]*time.Location {
	zones := make(map[portolan.PortCode]*time.Location, len(ports))
	for _, p := range ports {
		zones[p.Code] = c.zone(p.Zone)
	}
	return zones
}

const (
	quietAgent = 3
	// When a whole fleet falls silent, a page that lists it all tells no more.
	mostAgents = 100
)

// agentRank orders agents: those in trouble below quietAgent, the worst first.
func agentRank(a Agent) int {
	switch {
	case a.Silent:
		return 0
	case a.Stopped:
		return 1
	case a.Backlog > 0 || a.Offset.Abs() > time.Second:
		return 2
	default:
		return quietAgent
	}
}

func agentsWords(total, silent, stopped int) string {
	if total == 0 {
		return "No agent is enrolled yet."
	}
	text := fmt.Sprintf("%d of %s heard from in time", total-silent-stopped, plural(total, "agent"))
	if silent > 0 {
		text += fmt.Sprintf("; %d silent", silent)
	}
	if stopped > 0 {
		text += fmt.Sprintf("; %d stopped on purpose", stopped)
	}
	return text + "."
}

func viewAgent(c *clock, a Agent, zone *time.Location) agentRow {
	r := agentRow{
		ID: a.ID, Port: a.ID.Port(), Used: string(a.Class), Heard: c.at(a.LastHeard, zone),
		Backlog: "none", Offset: "within 1 s", Status: "Reporting", Class: "good",
	}
	if a.Backlog > 0 {
		r.Backlog = plural(int(a.Backlog), "result")
		r.Status, r.Class = "Catching up", "warn"
	}
	if a.Offset.Abs() > time.Second {
		r.Offset = offBy(a.Offset)
	}
	switch {
	case a.Silent:
		r.Status, r.Class = "Silent", "bad"
	case a.Stopped:
		r.Status, r.Class = "Stopped", "warn"
	}
	return r
}

// offBy says how a clock stands to the center's; offset is the center's minus this one.
func offBy(offset time.Duration) string {
	if offset < 0 {
		return long(-offset) + " ahead"
	}
	return long(offset) + " behind"
}
