// Package report writes the month for people who were not there: what users had, system by system, beside the conventional
// figure and the one the office reported; incidents, who is to answer for their hours, and what was not measured.
//
// A Month is every figure that it tells, as it is kept and sent as JSON; whoever gathers one asks the functions of
// derive.go for what follows from its incidents. HTML, CSV and Text print it, Compare tells what a later revision changed.
//
// The package computes nothing but sums of what it is given: no clock, no I/O. It refuses to print a figure without its
// bounds, or one that does not exist.
package report

import (
	"time"

	"portolan"
	"portolan/incident"
)

// Month is what a month's report tells.
type Month struct {
	Month string    `json:"month"` // "2017-01"
	Zone  string    `json:"zone"`  // in which it begins and ends
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	AsOf  string    `json:"as_of"` // the cut of the evidence
	Made  time.Time `json:"made"`
	// Revision is how often the report was issued before; Changes is what is other than in the revision before.
	Revision int      `json:"revision"`
	Changes  []Change `json:"changes,omitempty"`
	// Provisional says that evidence in time may still change it.
	Provisional bool `json:"provisional"`
	// All is every system at every port together.
	All     Figure   `json:"all"`
	Systems []System `json:"systems"` // that were in service in the month, in the order of their names
	// Worst are the worst windows of all systems together.
	Worst     []Worst         `json:"worst_windows"`
	Months    []IssueMonth    `json:"months"` // the incidents of this month and the ones before, oldest first
	Ports     []Port          `json:"ports"`  // worst first
	Incidents []Incident      `json:"incidents"`
	Owners    []Owner         `json:"owners"` // most hours first
	Response  Response        `json:"response"`
	Work      []Work          `json:"maintenance"`
	Notes     []Note          `json:"annotations"`
	Effects   []Effect        `json:"effects"` // of changes in this month or shortly before
	Unseen    Unseen          `json:"unseen"`
	Latencies []Latency       `json:"latencies"`
	Weight    portolan.Weight `json:"weight"` // of All
}

// Bounded is a ratio with the least and the greatest that it could be; nil is a number that does not exist.
type Bounded struct {
	Ratio *float64 `json:"ratio"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	Why   string   `json:"why,omitempty"` // there is no ratio
}

// Difference is the parts of conventional minus end-user.
type Difference struct {
	Maintenance *float64 `json:"maintenance"`
	Slow        *float64 `json:"slow"`
	Dependency  *float64 `json:"dependency"`
	Network     *float64 `json:"network"`
	Other       *float64 `json:"other"`
}

// Figure is what a group had in a window, as the API answers it.
type Figure struct {
	EndUser            Bounded         `json:"end_user"`
	Conventional       Bounded         `json:"conventional"`
	WithoutMaintenance Bounded         `json:"without_maintenance"`
	IssueFree          Bounded         `json:"issue_free"`
	Issues             Issues          `json:"incidents"`
	Difference         Difference      `json:"difference"`
	Coverage           *float64        `json:"coverage"`
	Weight             portolan.Weight `json:"weight"`
	UpSeconds          float64         `json:"up_seconds"` // series-seconds, each series alike
	SlowSeconds        float64         `json:"slow_seconds"`
	DownSeconds        float64         `json:"down_seconds"`
	UnmonitoredSeconds float64         `json:"unmonitored_seconds"`
	Missing            int             `json:"missing_runs"` // that were due and never came
	Due                int             `json:"due_runs"`
	Revision           int             `json:"revision"`
}

// Issues is incidents in a window: those that began in it and those that were open when it began, and the seconds in it that
// they were open, each counted and together.
type Issues struct {
	Began        int     `json:"began"`
	Carried      int     `json:"carried"`
	SumSeconds   float64 `json:"sum_seconds"`
	UnionSeconds float64 `json:"union_seconds"`
}

// System is what users of one system had.
type System struct {
	ID        portolan.SystemID `json:"id"`
	Name      string            `json:"name"`
	Owner     string            `json:"owner"`
	Objective float64           `json:"objective"` // 0 for none
	Figure
	// Before is the end-user figure of the month before, nil if the system was not in service.
	Before *Bounded `json:"before"`
	// Reported is what the office reported, nil if that is not known.
	Reported *float64 `json:"reported,omitempty"`
	Days     []Day    `json:"days"`
	Worst    []Worst  `json:"worst_windows"`
}

// Day is one day of a system.
type Day struct {
	Day      string   `json:"day"` // "2017-01-02"
	Ratio    *float64 `json:"ratio"`
	Coverage *float64 `json:"coverage"`
}

// Worst is the worst window of one length (design 3.7).
type Worst struct {
	Minutes  int       `json:"minutes"`
	From     time.Time `json:"from"`
	Ratio    *float64  `json:"ratio"`
	Coverage *float64  `json:"coverage"`
}

// IssueMonth is the incidents of one month, as in Table 3 of the audit.
type IssueMonth struct {
	Month string `json:"month"`
	Issues
	Free Bounded `json:"issue_free"`
}

// Port is what users at one port had, all systems together.
type Port struct {
	Code        portolan.PortCode `json:"code"`
	Name        string            `json:"name"`
	Office      string            `json:"office"`
	Placeholder bool              `json:"placeholder"` // it stands for no real port
	EndUser     Bounded           `json:"end_user"`
	Coverage    *float64          `json:"coverage"`
	DownSeconds float64           `json:"down_seconds"` // series-seconds
	SlowSeconds float64           `json:"slow_seconds"`
	// WorstSystem is the one that was available least at the port.
	WorstSystem portolan.SystemID `json:"worst_system"`
	WorstRatio  *float64          `json:"worst_ratio"`
}

// Incident is one incident that touched the month.
type Incident struct {
	ID        string              `json:"id"`
	Where     string              `json:"where"`
	Component portolan.SystemID   `json:"component,omitempty"`
	Systems   []portolan.SystemID `json:"systems"`
	Cause     incident.Cause      `json:"cause"`
	Why       string              `json:"why"`
	Owner     string              `json:"owner"`
	Start     time.Time           `json:"start"`
	End       *time.Time          `json:"end"` // nil while it is open
	// Seconds is how long it was open in the month.
	Seconds   float64   `json:"seconds"`
	Detected  time.Time `json:"detected"`
	Escalated time.Time `json:"escalated,omitzero"` // when someone took it on; zero if nobody did
	TakenBy   string    `json:"taken_by,omitempty"`
	Ports     int       `json:"ports"`
	// Travelers is how many usually come to the ports that were hit in the time that it was open.
	Travelers uint64 `json:"travelers"`
	Flights   uint64 `json:"flights"`
}

// Owner is what one owner has to answer for.
type Owner struct {
	Owner      string              `json:"owner"`
	Components []portolan.SystemID `json:"components"` // empty for networks and workstations
	Issues     int                 `json:"incidents"`
	// SumSeconds counts each incident, UnionSeconds the time in which any was open.
	SumSeconds   float64 `json:"sum_seconds"`
	UnionSeconds float64 `json:"union_seconds"`
	Travelers    uint64  `json:"travelers"` // someone hit by two incidents counts twice
}

// Response is how long it took from an incident's start until it was detected, from then until someone took it on, and
// from its start until users could work again.
type Response struct {
	Detect   Quantiles `json:"detect"`
	Escalate Quantiles `json:"escalate"`
	Repair   Quantiles `json:"repair"`
}

// Quantiles are of seconds, each one that was seen.
type Quantiles struct {
	Count  int     `json:"count"`
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
	Most   float64 `json:"most"`
}

// Work is planned work that was declared for a time in the month.
type Work struct {
	System   portolan.SystemID `json:"system"`
	Port     portolan.PortCode `json:"port,omitempty"`
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to"`
	Declared time.Time         `json:"declared"`
	Title    string            `json:"title"`
	By       string            `json:"by"`
}

// Note is a change or another remark that somebody made on a time in the month.
type Note struct {
	ID     uint64            `json:"id"`
	System portolan.SystemID `json:"system,omitempty"`
	Port   portolan.PortCode `json:"port,omitempty"`
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to"`
	Text   string            `json:"text"`
	By     string            `json:"by"`
}

// Unseen is what was not measured.
type Unseen struct {
	// Ports that have no agent, or whose agents told nothing in the month.
	Ports int `json:"ports_without_agents"`
	// Known is how many ports are listed.
	Known int `json:"ports_known"`
	// Systems of the catalogue that nobody probed in the month.
	Systems []portolan.SystemID `json:"systems"`
	// Thin are the ports with the least coverage, least first.
	Thin []Thin `json:"ports"`
	// UnwatchedSeconds is the time in which no collector was up: incidents of that time were not found as they happened.
	UnwatchedSeconds float64 `json:"unwatched_seconds"`
}

// Thin is a port that was monitored in part only.
type Thin struct {
	Code               portolan.PortCode `json:"code"`
	Coverage           *float64          `json:"coverage"`
	UnmonitoredSeconds float64           `json:"unmonitored_seconds"` // series-seconds
}

// Latency is how long right answers of a transaction took, in seconds, each within 1 %.
type Latency struct {
	System      portolan.SystemID      `json:"system"`
	Transaction portolan.TransactionID `json:"transaction"`
	Count       uint64                 `json:"count"`
	P50         float64                `json:"p50"`
	P95         float64                `json:"p95"`
	P99         float64                `json:"p99"`
	// Before is the month before, nil if there was nothing.
	Before *LatencyBefore `json:"before"`
}

// LatencyBefore is a transaction's latency in the month before.
type LatencyBefore struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}
