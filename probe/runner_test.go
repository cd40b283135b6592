package probe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/probe"
)

// action is a probe.Action made of what it does and which values it names.
type action struct {
	perform func(ctx context.Context, run *probe.Run) probe.Observation
	needs   []string
	gives   []string
}

var _ probe.Action = action{}

func (a action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	return a.perform(ctx, run)
}
func (a action) Needs() []string { return a.needs }
func (a action) Gives() []string { return a.gives }

// takes returns an action that answers right after d, all of it in phase p. It obeys its deadline.
func takes(p portolan.Phase, d time.Duration) action {
	return action{perform: func(ctx context.Context, _ *probe.Run) probe.Observation {
		watch := probe.StartStopwatch()
		watch.Enter(p)
		select {
		case <-time.After(d):
			return probe.Observation{Phases: watch.Stop(), Bytes: 7}
		case <-ctx.Done():
			return probe.Observation{Phases: watch.Stop(), Failure: probe.NetworkFailure(ctx, p, ctx.Err())}
		}
	}}
}

// fails returns an action that fails at once.
func fails(p portolan.Phase, k portolan.ErrorKind) action {
	return action{perform: func(context.Context, *probe.Run) probe.Observation {
		return probe.Observation{Failure: &probe.Failure{Phase: p, Kind: k, Err: errors.New("as told")}}
	}}
}

func transaction(steps ...probe.Step) *probe.Transaction {
	return &probe.Transaction{
		System: "tpac", ID: "primary-inspection", Revision: portolan.RevisionOf([]byte("v1")),
		Latency: 4 * time.Second, Timeout: 30 * time.Second, Steps: steps,
	}
}

func run(t *testing.T, tr *probe.Transaction) (portolan.Result, []*probe.Failure) {
	t.Helper()
	return probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 42, 1)
}

func TestRunner_GoodRunIsRecordedInFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := portolan.InstantOf(time.Now())
		got, failures := run(t, transaction(
			probe.Step{ID: "sign-on", Action: takes(portolan.PhaseWait, time.Second)},
			probe.Step{ID: "query", Action: takes(portolan.PhaseRead, 2*time.Second)},
		))
		want := portolan.Result{
			System: "tpac", Transaction: "primary-inspection", Revision: portolan.RevisionOf([]byte("v1")),
			Due: 42, Start: start, Duration: 3 * time.Second, Attempt: 1, Outcome: portolan.Good,
			Steps: []portolan.StepResult{
				{Step: "sign-on", Duration: time.Second, Outcome: portolan.Good, Bytes: 7,
					Phases: phases(portolan.PhaseWait, time.Second)},
				{Step: "query", Offset: time.Second, Duration: 2 * time.Second, Outcome: portolan.Good, Bytes: 7,
					Phases: phases(portolan.PhaseRead, 2*time.Second)},
			},
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(portolan.PhaseTimes{})); diff != "" {
			t.Error(diff)
		}
		if len(failures) != 2 || failures[0] != nil || failures[1] != nil {
			t.Errorf("got failures %v, want two of nil", failures)
		}
	})
}

func phases(p portolan.Phase, d time.Duration) (times portolan.PhaseTimes) {
	times.Add(p, d)
	return times
}

func TestRunner_Outcome(t *testing.T) {
	t.Parallel()
	late := func(step portolan.StepID, p portolan.Phase, dependency portolan.SystemID) portolan.Symptom {
		return portolan.Symptom{Step: step, Phase: p, Kind: portolan.KindLate, Dependency: dependency}
	}
	for name, test := range map[string]struct {
		steps   []probe.Step
		outcome portolan.Outcome
		symptom portolan.Symptom
	}{
		"at-the-objective-is-good": {
			steps:   []probe.Step{{ID: "a", Action: takes(portolan.PhaseWait, 4*time.Second)}},
			outcome: portolan.Good,
		},
		"over-the-objective-is-slow-by-the-longest-step": {
			steps: []probe.Step{
				{ID: "a", Action: takes(portolan.PhaseWait, time.Second)},
				{ID: "b", Dependency: "ident", Action: takes(portolan.PhaseRead, 3*time.Second)},
				{ID: "c", Action: takes(portolan.PhaseWait, time.Second)},
			},
			outcome: portolan.Slow, symptom: late("b", portolan.PhaseRead, "ident"),
		},
		"over-a-steps-own-objective-is-slow-by-that-step": {
			steps: []probe.Step{
				{ID: "a", Action: takes(portolan.PhaseWait, 2*time.Second)},
				{ID: "b", Dependency: "apis", Latency: 500 * time.Millisecond, Action: takes(portolan.PhaseWait, time.Second)},
			},
			outcome: portolan.Slow, symptom: late("b", portolan.PhaseWait, "apis"),
		},
		"time-in-no-phase-is-late-in-none": {
			steps:   []probe.Step{{ID: "a", Action: takes(portolan.PhaseNone, 5*time.Second)}},
			outcome: portolan.Slow, symptom: late("a", portolan.PhaseNone, ""),
		},
		"failed-by-the-first-failure": {
			steps: []probe.Step{
				{ID: "a", Action: takes(portolan.PhaseWait, 9*time.Second)},
				{ID: "b", Dependency: "ident", Action: fails(portolan.PhaseCheck, portolan.KindAssertion)},
				{ID: "c", Always: true, Action: fails(portolan.PhaseCheck, portolan.KindStatus)},
			},
			outcome: portolan.Failed,
			symptom: portolan.Symptom{Step: "b", Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion, Dependency: "ident"},
		},
		"clean-up-that-fails-alone-fails-the-run": {
			steps: []probe.Step{
				{ID: "a", Action: takes(portolan.PhaseWait, time.Second)},
				{ID: "b", Always: true, Action: fails(portolan.PhaseRead, portolan.KindClosed)},
			},
			outcome: portolan.Failed,
			symptom: portolan.Symptom{Step: "b", Phase: portolan.PhaseRead, Kind: portolan.KindClosed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, _ := run(t, transaction(test.steps...))
				if got.Outcome != test.outcome || got.Symptom != test.symptom {
					t.Errorf("got %v %+v\nwant %v %+v", got.Outcome, got.Symptom, test.outcome, test.symptom)
				}
			})
		})
	}
}

func TestRunner_RunThatHangsIsCutWhereItHung(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := portolan.InstantOf(time.Now())
		got, _ := run(t, transaction(
			probe.Step{ID: "a", Action: takes(portolan.PhaseWait, time.Second)},
			probe.Step{ID: "b", Dependency: "ident", Action: takes(portolan.PhaseTLS, time.Hour)},
			probe.Step{ID: "c", Action: takes(portolan.PhaseWait, time.Second)},
		))
		want := portolan.Symptom{Step: "b", Phase: portolan.PhaseTLS, Kind: portolan.KindTimeout, Dependency: "ident"}
		if got.Symptom != want {
			t.Errorf("got symptom %+v, want %+v", got.Symptom, want)
		}
		if got.Start != start || got.Duration != 30*time.Second || len(got.Steps) != 2 {
			t.Errorf("got start %v, duration %v, %d steps; want %v, 30s, 2", got.Start, got.Duration, len(got.Steps), start)
		}
		if took, _ := got.Steps[1].Phases.Get(portolan.PhaseTLS); took != 29*time.Second {
			t.Errorf("got %v in tls, want 29s", took)
		}
	})
}

func TestRunner_StepIsCutAtItsOwnTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, _ := run(t, transaction(
			probe.Step{ID: "a", Timeout: 3 * time.Second, Action: takes(portolan.PhaseConnect, time.Hour)},
		))
		want := portolan.Symptom{Step: "a", Phase: portolan.PhaseConnect, Kind: portolan.KindTimeout}
		if got.Symptom != want || got.Duration != 3*time.Second {
			t.Errorf("got %+v after %v, want %+v after 3s", got.Symptom, got.Duration, want)
		}
	})
}

func TestRunner_WithoutTimeoutTheDefaultEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := transaction(probe.Step{ID: "a", Action: takes(portolan.PhaseConnect, time.Hour)})
		tr.Timeout = 0
		if got, _ := run(t, tr); got.Duration != probe.DefaultTimeout {
			t.Errorf("got %v, want %v", got.Duration, probe.DefaultTimeout)
		}
	})
}

func TestRunner_ProgressTellsEachStep(t *testing.T) {
	t.Parallel()
	var seen []portolan.StepID
	runner := probe.NewRunner(probe.Options{Progress: func(s portolan.StepResult, o probe.Observation) {
		if (o.Failure != nil) != (s.Outcome == portolan.Failed) {
			t.Errorf("step %q: outcome %v beside failure %v", s.Step, s.Outcome, o.Failure)
		}
		seen = append(seen, s.Step)
	}})
	runner.Run(t.Context(), transaction(
		probe.Step{ID: "a", Action: takes(portolan.PhaseWait, 0)},
		probe.Step{ID: "b", Action: fails(portolan.PhaseWait, portolan.KindClosed)},
		probe.Step{ID: "c", Action: takes(portolan.PhaseWait, 0)},
	), 0, 2)
	if diff := cmp.Diff([]portolan.StepID{"a", "b"}, seen); diff != "" {
		t.Error(diff)
	}
}
