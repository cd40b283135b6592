package probe_test

import (
	"context"
	"fmt"
	"time"

	"portolan"
	"portolan/probe"
)

// greeting is an Action that answers with the value of "name".
type greeting struct{}

func (greeting) Perform(_ context.Context, run *probe.Run) probe.Observation {
	watch := probe.StartStopwatch()
	watch.Enter(portolan.PhaseCheck)
	text, err := run.Expand("hello ${name}")
	seen := probe.Observation{Phases: watch.Stop(), Bytes: int64(len(text))}
	if err != nil {
		seen.Failure = &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindMonitor, Err: err}
	}
	return seen
}

func (greeting) Needs() []string { return []string{"name"} }
func (greeting) Gives() []string { return nil }

// A runner performs a transaction once and returns its result.
func Example() {
	transaction := &probe.Transaction{
		System: "tpac", ID: "greeting", Latency: 4 * time.Second, Timeout: 30 * time.Second,
		Values: map[string]string{"name": "UTO"},
		Steps:  []probe.Step{{ID: "greet", Action: greeting{}}},
	}
	due := portolan.InstantOf(time.Now())
	result, failures := probe.NewRunner(probe.Options{}).Run(context.Background(), transaction, due, 1)
	_, checked := result.Steps[0].Phases.Get(portolan.PhaseCheck)
	_, resolved := result.Steps[0].Phases.Get(portolan.PhaseDNS)
	fmt.Println(result.Outcome, result.Steps[0].Bytes, failures[0] == nil)
	fmt.Println("check reached:", checked, "- dns reached:", resolved)
	// Output:
	// good 9 true
	// check reached: true - dns reached: false
}
