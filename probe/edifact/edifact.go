// Package edifact is the way of talking to a system by UN/EDIFACT, as air and sea carriers talk to APIS.
//
// A step sends one PAXLST, the list of the passengers or of the crew of a flight, and waits for the CUSRES that
// answers it: the one that repeats its reference (RFF+TN). Then it checks the status of every person on the list.
// The list goes by HTTP POST, or over TCP or TLS as it is; steps of one run share connections, runs share nothing.
// A list is sent once.
//
// Do no harm: every interchange bears the test indicator (UNB 0035), and a person of any state but UTO, the state
// of specimens, is never sent.
//
// Answers are bounded (interchange.MaxBytes), measured and checked, never kept.
package edifact

import (
	"context"
	"time"

	"portolan"
	"portolan/probe"
)

// Way returns the way of talking by UN/EDIFACT, for the key "edifact" under a step.
func Way() probe.Way {
	return probe.Way{Name: "edifact", Decode: func(decode func(into any) error) (probe.Action, []probe.Fault) {
		var d definition
		if err := decode(&d); err != nil {
			return nil, nil
		}
		a, faults := compile(&d)
		if len(faults) > 0 {
			return nil, faults
		}
		return a, nil
	}}
}

// action is one list, ready to be filled with a run's values, and what its answer must be.
type action struct {
	to       probe.Template // the address, with its scheme
	list     list
	maxAge   time.Duration // zero for no bound
	secure   security
	extracts []extract
	needs    []string
	gives    []string
}

var _ probe.Action = (*action)(nil)

// Needs implements probe.Action.
func (a *action) Needs() []string { return a.needs }

// Gives implements probe.Action.
func (a *action) Gives() []string { return a.gives }

// Perform implements probe.Action.
func (a *action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	x := exchange{run: run, secure: a.secure, watch: probe.StartStopwatch()}
	var seen probe.Observation
	seen.Failure = a.perform(ctx, &x, time.Now())
	seen.Phases, seen.Bytes = x.watch.Stop(), x.received
	return seen
}

func (a *action) perform(ctx context.Context, x *exchange, now time.Time) *probe.Failure {
	address, err := x.run.Fill(a.to, nil)
	if err != nil {
		return monitorFailure(err)
	}
	m, err := a.list.fill(x.run, now)
	if err != nil {
		return monitorFailure(err)
	}
	got, failure := x.ask(ctx, address, m)
	if failure != nil {
		return failure
	}
	x.watch.Enter(portolan.PhaseCheck)
	return a.judge(x.run, m, got, now.Add(x.watch.Elapsed()))
}

// monitorFailure is the failure of a step that could not even begin.
func monitorFailure(err error) *probe.Failure {
	return &probe.Failure{Kind: portolan.KindMonitor, Err: err}
}

// exchange is one performance of an action.
type exchange struct {
	run      *probe.Run
	secure   security
	watch    *probe.Stopwatch
	received int64 // bytes of answers
}
