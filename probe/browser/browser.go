// Package browser is the way of talking to a system that an officer uses: a real Chromium or Edge that loads pages, runs
// their scripts, fills their forms and reads what they say.
//
// The browser runs beside the agent: each run starts the program portolan-browser, which starts a browser with an
// empty profile, and tells it by lines of JSON what to do (Order, Answer). Both end with the run, whatever they are doing,
// and neither may use more memory than it is given. So the agent links no browser code, and a browser that hangs or
// crashes costs one result. Starting it is no part of the run's time, for no officer waits for it.
//
// A step's phases are those of the documents that it loads; its remainder is what page and officer's patience take. What
// the page says is checked here, as probe/web does it.
package browser

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portolan"
	"portolan/probe"
)

// LeastInterval is the shortest time between runs of a browser transaction: each starts a browser, which takes a
// second or two of a workstation's processor and some hundred megabytes.
const LeastInterval = time.Minute

// Way returns the way of talking through a browser, for the key "browser" under a step.
func Way() probe.Way {
	return probe.Way{Name: "browser", LeastInterval: LeastInterval, Decode: func(decode func(into any) error) (probe.Action, []probe.Fault) {
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

// action is what a user does in one step, ready to be filled with a run's values, and what the page must say then.
type action struct {
	acts     []act
	look     []string // selectors
	extracts []extract
	expects  []expectation
	picture  bool // a picture may be taken after a failure
	mask     []string
	needs    []string
	gives    []string
}

var _ probe.Preparer = (*action)(nil)

// act is one act of a user, ready to be filled.
type act struct {
	verb     Verb
	on, text probe.Template
	name     string // for people: the verb and the selector or address as it was written
	secret   bool   // the text is one
}

// Needs implements probe.Action.
func (a *action) Needs() []string { return a.needs }

// Gives implements probe.Action.
func (a *action) Gives() []string { return a.gives }

// Prepare implements probe.Preparer: it starts the browser, unless an earlier step's Prepare did.
func (a *action) Prepare(ctx context.Context, run *probe.Run) error {
	return sessionOf(run).start(ctx, run)
}

// Perform implements probe.Action.
func (a *action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	begun := time.Now()
	s := sessionOf(run)
	seen, err := a.carryOut(ctx, s, run)
	if err != nil {
		return probe.Observation{Failure: &probe.Failure{Kind: portolan.KindMonitor, Err: err}}
	}
	observed := a.observation(seen)
	if observed.Failure == nil {
		watch := probe.StartStopwatch()
		watch.Enter(portolan.PhaseCheck)
		observed.Failure = a.judge(run, seen, time.Since(begun))
		took, _ := watch.Stop().Get(portolan.PhaseCheck)
		observed.Phases.Add(portolan.PhaseCheck, took)
	}
	if observed.Failure != nil && a.picture {
		observed.Failure.Err = s.illustrate(ctx, run, a.mask, observed.Failure.Err)
	}
	return observed
}

// carryOut has the step done. An error is the workstation's fault.
func (a *action) carryOut(ctx context.Context, s *session, run *probe.Run) (*Seen, error) {
	task := Task{Look: a.look}
	for _, act := range a.acts {
		filled, err := act.fill(run)
		if err != nil {
			return nil, err
		}
		task.Acts = append(task.Acts, filled)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(probe.DefaultTimeout)
	}
	task.Within = time.Until(deadline)
	answer, err := s.tell(ctx, Order{Step: &task})
	switch {
	case err != nil:
		return nil, err
	case answer.Step == nil:
		return nil, errors.New("portolan-browser gave an answer of another kind")
	}
	return answer.Step, nil
}

func (a act) fill(run *probe.Run) (Act, error) {
	fill := func(t probe.Template) (string, error) { return run.Fill(t, nil) }
	if a.verb == Open {
		fill = run.FillAddress
	}
	on, err := fill(a.on)
	if err != nil {
		return Act{}, fmt.Errorf("fill %s: %w", a.name, err)
	}
	text, err := run.Fill(a.text, nil)
	if err != nil {
		return Act{}, fmt.Errorf("fill %s: %w", a.name, err)
	}
	return Act{Verb: a.verb, On: on, Text: text, Secret: a.secret}, nil
}

// observation returns what was seen in the probe's own terms.
func (a *action) observation(seen *Seen) probe.Observation {
	observed := probe.Observation{Bytes: seen.Bytes}
	for phase, took := range seen.Phases {
		if phase > portolan.PhaseNone && int(phase) < portolan.Phases {
			observed.Phases.Add(phase, took)
		}
	}
	if seen.LargestPaint != nil {
		observed.Measures = []portolan.Measurement{{Measure: portolan.LargestPaint, Value: seen.LargestPaint.Microseconds()}}
	}
	for i, took := range seen.Took {
		if i < len(a.acts) {
			observed.Acts = append(observed.Acts, probe.Act{Name: a.acts[i].name, Took: took})
		}
	}
	if f := seen.Failure; f != nil {
		observed.Failure = &probe.Failure{Phase: f.Phase, Kind: f.Kind, Err: errors.New(f.Message)}
	}
	return observed
}

// judge extracts the values, hands them to the run, and says what is wrong with the page; nil if nothing is.
func (a *action) judge(run *probe.Run, seen *Seen, took time.Duration) *probe.Failure {
	var missing error
	for _, e := range a.extracts {
		if value, ok := e.from(seen); ok {
			run.Set(e.name, value)
		} else if missing == nil {
			missing = fmt.Errorf("extract %q: nothing matches %q", e.name, e.selector)
		}
	}
	if missing != nil {
		return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindExtract, Err: missing}
	}
	facts := factsOf(seen, took, run.Values())
	for _, e := range a.expects {
		if err := e.check(facts); err != nil {
			return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion, Err: err}
		}
	}
	return nil
}
