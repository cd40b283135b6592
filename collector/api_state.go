package collector

import (
	"slices"
	"time"

	"portolan"
	"portolan/collector/projection"
	"portolan/targets"
)

type stateAnswer struct {
	At   time.Time  `json:"at"`
	Rows []stateRow `json:"rows"`
}

type stateRow struct {
	Port      portolan.PortCode `json:"port"`
	System    portolan.SystemID `json:"system"`
	State     portolan.State    `json:"state"`
	Since     *time.Time        `json:"since"` // null if it was never monitored
	Symptom   *portolan.Symptom `json:"symptom"`
	Affected  int               `json:"affected"`  // agents that are slow or down
	Monitored int               `json:"monitored"` // of so many whose state is known
	Classes   []classRow        `json:"classes"`   // by class of workstation, of those that state one
	Agents    []agentStateRow   `json:"agents"`
}

type classRow struct {
	Class     portolan.WorkstationClass `json:"class"`
	Affected  int                       `json:"affected"`
	Monitored int                       `json:"monitored"`
}

type agentStateRow struct {
	Agent       portolan.AgentID          `json:"agent"`
	Class       portolan.WorkstationClass `json:"class,omitempty"`
	State       portolan.State            `json:"state"`
	Since       *time.Time                `json:"since"`
	Symptom     *portolan.Symptom         `json:"symptom"`
	Provisional bool                      `json:"provisional"` // a run in progress passed its objective
}

func (c *collector) serveState(r *call) (any, error) {
	ports, systems := r.params.ports(), r.params.systems()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	agents := c.projection.Agents(r.now, c.around.Load().config.SendInterval)
	out := stateAnswer{At: r.now.Time(), Rows: []stateRow{}}
	for _, cell := range projection.PortStates(agents) {
		if wanted(ports, cell.Port) && wanted(systems, cell.System) {
			out.Rows = append(out.Rows, stateOf(&cell))
		}
	}
	return out, nil
}

func wanted[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func stateOf(cell *projection.PortNow) stateRow {
	row := stateRow{
		Port: cell.Port, System: cell.System, State: cell.State, Since: timeOf(cell.Since),
		Symptom: symptomOf(cell.Symptom), Affected: cell.Affected, Monitored: cell.Monitored, Classes: []classRow{},
	}
	for _, n := range cell.Classes() {
		row.Classes = append(row.Classes, classRow(n))
	}
	for _, a := range cell.Agents {
		row.Agents = append(row.Agents, agentStateRow{
			Agent: a.Agent, Class: a.Class, State: a.State, Since: timeOf(a.Since), Symptom: symptomOf(a.Symptom), Provisional: a.Provisional,
		})
	}
	return row
}

// timeOf returns an instant as a time, nil for none.
func timeOf(at portolan.Instant) *time.Time {
	if at == 0 {
		return nil
	}
	t := at.Time()
	return &t
}

func symptomOf(s portolan.Symptom) *portolan.Symptom {
	if s == (portolan.Symptom{}) {
		return nil
	}
	return &s
}

type agentsAnswer struct {
	Rows []agentRow `json:"rows"`
}

type agentRow struct {
	Agent              portolan.AgentID          `json:"agent"`
	Port               portolan.PortCode         `json:"port"`
	Class              portolan.WorkstationClass `json:"class,omitempty"` // of its workstation, as its plan states it
	Enrolled           *time.Time                `json:"enrolled"`
	Revoked            *time.Time                `json:"revoked"`
	CertificateExpires *time.Time                `json:"certificate_expires"`
	LastSeen           *time.Time                `json:"last_seen"`
	Silent             bool                      `json:"silent"`
	Stopped            bool                      `json:"stopped"` // said farewell
	BacklogResults     uint64                    `json:"backlog_results"`
	LostResults        uint64                    `json:"lost_results"`
	ClockOffsetSeconds float64                   `json:"clock_offset_seconds"`
	Series             int                       `json:"series"` // that it is to run
}

// serveAgents lists every agent that was enrolled, whether it was ever heard or not.
func (c *collector) serveAgents(r *call) (any, error) {
	ports := r.params.ports()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	heard := map[portolan.AgentID]*projection.AgentNow{}
	now := c.projection.Agents(r.now, c.around.Load().config.SendInterval)
	for i := range now {
		heard[now[i].Agent] = &now[i]
	}
	out := agentsAnswer{Rows: []agentRow{}}
	for _, a := range c.registry.Agents() {
		if !wanted(ports, a.Port) {
			continue
		}
		row := agentRow{
			Agent: a.Agent, Port: a.Port, Enrolled: timeOf(a.EnrolledAt), Revoked: timeOf(a.RevokedAt),
			CertificateExpires: timeOf(a.ValidUntil), LastSeen: timeOf(a.HeardAt),
		}
		if h := heard[a.Agent]; h != nil {
			row.LastSeen = timeOf(max(a.HeardAt, h.HeardAt))
			row.Class = h.Class()
			row.Silent, row.Stopped = h.Silent, h.Stopped
			row.BacklogResults, row.LostResults = h.Backlog, h.Lost
			row.ClockOffsetSeconds, row.Series = h.Offset.Seconds(), len(h.Series)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

type portsAnswer struct {
	Rows []portolan.Port `json:"rows"`
}

func (c *collector) servePorts(r *call) (any, error) {
	if err := r.params.err(); err != nil {
		return nil, err
	}
	return portsAnswer{Rows: slices.Concat([]portolan.Port{}, c.around.Load().ports)}, nil
}

type systemsAnswer struct {
	Rows []systemRow `json:"rows"`
}

type systemRow struct {
	System       portolan.SystemID   `json:"system"`
	Name         string              `json:"name"`
	Owner        string              `json:"owner"`
	Contact      string              `json:"contact"`
	Objective    objectiveRow        `json:"objective"`
	Clocks       []clockRow          `json:"clocks"`
	Dependencies []dependencyRow     `json:"dependencies"`
	Backups      []portolan.SystemID `json:"backups"`
	Transactions []transactionRow    `json:"transactions"`
}

type objectiveRow struct {
	Availability  float64 `json:"availability"`
	WindowSeconds float64 `json:"window_seconds"`
}

// clockRow is a limit on the users' own work that the system's speed bears on: stated, not measured.
type clockRow struct {
	Clock        string  `json:"clock"`
	Title        string  `json:"title"`
	LimitSeconds float64 `json:"limit_seconds"`
	Source       string  `json:"source"`
}

type dependencyRow struct {
	System portolan.SystemID `json:"system"`
	Owner  string            `json:"owner"`
}

type transactionRow struct {
	Transaction     portolan.TransactionID `json:"transaction"`
	Title           string                 `json:"title"`
	Revision        string                 `json:"revision"`
	Share           uint32                 `json:"share"`
	IntervalSeconds float64                `json:"interval_seconds,omitempty"`
	Cron            string                 `json:"cron,omitempty"`
	Zone            string                 `json:"zone,omitempty"`
	LatencySeconds  float64                `json:"latency_seconds"`
	TimeoutSeconds  float64                `json:"timeout_seconds"`
	Where           portolan.Where         `json:"where,omitzero"` // absent for every port
	Steps           []stepRow              `json:"steps"`
}

type stepRow struct {
	Step       portolan.StepID   `json:"step"`
	Title      string            `json:"title"`
	Dependency portolan.SystemID `json:"dependency,omitempty"`
}

func (c *collector) serveSystems(r *call) (any, error) {
	if err := r.params.err(); err != nil {
		return nil, err
	}
	out := systemsAnswer{Rows: []systemRow{}}
	for _, s := range c.around.Load().catalogue.Systems {
		out.Rows = append(out.Rows, systemOf(s))
	}
	return out, nil
}

func systemOf(s *targets.System) systemRow {
	row := systemRow{
		System: s.ID, Name: s.Name, Owner: s.Owner.Organization, Contact: s.Owner.Contact,
		Objective:    objectiveRow{s.Objective.Availability, s.Objective.Window.Seconds()},
		Clocks:       []clockRow{},
		Dependencies: []dependencyRow{}, Backups: append([]portolan.SystemID{}, s.Backups...), Transactions: []transactionRow{},
	}
	for _, clock := range s.Clocks {
		row.Clocks = append(row.Clocks, clockRow{clock.ID, clock.Title, clock.Limit.Seconds(), clock.Source})
	}
	for _, d := range s.Dependencies {
		row.Dependencies = append(row.Dependencies, dependencyRow{d.System, d.Owner})
	}
	for _, t := range s.Transactions {
		transaction := transactionRow{
			Transaction: t.ID, Title: t.Title, Revision: t.Revision.String(), Share: t.Share,
			IntervalSeconds: t.Interval.Seconds(), Cron: t.Cron, Zone: t.Zone,
			LatencySeconds: t.Latency.Seconds(), TimeoutSeconds: t.Timeout.Seconds(), Where: t.Where,
		}
		for _, step := range t.Steps {
			transaction.Steps = append(transaction.Steps, stepRow{step.ID, step.Title, step.Dependency})
		}
		row.Transactions = append(row.Transactions, transaction)
	}
	return row
}
