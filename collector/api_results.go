package collector

import (
	"time"

	"portolan"
	"portolan/collector/projection"
)

type resultsAnswer struct {
	From time.Time   `json:"from"`
	To   time.Time   `json:"to"`
	Rows []resultRow `json:"rows"`
	// Next is the cursor of the next page, null after the last.
	Next *string `json:"next"`
}

type resultRow struct {
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
	Attempt         int                    `json:"attempt"`
	Outcome         portolan.Outcome       `json:"outcome"`
	Symptom         *portolan.Symptom      `json:"symptom"`
	Lane            portolan.Lane          `json:"lane"`
	ReceivedAt      time.Time              `json:"received_at"`
	Steps           []stepResultRow        `json:"steps"`
}

type stepResultRow struct {
	Step            portolan.StepID  `json:"step"`
	OffsetSeconds   float64          `json:"offset_seconds"`
	DurationSeconds float64          `json:"duration_seconds"`
	Outcome         portolan.Outcome `json:"outcome"`
	Bytes           int64            `json:"bytes"`
	// Phases holds the phases that were reached, in seconds; the remainder is what none accounts for.
	Phases           map[string]float64 `json:"phases"`
	RemainderSeconds float64            `json:"remainder_seconds"`
	// Measures holds what else was measured, in the units of the openapi page.
	Measures []portolan.Measurement `json:"measures,omitempty"`
}

// Results in one page.
const (
	defaultPage = 100
	maxPage     = 1000
)

func (c *collector) serveResults(r *call) (any, error) {
	p := r.params
	q := projection.ResultQuery{
		Window: p.window(r.now), Ports: p.ports(), Agents: p.agents(), Systems: p.systems(),
		Limit: int(p.number("limit", defaultPage, 1, maxPage)),
	}
	if text := p.values.Get("cursor"); text != "" {
		cursor, err := projection.ParseResultCursor(text)
		if err != nil {
			p.add("cursor", "%v", err)
		}
		q.After = &cursor
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	q.Limit++ // one more tells whether there is a next page
	kept, err := c.projection.Results(r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := resultsAnswer{From: q.Window.From.Time(), To: q.Window.To.Time(), Rows: []resultRow{}}
	if len(kept) == q.Limit {
		kept = kept[:q.Limit-1]
		next := kept[len(kept)-1].Cursor().String()
		out.Next = &next
	}
	for i := range kept {
		out.Rows = append(out.Rows, resultOf(&kept[i]))
	}
	return out, nil
}

func resultOf(k *projection.Kept) resultRow {
	row := resultRow{
		Agent: k.Agent, Port: k.Agent.Port(), Stream: k.Stream.String(), Seq: k.Seq, System: k.System, Transaction: k.Transaction,
		Revision: k.Revision.String(), Due: k.Due.Time(), Start: k.Start.Time(), EventTime: k.EventTime.Time(),
		DurationSeconds: k.Duration.Seconds(), Attempt: k.Attempt, Outcome: k.Outcome, Symptom: symptomOf(k.Symptom),
		Lane: k.Lane, ReceivedAt: k.ReceivedAt.Time(), Steps: []stepResultRow{},
	}
	for _, s := range k.Steps {
		row.Steps = append(row.Steps, stepOf(s))
	}
	return row
}

// stepOf describes a step.
//
// Design 3.13: "Phases that were not reached are absent, not zero."
func stepOf(s portolan.StepResult) stepResultRow {
	row := stepResultRow{
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
