package dashboard

import (
	"context"
	"errors"
	"time"

	"portolan"
	"portolan/incident"
)

// ErrNotFound is returned by a Source that knows no such port or system.
var ErrNotFound = errors.New("not found")

// Source is what the central pages draw. Each call returns one consistent cut; the page prints what it
// is given, works out ages from the cut's own time, and computes no figure.
type Source interface {
	// Overview returns all ports x systems.
	Overview(ctx context.Context) (*Overview, error)
	// Port returns one port with its agents, series and recent runs; ErrNotFound if there is none.
	Port(ctx context.Context, code portolan.PortCode) (*PortDetail, error)
	// System returns one system at all its ports; ErrNotFound if there is none.
	System(ctx context.Context, id portolan.SystemID) (*SystemDetail, error)
	// Record returns what agents sent and was not taken in.
	Record(ctx context.Context) (*Record, error)
	// Incidents returns the incidents that are open, and those of late.
	Incidents(ctx context.Context) (*Incidents, error)
	// Reports returns the monthly reports that were issued.
	Reports(ctx context.Context) (*Reports, error)
	Acts
}

// PortSource is what the agent's own page draws, from what the workstation itself holds: it never waits
// for the center.
type PortSource interface {
	Workstation(ctx context.Context) (*Workstation, error)
}

// Cut is the stored state that a page shows.
type Cut struct {
	At   portolan.Instant // when it was taken; ages on the page count from here
	Name string           // the cut as exports and reports name it (design 3.12); empty if it has none
	// Zone is where times that belong to no port are shown; nil for UTC.
	Zone *time.Location
}

// Overview is all ports x systems now.
type Overview struct {
	Cut     Cut
	Systems []System            // in the order in which the page shows them
	Ports   []Port              // any order: the page groups by office and sorts the worst first
	Agents  []Agent             // any order
	Orders  portolan.Directives // which systems are left alone or asked less often
	// Incidents are those that are open, oldest first.
	Incidents []incident.Incident
	Changes   []Change // of the last two weeks, newest first
}

// Incidents is what happened, and what officers reported.
type Incidents struct {
	Cut        Cut
	Open, Past []incident.Incident // newest first
	More       bool                // there are older ones
	Signals    []Signal            // of the last day, newest first
}

// Reports is the monthly reports.
type Reports struct {
	Cut     Cut
	Current string // the month that is not over
	// Scheduled says that months are issued when they are over; else Last is the newest month that is.
	Scheduled bool
	Last      string
	Issued    []Report // newest first
}

// Report is one revision of a month's report.
type Report struct {
	Month    string // "2017-01"
	Revision int
	Made     portolan.Instant
	Page     string // address of the document
	Figures  string // address of its figures as JSON
}

// System is one screening system over all ports.
type System struct {
	ID           portolan.SystemID
	Name         string
	Owner        string
	Objective    portolan.Objective
	Dependencies []Dependency
	Clocks       []Clock
	Ports        Counts // how many ports are in which state
	LastHour     Strip  // the state over all ports
	Figures      Figures
}

// Clock is a limit on the users' own work that a slow system endangers: stated, not measured.
type Clock struct {
	Title  string
	Limit  time.Duration
	Source string // who set it, or found it
}

// Dependency is a system that another one leans on.
type Dependency struct {
	ID    portolan.SystemID
	Owner string
}

// Counts says how many are in which state.
type Counts struct {
	Up, Slow, Down, Unmonitored int
}

// Port is one port with each system that is monitored there.
type Port struct {
	portolan.Port
	Cells []Cell
}

// Cell is one system at one port.
type Cell struct {
	System portolan.SystemID
	State  portolan.State
	// Since is the start of the spell in that state; zero if it was never monitored.
	Since portolan.Instant
	// Symptom is the one that most affected agents see; nil if none of them is slow or down.
	Symptom *Symptom
	// Affected of Monitored agents are slow or down; Agents are all that should run there.
	Affected, Monitored, Agents int
	Classes                     []ClassCount // by class of workstation, of those that state one
	LastHour                    Strip
	Figures                     Figures
}

// ClassCount says how many of a port's agents on workstations of one class are slow or down.
type ClassCount struct {
	Class               portolan.WorkstationClass
	Affected, Monitored int
}

// Symptom is what agents saw, with what is needed to say it in plain words.
type Symptom struct {
	portolan.Symptom
	// Took is how long the step took, or the whole run if the symptom names no step.
	Took time.Duration
	// Limit is what Took should have stayed under: the objective of a late answer, zero otherwise.
	Limit time.Duration
}

// Strip is a stretch of time as spells, ascending and without overlap. What no segment covers was not
// yet in service.
type Strip struct {
	Span     portolan.Span
	Segments []Segment
}

// Segment is a stretch in one state.
type Segment struct {
	Span  portolan.Span
	State portolan.State
}

// Figures are the published figures for the three windows that the pages show.
type Figures struct {
	Today Figure // since midnight in the page's zone
	Day   Figure // the last 24 hours
	Month Figure // since the first of the month in the page's zone
}

// Figure is the availability in one window as the source computed it (design 3.5 to 3.9).
type Figure struct {
	// EndUser and Conventional are nil where the figure does not exist; Why then says why.
	EndUser, Conventional *Ratio
	Why                   string
	Coverage              float64 // 0 to 1: the share of the window in which series were monitored
	Weight                portolan.Weight
	Difference            Difference // conventional minus end-user, split; the parts sum to it
	Provisional           bool       // late evidence may still change it without a new revision
	Revision              int
}

// Ratio is a figure from 0 to 1 with its bounds.
type Ratio struct {
	Value, Low, High float64
}

// Difference splits what the conventional figure leaves out.
type Difference struct {
	Maintenance, Slow, Dependency, Network, Other float64
}

// Agent is one agent as the center knows it.
type Agent struct {
	ID        portolan.AgentID
	Class     portolan.WorkstationClass // empty if none is stated
	LastHeard portolan.Instant          // zero: never
	Backlog   uint64                    // results that it holds and that are no longer news, as of its last batch
	Silent    bool                      // three sendings missed (design 4)
	Stopped   bool                      // said farewell
	Offset    time.Duration             // the center's clock minus the agent's; zero if not known
}

// PortDetail is one port in full.
type PortDetail struct {
	Cut     Cut
	Port    Port
	Systems []System // those of the port's cells
	Agents  []Agent
	Series  []Series
	// Incidents are those that are open and concern the port.
	Incidents []incident.Incident
	Advice    []Advice // by primary system
	Signals   []Signal // of the port in the last day, newest first
}

// SystemDetail is one system in full.
type SystemDetail struct {
	Cut          Cut
	System       System
	Transactions []Transaction
	Ports        []Port // each with the one cell of this system
}

// Transaction is a transaction as its definition reads, and as agents run it.
type Transaction struct {
	ID       portolan.TransactionID
	Title    string
	Interval time.Duration // zero if Schedule is set
	Longest  time.Duration // of the intervals, where agents have different ones and Interval is the shortest
	Schedule string        // cron expression with its zone
	Latency  time.Duration
	Timeout  time.Duration
	Where    portolan.Where
	Steps    []Step
}

// Step is a step as its definition reads.
type Step struct {
	ID         portolan.StepID
	Title      string
	Dependency portolan.SystemID
}

// Series is one agent x one transaction with its recent runs.
type Series struct {
	Agent       portolan.AgentID
	System      portolan.SystemID
	SystemName  string
	Transaction Transaction
	State       portolan.State
	Since       portolan.Instant
	Symptom     *Symptom
	LastHour    Strip
	// Runs are the latest, newest first; the first is drawn as a waterfall.
	Runs []Run
}

// Run is one result with how it came.
type Run struct {
	portolan.Result
	Lane portolan.Lane // LaneUnknown on the agent's own page
}

// Record is what agents sent and was not taken in.
type Record struct {
	Cut    Cut
	Asides []Aside // newest first
	More   bool    // there are older ones
}

// Aside is a batch that was set aside.
type Aside struct {
	ID         int64 // what the API gives its bytes by; zero for one that waits among the evidence
	Agent      portolan.AgentID
	Number     uint64
	Reason     string // its code
	Detail     string // what exactly was wrong with it
	ReceivedAt portolan.Instant
	Size       int64 // bytes
}

// Workstation is what an agent knows by itself.
type Workstation struct {
	Now     portolan.Instant
	Agent   portolan.AgentID
	Port    portolan.Port
	Started portolan.Instant
	Center  Center
	Spool   Spool
	Series  []Series
	// Advice is what the port should do, by primary system; Seen says whose word it rests on.
	Advice []Advice
	Seen   string
	Orders portolan.Directives // that this agent follows
}

// Center is the link to the collector as the agent sees it.
type Center struct {
	URL         string
	LastReached portolan.Instant // last acknowledgment; zero: never since the spool was made
	LastError   string           // why the last try failed; empty if it did not
	// Offset is the center's clock minus this one, good to within Uncertainty and agreed ClockAge ago;
	// ClockAge is negative if they never agreed.
	Offset, Uncertainty, ClockAge time.Duration
}

// Spool is what the agent holds on disk.
type Spool struct {
	Pending uint64 // results not yet acknowledged
	Bytes   int64
	Oldest  portolan.Instant // start of the oldest pending result; zero if none
	Lost    uint64           // results lost here, since the agent started
	Err     string           // why it cannot be written, if so
}
