package projection

import (
	"maps"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/availability"
)

// SeriesNow is one series with its current state.
type SeriesNow struct {
	Series  portolan.Series
	Planned portolan.PlannedSeries
	Current
}

// AgentNow is one agent with what it monitors now.
type AgentNow struct {
	Agent   portolan.AgentID
	HeardAt portolan.Instant // by the collector's clock; zero if it never was
	Backlog uint64           // records that it holds and that are no longer live, as of its last batch
	Lost    uint64           // results that it dropped to stay within its bounds
	Offset  time.Duration    // of the collector's clock from its own; zero if not known
	Stopped bool             // said farewell
	Silent  bool
	Plan    *portolan.Plan // nil if not known
	Series  []SeriesNow    // those of its plan, by system and transaction
}

// Class returns the class of the agent's workstation, empty if it is not stated or not known.
func (a *AgentNow) Class() portolan.WorkstationClass {
	if a.Plan == nil {
		return ""
	}
	return a.Plan.Class
}

// System returns the agent's state for a system: the worst of its transactions, with the spell and symptom of that one.
func (a *AgentNow) System(id portolan.SystemID) (now Current, planned bool) {
	for _, s := range a.Series {
		if s.Series.System != id {
			continue
		}
		if !planned || s.State > now.State || s.State == now.State && s.Since < now.Since {
			now = s.Current
		}
		planned = true
	}
	return now, planned
}

// missedSendings is how many sendings an agent must miss to be silent (design 4).
const missedSendings = 3

// Agents returns every agent that ever sent a batch, by name, as it is at an instant; every is how often agents send.
func (p *Projection) Agents(now portolan.Instant, every time.Duration) []AgentNow {
	return p.agentsNow(now, every, func(a *agentState, n *AgentNow) {
		if n.Plan != nil {
			n.Series = a.seriesNow(n.Plan, now, every)
		}
	})
}

// AgentsHeard is Agents without their series, which are many.
func (p *Projection) AgentsHeard(now portolan.Instant, every time.Duration) []AgentNow {
	return p.agentsNow(now, every, func(*agentState, *AgentNow) {})
}

func (p *Projection) agentsNow(now portolan.Instant, every time.Duration, more func(*agentState, *AgentNow)) []AgentNow {
	p.mu.RLock()
	defer p.mu.RUnlock()
	agents := make([]AgentNow, 0, len(p.folder.agents))
	for _, id := range slices.Sorted(maps.Keys(p.folder.agents)) {
		a := p.folder.agents[id]
		agents = append(agents, AgentNow{
			Agent: id, HeardAt: a.heard.at, Backlog: a.heard.backlog, Lost: a.heard.lost, Offset: a.heard.offset,
			Stopped: a.heard.stopped, Plan: p.folder.plans[a.plan],
		})
		more(a, &agents[len(agents)-1])
	}
	markSilent(agents, now, p.facts.UpSince(), every)
	return agents
}

func (a *agentState) seriesNow(plan *portolan.Plan, now portolan.Instant, every time.Duration) []SeriesNow {
	all := make([]SeriesNow, 0, len(plan.Series))
	for _, planned := range plan.Series {
		name := portolan.Series{Agent: a.id, System: planned.System, Transaction: planned.Transaction}
		s := SeriesNow{Series: name, Planned: planned}
		if t := a.byName[name]; t != nil {
			s.Current = t.live.at(now, every)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b SeriesNow) int { return compareSeries(a.Series, b.Series) })
	return all
}

// markSilent marks the agents that were not heard for three sendings.
//
// Design 4: "an agent is silent after 3 missed sendings, counted only over time in which a collector was up (journal)
// and other agents were heard."
func markSilent(agents []AgentNow, now, upSince portolan.Instant, every time.Duration) {
	var newest, second portolan.Instant // when agents were heard last
	for i := range agents {
		if at := agents[i].HeardAt; at > newest {
			newest, second = at, newest
		} else {
			second = max(second, at)
		}
	}
	for i := range agents {
		others := now // one agent alone has no others to be heard
		if len(agents) > 1 {
			others = newest.Add(every)
			if agents[i].HeardAt == newest {
				others = second.Add(every)
			}
		}
		since := max(agents[i].HeardAt, upSince)
		agents[i].Silent = !agents[i].Stopped && min(now, others).Sub(since) > missedSendings*every
	}
}

// PortNow is one system at one port.
type PortNow struct {
	Port   portolan.PortCode
	System portolan.SystemID
	State  portolan.State
	// Since is the start of the spell of the agent that has been in the port's state the longest.
	Since portolan.Instant
	// Symptom is what most affected agents see; its zero value if none is affected. Took and Limit belong to it.
	Symptom     portolan.Symptom
	Took, Limit time.Duration
	// DataAge is that of the oldest data behind the agents' answers; zero if none is measured.
	DataAge time.Duration
	// Affected of Monitored agents are slow or down.
	Affected, Monitored int
	Agents              []AgentState
}

// AgentState is one agent's state for one system.
type AgentState struct {
	Agent portolan.AgentID
	Class portolan.WorkstationClass // of its workstation
	Current
}

// ClassNow is one system on a port's workstations of one class.
type ClassNow struct {
	Class portolan.WorkstationClass
	// Affected of Monitored agents are slow or down.
	Affected, Monitored int
}

// Classes returns the system's state by class of workstation, sorted; none if no workstation's is stated.
func (c *PortNow) Classes() []ClassNow {
	var all []ClassNow
	for _, a := range c.Agents {
		at, known := slices.BinarySearchFunc(all, a.Class, func(n ClassNow, class portolan.WorkstationClass) int {
			return strings.Compare(string(n.Class), string(class))
		})
		switch {
		case a.Class == "":
			continue
		case !known:
			all = slices.Insert(all, at, ClassNow{Class: a.Class})
		}
		if a.State != portolan.Unmonitored {
			all[at].Monitored++
		}
		if a.State >= portolan.SlowState {
			all[at].Affected++
		}
	}
	return all
}

// PortStates returns the state of every system at every port that is to be monitored there, by port and system.
func PortStates(agents []AgentNow) []PortNow {
	type key struct {
		port   portolan.PortCode
		system portolan.SystemID
	}
	cells := map[key]*PortNow{}
	for i := range agents {
		for _, s := range agents[i].Series {
			k := key{agents[i].Agent.Port(), s.Series.System}
			cell := cells[k]
			if cell == nil {
				cell = &PortNow{Port: k.port, System: k.system}
				cells[k] = cell
			}
			if n := len(cell.Agents); n > 0 && cell.Agents[n-1].Agent == agents[i].Agent {
				continue
			}
			now, _ := agents[i].System(k.system)
			cell.Agents = append(cell.Agents, AgentState{agents[i].Agent, agents[i].Class(), now})
		}
	}
	var all []PortNow
	for _, cell := range cells {
		cell.sum()
		all = append(all, *cell)
	}
	slices.SortFunc(all, func(a, b PortNow) int {
		return strings.Compare(string(a.Port)+"/"+string(a.System), string(b.Port)+"/"+string(b.System))
	})
	return all
}

// sum fills in what follows from the agents.
func (c *PortNow) sum() {
	states := make([]portolan.State, len(c.Agents))
	for i, a := range c.Agents {
		states[i] = a.State
	}
	c.State, c.Affected, c.Monitored = availability.PortState(states)
	votes := map[portolan.Symptom]int{}
	for _, a := range c.Agents {
		c.DataAge = max(c.DataAge, a.DataAge)
		if a.State >= c.State && a.Since != 0 && (c.Since == 0 || a.Since < c.Since) {
			c.Since = a.Since
		}
		if a.State < portolan.SlowState {
			continue
		}
		votes[a.Symptom]++
		if votes[a.Symptom] > votes[c.Symptom] || votes[a.Symptom] == 1 && len(votes) == 1 {
			c.Symptom, c.Took, c.Limit = a.Symptom, a.Took, a.Limit
		}
	}
}
