package portolan

import (
	"slices"
	"time"
)

// Plan is what an agent runs: the series it was given and what each is judged by. An agent puts its plan
// into its signed chain before the first result that needs it, so that the chain alone says what was due
// and which step exercises which dependency.
type Plan struct {
	Port   PortCode
	Class  WorkstationClass `json:",omitempty"` // of the agent's workstation; empty if its configuration states none
	Series []PlannedSeries
}

// PlannedSeries is one transaction as an agent runs it.
type PlannedSeries struct {
	System      SystemID
	Transaction TransactionID
	Revision    Revision
	// Share is the transaction's part in its system, 1 by default; only ratios of shares matter.
	Share uint32
	// Interval is the time between due runs, phase pinned by a hash; zero if Cron is set.
	Interval time.Duration
	// Cron is a five-field expression read in Zone; empty if Interval is set.
	Cron string
	Zone string // IANA name, empty for UTC
	// Latency is the objective: a right answer later than this after the start is slow.
	Latency time.Duration
	// Timeout ends a run; it lies well above Latency, so that the true duration of a slow answer is kept.
	Timeout time.Duration
	Steps   []PlannedStep
}

// Asks reports whether a step of the series exercises another system.
func (p *PlannedSeries) Asks(id SystemID) bool {
	return slices.ContainsFunc(p.Steps, func(s PlannedStep) bool { return s.Dependency == id })
}

// PlannedStep is a step as results refer to it, by position.
type PlannedStep struct {
	Step       StepID
	Dependency SystemID // empty if the step exercises its own system only
}

// Objective is what a system promises: a ratio of time available to its users over a rolling window.
type Objective struct {
	Availability float64 // 0 to 1; TPAC 0.997
	Window       time.Duration
}

// Port is a port of entry.
type Port struct {
	Code        PortCode `json:"code"`
	Name        string   `json:"name"`
	Kind        PortKind `json:"kind"`
	Office      string   `json:"office"` // field office
	Zone        string   `json:"zone"`   // IANA time zone
	Placeholder bool     `json:"placeholder,omitempty"`
	// Volumes is the usual number of travelers by local weekday (Sunday first) and hour; nil if not known.
	Volumes *Volumes `json:"volumes,omitempty"`
}

// Volumes is travelers an hour, by local weekday (time.Weekday) and hour of day.
type Volumes [7][24]uint32
