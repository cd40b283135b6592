// Package results says how results are told outside: the rows of the API, of exports, and of what portolanctl reads.
//
// Start at Of, which makes a Row of a result as the ledger holds it. Times are RFC 3339, durations seconds, and what was
// not reached is absent. The package reads nothing and decides nothing.
package results

import (
	"time"

	"portolan"
	"portolan/collector/projection"
)

// Row is one result with its steps.
type Row struct {
	Agent           portolan.AgentID       `json:"agent"`
	Port            portolan.PortCode      `json:"port"`
	Stream          string                 `json:"stream"`
	Seq             portolan.Seq           `json:"seq"`
	System          portolan.SystemID      `json:"system"`
	Transaction     portolan.TransactionID `json:"transaction"`
	Revision        string                 `json:"revision"`
	Due             time.Time              `json:"due"`        // by the agent's clock
	Start           time.Time              `json:"start"`      // likewise
	EventTime       time.Time              `json:"event_time"` // the start by the collector's clock
	DurationSeconds float64                `json:"duration_seconds"`
	// HoldSeconds is how long it holds if none follows; absent for the usual 2.5 intervals.
	HoldSeconds float64           `json:"hold_seconds,omitempty"`
	Attempt     int               `json:"attempt"`
	Outcome     portolan.Outcome  `json:"outcome"`
	Symptom     *portolan.Symptom `json:"symptom"` // nil for a good run
	Lane        portolan.Lane     `json:"lane"`
	ReceivedAt  time.Time         `json:"received_at"`
	Steps       []Step            `json:"steps"`
}

// Step is one step of a result.
type Step struct {
	Step            portolan.StepID  `json:"step"`
	OffsetSeconds   float64          `json:"offset_seconds"` // from the run's start
	DurationSeconds float64          `json:"duration_seconds"`
	Outcome         portolan.Outcome `json:"outcome"`
	Bytes           int64            `json:"bytes"`
	// Phases holds the phases that were reached, in seconds; the remainder is what none accounts for.
	Phases           map[string]float64 `json:"phases"`
	RemainderSeconds float64            `json:"remainder_seconds"`
	// Measures holds what else was measured, in the units of the openapi page.
	Measures []portolan.Measurement `json:"measures,omitempty"`
}

// Of returns the row of a result.
func Of(k *projection.Kept) Row {
	row := Row{
		Agent: k.Agent, Port: k.Agent.Port(), Stream: k.Stream.String(), Seq: k.Seq, System: k.System, Transaction: k.Transaction,
		Revision: k.Revision.String(), Due: k.Due.Time(), Start: k.Start.Time(), EventTime: k.EventTime.Time(),
		DurationSeconds: k.Duration.Seconds(), HoldSeconds: k.Hold.Seconds(), Attempt: k.Attempt, Outcome: k.Outcome,
		Lane: k.Lane, ReceivedAt: k.ReceivedAt.Time(), Steps: make([]Step, 0, len(k.Steps)),
	}
	if symptom := k.Symptom; symptom != (portolan.Symptom{}) {
		row.Symptom = &symptom
	}
	for _, s := range k.Steps {
		row.Steps = append(row.Steps, stepOf(s))
	}
	return row
}

// stepOf describes a step.
//
// Design 3.13: "Phases that were not reached are absent, not zero."
func stepOf(s portolan.StepResult) Step {
	row := Step{
		Step: s.Step, OffsetSeconds: s.Offset.Seconds(), DurationSeconds: s.Duration.Seconds(), Outcome: s.Outcome,
		Bytes: s.Bytes, Phases: map[string]float64{}, RemainderSeconds: s.Remainder().Seconds(), Measures: s.Measures,
	}
	for phase := range portolan.Phase(portolan.Phases) {
		if took, reached := s.Phases.Get(phase); reached {
			row.Phases[phase.String()] = took.Seconds()
		}
	}
	return row
}
