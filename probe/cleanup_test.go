package probe_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/probe"
)

func steps(r portolan.Result) (ids []portolan.StepID) {
	for _, s := range r.Steps {
		ids = append(ids, s.Step)
	}
	return ids
}

func TestRunner_AfterAFailureOnlyCleanUpRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, failures := run(t, transaction(
			probe.Step{ID: "sign-on", Action: takes(portolan.PhaseWait, time.Second)},
			probe.Step{ID: "query", Action: fails(portolan.PhaseCheck, portolan.KindStatus)},
			probe.Step{ID: "decide", Action: takes(portolan.PhaseWait, time.Second)},
			probe.Step{ID: "release", Always: true, Action: fails(portolan.PhaseRead, portolan.KindReset)},
			probe.Step{ID: "sign-off", Always: true, Action: takes(portolan.PhaseWait, time.Second)},
		))
		if diff := cmp.Diff([]portolan.StepID{"sign-on", "query", "release", "sign-off"}, steps(got)); diff != "" {
			t.Error(diff)
		}
		if failures[2] == nil || failures[2].Kind != portolan.KindReset {
			t.Errorf("got %v for the clean-up that failed, want its failure", failures[2])
		}
		if got.Duration != 2*time.Second {
			t.Errorf("got duration %v, want 2s: the clean-up is part of the run", got.Duration)
		}
	})
}

func TestRunner_CleanUpWithoutTheValuesItNeedsIsNotBegun(t *testing.T) {
	t.Parallel()
	signOff := takes(portolan.PhaseWait, 0)
	signOff.needs = []string{"token"}
	tr := transaction(
		probe.Step{ID: "sign-on", Action: fails(portolan.PhaseConnect, portolan.KindRefused)},
		probe.Step{ID: "sign-off", Always: true, Action: signOff},
	)
	got, _ := run(t, tr)
	if diff := cmp.Diff([]portolan.StepID{"sign-on"}, steps(got)); diff != "" {
		t.Error(diff)
	}
	tr.Values = map[string]string{"token": "t"}
	got, _ = run(t, tr)
	if diff := cmp.Diff([]portolan.StepID{"sign-on", "sign-off"}, steps(got)); diff != "" {
		t.Error(diff)
	}
}

func TestRunner_CleanUpAfterTheCutIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, _ := run(t, transaction(
			probe.Step{ID: "a", Action: takes(portolan.PhaseWait, time.Hour)},
			probe.Step{ID: "b", Always: true, Action: takes(portolan.PhaseWait, time.Hour)},
			probe.Step{ID: "c", Always: true, Action: takes(portolan.PhaseWait, time.Hour)},
		))
		if got.Duration != 35*time.Second {
			t.Errorf("got %v, want the time-out of 30s and 5s for all clean-up together", got.Duration)
		}
		if got.Symptom.Step != "a" {
			t.Errorf("got the symptom at %q, want it at the first failure, a", got.Symptom.Step)
		}
	})
}

func TestRunner_CancelledRunHasNoResultButCleansUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		cleaned := false
		got, _ := probe.NewRunner(probe.Options{}).Run(ctx, transaction(
			probe.Step{ID: "a", Action: takes(portolan.PhaseWait, time.Hour)},
			probe.Step{ID: "b", Always: true, Action: action{perform: func(ctx context.Context, _ *probe.Run) probe.Observation {
				cleaned = ctx.Err() == nil
				return probe.Observation{}
			}}},
		), 0, 1)
		if got.Outcome != portolan.OutcomeUnknown || got.Symptom != (portolan.Symptom{}) {
			t.Errorf("got %v %+v, want no outcome", got.Outcome, got.Symptom)
		}
		if !cleaned {
			t.Error("the clean-up did not run, or ran cancelled")
		}
	})
}

func TestRunner_CancelledAfterTheLastAnswerKeepsItsResult(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	got, _ := probe.NewRunner(probe.Options{}).Run(ctx, transaction(
		probe.Step{ID: "a", Action: action{perform: func(context.Context, *probe.Run) probe.Observation {
			cancel()
			return probe.Observation{}
		}}},
	), 0, 1)
	if got.Outcome != portolan.Good {
		t.Errorf("got %v, want good", got.Outcome)
	}
}

func TestRunner_PanicIsTheMonitorsFault(t *testing.T) {
	t.Parallel()
	for name, perform := range map[string]func(context.Context, *probe.Run) probe.Observation{
		"text":  func(context.Context, *probe.Run) probe.Observation { panic("defect") },
		"error": func(context.Context, *probe.Run) probe.Observation { panic(errors.New("defect")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, failures := run(t, transaction(
				probe.Step{ID: "a", Action: action{perform: perform}},
				probe.Step{ID: "b", Always: true, Action: takes(portolan.PhaseWait, 0)},
			))
			want := portolan.Symptom{Step: "a", Kind: portolan.KindMonitor}
			if got.Outcome != portolan.Failed || got.Symptom != want || len(got.Steps) != 2 {
				t.Errorf("got %v %+v, %d steps; want %+v, 2", got.Outcome, got.Symptom, len(got.Steps), want)
			}
			if text := failures[0].Error(); !strings.Contains(text, "defect") || !strings.Contains(text, "cleanup_test.go") {
				t.Errorf("failure does not tell what panicked and where: %s", text)
			}
		})
	}
}

func TestRunner_ActionThatIgnoresItsDeadlineIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		got, _ := run(t, transaction(
			probe.Step{ID: "a", Action: action{perform: func(_ context.Context, run *probe.Run) probe.Observation {
				<-release
				run.Set("late", "value")
				return probe.Observation{}
			}}},
			probe.Step{ID: "b", Always: true, Action: takes(portolan.PhaseWait, 0)},
		))
		want := portolan.Symptom{Step: "a", Kind: portolan.KindMonitor}
		if got.Symptom != want || got.Duration != 32*time.Second || len(got.Steps) != 1 {
			t.Errorf("got %+v after %v, %d steps; want %+v after 32s, 1", got.Symptom, got.Duration, len(got.Steps), want)
		}
		close(release)
		synctest.Wait()
	})
}
