package projection

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
	"portolan/evidence"
)

// A transaction that a new plan no longer holds leaves service when the plan came into force, not when it was last run,
// and late evidence from before does not bring it back.
func TestProjection_ANewPlanRetiresWhatItDoesNotHold(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary", "lookup"))
	rng := rand.New(rand.NewPCG(1, 1))
	f.minutes(rng, "primary", portolan.Span{From: day, To: day.Add(30 * time.Minute)})
	f.minutes(rng, "lookup", portolan.Span{From: day.Add(time.Second), To: day.Add(30 * time.Minute)})
	old, oldPlan := f.made, f.plan
	late := old[35:45]
	f.send(portolan.Live, day.Add(30*time.Minute), append(append(old[:0:0], old[:35]...), old[45:]...)...)

	f.plan = planOf("primary")
	f.made = nil
	f.minutes(rng, "primary", portolan.Span{From: day.Add(31 * time.Minute), To: day.Add(60 * time.Minute)})
	retired := day.Add(32 * time.Minute)
	f.send(portolan.Live, retired, f.made[:1]...)
	f.send(portolan.Live, day.Add(60*time.Minute), f.made[1:]...)
	p := newProjection(t, l)

	name, window := f.series("lookup"), portolan.Span{From: day, To: day.Add(2 * time.Hour)}
	check := func(when string) {
		t.Helper()
		segments := segmentsOf(t, p, name, window)
		if end := segments[len(segments)-1].Span.To; end != retired {
			t.Errorf("%s: lookup was in service until %s, want %s", when, end, retired)
		}
	}
	check("after the change of plan")
	f.plan = oldPlan
	f.send(portolan.Backlog, day.Add(70*time.Minute), late...)
	catchUp(t, p)
	check("after late evidence of the old plan")
	stored := dumpOf(t, l)
	if err := p.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dumpOf(t, l), stored); diff != "" {
		t.Errorf("rebuild differs (-rebuilt +first):\n%s", diff)
	}
}

// A transaction that is first heard of by backlog, after the plan without it came into force, is retired all the same.
func TestProjection_RetiresWhatOnlyBacklogKnows(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	rng := rand.New(rand.NewPCG(1, 1))
	f.minutes(rng, "primary", portolan.Span{From: day.Add(time.Hour), To: day.Add(70 * time.Minute)})
	f.send(portolan.Live, day.Add(70*time.Minute), f.made...)
	f.made, f.plan = nil, planOf("primary", "lookup")
	f.minutes(rng, "lookup", portolan.Span{From: day, To: day.Add(10 * time.Minute)})
	f.send(portolan.Backlog, day.Add(80*time.Minute), f.made...)
	p := newProjection(t, l)
	segments := segmentsOf(t, p, f.series("lookup"), portolan.Span{From: day, To: day.Add(3 * time.Hour)})
	if end := segments[len(segments)-1].Span.To; end != day.Add(70*time.Minute) {
		t.Errorf("lookup was in service until %s, want until the plan without it at %s", end, day.Add(70*time.Minute))
	}
}

// Clocks that are set back, two spools of one agent, and everything in any order: the fold is that of the corrected
// starts in the order (start, stream, sequence number).
func TestProjection_ClockSetBackAndTwoStreams(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 9))
		l := openLedger(t)
		one := newFake(t, l, "MIA-1", planOf("primary"))
		two := newFake(t, l, "MIA-1", planOf("primary"))
		two.chain.Stream[0] = 2
		setBack := time.Duration(rng.IntN(90)) * time.Minute
		one.minutes(rng, "primary", portolan.Span{From: day, To: day.Add(100 * time.Minute)})
		back := day.Add(100 * time.Minute).Add(-setBack)
		one.minutes(rng, "primary", portolan.Span{From: back, To: back.Add(150 * time.Minute)})
		two.minutes(rng, "primary", portolan.Span{From: day.Add(80*time.Minute + 13*time.Second), To: day.Add(200 * time.Minute)})
		one.sendShuffled(rng, 50)
		two.sendShuffled(rng, 50)
		p := newProjection(t, l)

		window := portolan.Span{From: day, To: day.Add(6 * time.Hour)}
		want, _ := availability.Fold(availability.Timeline{}, availability.Events{
			Runs: append(one.correctedRuns(), two.correctedRuns()...),
		}, window)
		if diff := cmp.Diff(segmentsOf(t, p, one.series("primary"), window), want); diff != "" {
			t.Errorf("seed %d: differs from a fold of corrected starts (-got +want):\n%s", seed, diff)
		}
		stored := dumpOf(t, l)
		if err := p.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dumpOf(t, l), stored); diff != "" {
			t.Errorf("seed %d: rebuild differs (-rebuilt +first):\n%s", seed, diff)
		}
	}
}

// correctedRuns returns the runs made, each start after the one before.
func (f *fake) correctedRuns() []availability.Run {
	var runs []availability.Run
	previous := portolan.Instant(0)
	for _, r := range f.made {
		start, _ := availability.Monotone(previous, r.Result.Start)
		previous = start
		run, _ := availability.NewRun(r.Result, availability.Origin{Stream: f.chain.Stream, Start: start, Interval: time.Minute})
		runs = append(runs, run)
	}
	return runs
}

// Late evidence that comes in twice, each time from before a change of plan, must meet the change again each time.
func TestProjection_RetirementSurvivesRepeatedRefolds(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary", "lookup"))
	rng := rand.New(rand.NewPCG(5, 5))
	f.minutes(rng, "lookup", portolan.Span{From: day, To: day.Add(170 * time.Minute)})
	old, oldPlan := f.made, f.plan
	late1, late2 := old[10:20], old[70:80]
	var live []evidence.Record
	live = append(append(append(live, old[:10]...), old[20:70]...), old[80:]...)
	f.send(portolan.Live, day.Add(170*time.Minute), live...)
	f.made, f.plan = nil, planOf("primary")
	f.minutes(rng, "primary", portolan.Span{From: day.Add(170 * time.Minute), To: day.Add(200 * time.Minute)})
	retired := day.Add(171 * time.Minute)
	f.send(portolan.Live, retired, f.made[:1]...)
	f.send(portolan.Live, day.Add(200*time.Minute), f.made[1:]...)
	f.plan = oldPlan
	f.send(portolan.Backlog, day.Add(210*time.Minute), late1...)
	f.send(portolan.Backlog, day.Add(220*time.Minute), late2...)
	p := newProjection(t, l)
	segments := segmentsOf(t, p, f.series("lookup"), portolan.Span{From: day, To: day.Add(5 * time.Hour)})
	if end := segments[len(segments)-1].Span.To; end != retired {
		t.Errorf("lookup was in service until %s, want %s", end, retired)
	}
}

// A transaction that is first heard of after the agent's gap was folded is cut by the gap all the same.
func TestProjection_AGapCutsWhatIsHeardOfLater(t *testing.T) {
	t.Parallel()
	window := portolan.Span{From: day, To: day.Add(time.Hour)}
	for name, first := range map[string]portolan.Instant{
		"before-the-gap": day, "in-the-gap": day.Add(12 * time.Minute),
	} {
		l := openLedger(t)
		f := newFake(t, l, "MIA-1", planOf("primary", "lookup"))
		f.run("primary", day.Add(9*time.Minute), portolan.Good)
		f.record(evidence.Record{Gap: &portolan.Gap{
			Span: portolan.Span{From: day.Add(10 * time.Minute), To: day.Add(20 * time.Minute)}, Reason: portolan.GapKilled,
		}})
		f.send(portolan.Backlog, day.Add(21*time.Minute), f.made...)
		early := len(f.made)
		for at := first; at < day.Add(15*time.Minute); at = at.Add(time.Minute) {
			f.run("lookup", at, portolan.Good)
		}
		f.send(portolan.Backlog, day.Add(30*time.Minute), f.made[early:]...)
		p := newProjection(t, l)
		if diff := cmp.Diff(segmentsOf(t, p, f.series("lookup"), window), f.oracle(f.series("lookup"), window)); diff != "" {
			t.Errorf("%s: differs from a fold of everything (-got +want):\n%s", name, diff)
		}
	}
}
