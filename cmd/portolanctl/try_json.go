package main

import (
	"time"

	"portolan"
	"portolan/internal/waterfall"
)

// runJSON is a run as JSON has it: seconds as numbers, phases that were not reached absent.
type runJSON struct {
	System      portolan.SystemID      `json:"system"`
	Transaction portolan.TransactionID `json:"transaction"`
	Revision    string                 `json:"revision"`
	Endpoint    string                 `json:"endpoint"`
	Start       time.Time              `json:"start"`
	Seconds     float64                `json:"duration_seconds"`
	Objective   float64                `json:"objective_seconds"`
	Timeout     float64                `json:"timeout_seconds"`
	Outcome     portolan.Outcome       `json:"outcome"`
	Symptom     *portolan.Symptom      `json:"symptom"` // null for a good run
	Hint        string                 `json:"hint,omitempty"`
	Steps       []stepJSON             `json:"steps"`
}

type stepJSON struct {
	Step       portolan.StepID            `json:"step"`
	Dependency portolan.SystemID          `json:"dependency,omitempty"`
	Outcome    portolan.Outcome           `json:"outcome"`
	Offset     float64                    `json:"offset_seconds"`
	Seconds    float64                    `json:"duration_seconds"`
	Phases     map[portolan.Phase]float64 `json:"phase_seconds"`
	Remainder  float64                    `json:"remainder_seconds"`
	Bytes      int64                      `json:"bytes"`
	Measures   []portolan.Measurement     `json:"measures,omitempty"`
	Acts       []actJSON                  `json:"acts,omitempty"`
	Remarks    []string                   `json:"remarks,omitempty"`
	Failure    *failureJSON               `json:"failure,omitempty"`
}

// actJSON is a part of a step.
type actJSON struct {
	Act     string  `json:"act"`
	Seconds float64 `json:"duration_seconds"`
}

type failureJSON struct {
	Phase portolan.Phase     `json:"phase"`
	Kind  portolan.ErrorKind `json:"kind"`
	Error string             `json:"error,omitempty"`
}

func trialJSON(run waterfall.Run) runJSON {
	r := run.Result
	j := runJSON{
		System: r.System, Transaction: r.Transaction, Revision: r.Revision.String(), Endpoint: run.Endpoint,
		Start: r.Start.Time(), Seconds: r.Duration.Seconds(), Objective: run.Latency.Seconds(), Timeout: run.Timeout.Seconds(),
		Outcome: r.Outcome, Steps: []stepJSON{},
	}
	if r.Symptom.Kind != portolan.KindNone {
		j.Symptom, j.Hint = &r.Symptom, waterfall.Hint(r.Symptom)
	}
	known := map[portolan.StepID]waterfall.Step{}
	for _, step := range run.Steps {
		known[step.ID] = step
	}
	for _, step := range r.Steps {
		j.Steps = append(j.Steps, stepOf(step, known[step.Step]))
	}
	return j
}

func stepOf(r portolan.StepResult, defined waterfall.Step) stepJSON {
	j := stepJSON{
		Step: r.Step, Dependency: defined.Dependency, Outcome: r.Outcome, Offset: r.Offset.Seconds(), Seconds: r.Duration.Seconds(),
		Phases: map[portolan.Phase]float64{}, Remainder: r.Remainder().Seconds(), Bytes: r.Bytes,
		Measures: r.Measures, Remarks: defined.Remarks,
	}
	for _, act := range defined.Acts {
		j.Acts = append(j.Acts, actJSON{act.Name, act.Took.Seconds()})
	}
	for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
		if took, reached := r.Phases.Get(p); reached {
			j.Phases[p] = took.Seconds()
		}
	}
	if f := defined.Failure; f != nil {
		j.Failure = &failureJSON{Phase: f.Phase, Kind: f.Kind}
		if f.Err != nil {
			j.Failure.Error = f.Err.Error()
		}
	}
	return j
}
