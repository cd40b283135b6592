package probe_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/probe"
)

// Whatever an action claims, phases and remainder sum to the step's duration, absent phases are absent, and
// the steps lie one after another within the run.
func TestRunner_PhasesAndRemainderSumToTheDuration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		claims := rapid.SliceOfN(rapid.Custom(claimedPhases), 0, 6).Draw(t, "claims")
		var all []probe.Step
		for i, claim := range claims {
			all = append(all, probe.Step{ID: portolan.StepID(rune('a' + i)), Action: action{
				perform: func(context.Context, *probe.Run) probe.Observation { return probe.Observation{Phases: claim} },
			}})
		}
		got, _ := probe.NewRunner(probe.Options{}).Run(context.Background(), transaction(all...), 0, 1)
		var end time.Duration
		for i, step := range got.Steps {
			if step.Phases.Sum()+step.Remainder() != step.Duration {
				t.Fatalf("%v of phases and %v of remainder do not make %v", step.Phases.Sum(), step.Remainder(), step.Duration)
			}
			if step.Offset < end || step.Offset%time.Microsecond != 0 || step.Duration%time.Microsecond != 0 {
				t.Fatalf("step at %v for %v, after one that ended at %v", step.Offset, step.Duration, end)
			}
			end = step.Offset + step.Duration
			samePhases(t, claims[i], step.Phases)
		}
		if got.Duration < end {
			t.Fatalf("run of %v ends before its last step at %v", got.Duration, end)
		}
	})
}

// claimedPhases draws what an action says of its phases: any times, wrong ones included.
func claimedPhases(t *rapid.T) (times portolan.PhaseTimes) {
	for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
		if rapid.Bool().Draw(t, p.String()) {
			times.Add(p, time.Duration(rapid.Int64Range(-10, 50_000).Draw(t, "took")))
		}
	}
	return times
}

func samePhases(t *rapid.T, claimed, kept portolan.PhaseTimes) {
	for p := portolan.PhaseNone; int(p) < portolan.Phases; p++ {
		_, want := claimed.Get(p)
		took, got := kept.Get(p)
		if got != want || took < 0 || took%time.Microsecond != 0 {
			t.Fatalf("phase %v: reached %v in %v, want reached %v in whole microseconds", p, got, took, want)
		}
	}
}

// However its phases are entered, a stopwatch has one at a time: they sum to what elapsed at most.
func TestStopwatch_PhasesNeverSumToMoreThanElapsed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		watch := probe.StartStopwatch()
		entered := map[portolan.Phase]bool{}
		last := portolan.PhaseNone
		for _, p := range rapid.SliceOfN(rapid.Uint8Range(0, uint8(portolan.Phases-1)), 0, 20).Draw(t, "phases") {
			last = portolan.Phase(p)
			watch.Enter(last)
			entered[last] = last != portolan.PhaseNone
		}
		times := watch.Stop()
		watch.Enter(portolan.PhaseCheck)
		if elapsed := watch.Elapsed(); times.Sum() > elapsed {
			t.Fatalf("phases sum to %v, more than the %v that elapsed", times.Sum(), elapsed)
		}
		if got := watch.Phase(); got != last {
			t.Fatalf("stopped in %v, want %v", got, last)
		}
		for p := portolan.PhaseNone; int(p) < portolan.Phases; p++ {
			if _, got := watch.Stop().Get(p); got != entered[p] {
				t.Fatalf("phase %v: reached %v, want %v", p, got, entered[p])
			}
		}
	})
}
