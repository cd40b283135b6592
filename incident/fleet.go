package incident

import (
	"fmt"
	"iter"
	"time"

	"portolan"
)

// Systems says who answers for each system of the catalogue.
type Systems map[portolan.SystemID]string

// fleet is the agents, and what each result of theirs is evidence for.
type fleet struct {
	ports      map[portolan.PortCode]*place
	agents     map[portolan.AgentID]*member
	components map[portolan.SystemID]*component
	cells      map[cellKey]*cell
	rate       float64 // results a second
	// unheardFor is how long at most nothing is heard of a result: what is news is sent at once, what is as before with the
	// agent's next sending.
	unheardFor time.Duration
}

// place is a port with its agents.
type place struct {
	portolan.Port
	zone   *time.Location
	agents []*member
}

// member is one agent.
type member struct {
	id     portolan.AgentID
	at     *place
	series []*series
	sights []*sight         // what its series see of components, each once
	silent portolan.Instant // since when nothing is heard of it, zero if it is heard
	left   bool             // with a farewell, and not heard since
	back   portolan.Instant // when it was heard after the last silence, zero if there was none
}

// series is one agent's transaction, and the tests that its results count in.
type series struct {
	name      portolan.Series
	agent     *member
	exposures []exposure
	steps     []portolan.PlannedStep
	rate      float64
	notice    portolan.Instant // start of the run that the last notice was of
	last      portolan.Instant // start of the newest result
	bad       *badRun          // the newest run; nil if it was good
	// usual is the usual logarithm of its good runs' duration; zero until it is known.
	usual float64
}

// badRun is what is kept of a bad run, that an incident which is found later may count it.
type badRun struct {
	start   portolan.Instant
	symptom portolan.Symptom
}

// exposure says that a series' results tell of a component.
type exposure struct {
	*sight
	own  bool // it is the series' own system
	step int  // the number of the first step that exercises it; zero for the own system and the network
}

// sight is a component as one agent sees it: the tests that its results count in. Its series share it.
type sight struct {
	component *component
	cells     [levels]*cell
}

type cellKey struct {
	scope  Scope
	system portolan.SystemID
}

func newFleet(sendInterval time.Duration) fleet {
	return fleet{
		unheardFor: sendInterval + transfer,
		ports:      map[portolan.PortCode]*place{}, agents: map[portolan.AgentID]*member{},
		components: map[portolan.SystemID]*component{}, cells: map[cellKey]*cell{},
	}
}

// setPort makes a port known, or known anew.
func (f *fleet) setPort(p portolan.Port) error {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return fmt.Errorf("port %q: load zone: %w", p.Code, err)
	}
	known := f.place(p.Code)
	known.Port, known.zone = p, zone
	return nil
}

// place returns the port of that code, which stays nameless and in UTC until setPort tells more.
func (f *fleet) place(code portolan.PortCode) *place {
	p := f.ports[code]
	if p == nil {
		p = &place{Port: portolan.Port{Code: code}, zone: time.UTC}
		f.ports[code] = p
	}
	return p
}

// assign makes known what an agent runs; what it ran before is forgotten.
func (f *fleet) assign(agent portolan.AgentID, plan *portolan.Plan) {
	m := f.agents[agent]
	if m == nil {
		m = &member{id: agent, at: f.place(plan.Port)}
		m.at.agents = append(m.at.agents, m)
		f.agents[agent] = m
	}
	for _, s := range m.series {
		f.rate -= s.rate
		for c := range s.cells() {
			c.rate -= s.rate
		}
	}
	m.series, m.sights = nil, nil
	for i := range plan.Series {
		f.addSeries(m, &plan.Series[i])
	}
}

// cronRate is the rate that a series by cron is taken to have: results a second.
const cronRate = 1.0 / 3600

func (f *fleet) addSeries(m *member, p *portolan.PlannedSeries) {
	s := &series{name: portolan.Series{Agent: m.id, System: p.System, Transaction: p.Transaction}, agent: m, steps: p.Steps, rate: cronRate}
	if p.Interval > 0 {
		s.rate = 1 / p.Interval.Seconds()
	}
	f.rate += s.rate
	s.exposures = append(s.exposures, exposure{sight: f.see(m, "")}, exposure{sight: f.see(m, p.System), own: true})
	for n, step := range p.Steps {
		if step.Dependency != "" && s.exposure(step.Dependency) == nil {
			s.exposures = append(s.exposures, exposure{sight: f.see(m, step.Dependency), step: n})
		}
	}
	for c := range s.cells() {
		c.rate += s.rate
	}
	m.series = append(m.series, s)
}

// find returns a series, nil if it is not known.
func (f *fleet) find(name *portolan.Series) *series {
	m := f.agents[name.Agent]
	if m == nil {
		return nil
	}
	for _, s := range m.series {
		if s.name.System == name.System && s.name.Transaction == name.Transaction {
			return s
		}
	}
	return nil
}

// exposure returns what the series tells of a component, nil if nothing.
func (s *series) exposure(system portolan.SystemID) *exposure {
	for i := range s.exposures {
		if s.exposures[i].component.system == system {
			return &s.exposures[i]
		}
	}
	return nil
}

// cells yields every test that the series' results count in.
func (s *series) cells() iter.Seq[*cell] {
	return func(yield func(*cell) bool) {
		for i := range s.exposures {
			for _, c := range s.exposures[i].cells {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// within returns the series that tell of a component in a scope.
func (f *fleet) within(scope Scope, system portolan.SystemID) (in []*series) {
	for _, m := range f.membersIn(scope) {
		for _, s := range m.series {
			if s.exposure(system) != nil {
				in = append(in, s)
			}
		}
	}
	return in
}

// membersIn returns the agents of a scope.
func (f *fleet) membersIn(scope Scope) (in []*member) {
	if p := f.ports[scope.Port]; p != nil && scope.Level == AtPort {
		return p.agents
	}
	if m := f.agents[scope.Agent]; m != nil && scope.Level == AtAgent {
		return []*member{m}
	}
	for id, m := range f.agents {
		if scope.Holds(id, &m.at.Port) {
			in = append(in, m)
		}
	}
	return in
}

// isOnePort reports whether no second port lies in a scope.
func (f *fleet) isOnePort(scope Scope) bool {
	ports := 0
	for _, p := range f.ports {
		if len(p.agents) > 0 && scope.Holds(scope.Agent, &p.Port) {
			ports++
		}
	}
	return ports < 2
}

// systemsOf returns the systems whose users a component concerns in a scope.
func (f *fleet) systemsOf(scope Scope, component portolan.SystemID) map[portolan.SystemID]bool {
	systems := map[portolan.SystemID]bool{}
	for _, s := range f.within(scope, component) {
		systems[s.name.System] = true
	}
	return systems
}

// component returns what is known of a system, or of what lies before all of them.
func (f *fleet) component(system portolan.SystemID) *component {
	c := f.components[system]
	if c == nil {
		c = newComponent(system, f.unheardFor)
		f.components[system] = c
	}
	return c
}

// see returns a component as an agent sees it.
func (f *fleet) see(m *member, system portolan.SystemID) *sight {
	for _, s := range m.sights {
		if s.component.system == system {
			return s
		}
	}
	c := f.component(system)
	seen := &sight{component: c}
	for i, scope := range scopesOf(m.id, &m.at.Port) {
		key := cellKey{scope, system}
		if f.cells[key] == nil {
			f.cells[key] = &cell{scope: scope, component: c}
		}
		seen.cells[i] = f.cells[key]
	}
	m.sights = append(m.sights, seen)
	return seen
}
