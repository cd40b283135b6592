package fleet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
)

func TestDice_DrawTheSameWhateverWasDrawnBefore(t *testing.T) {
	t.Parallel()
	plan := planOf("X0001", 15, time.Minute)
	once, again := newDice(1, "X0001-1"), newDice(1, "X0001-1")
	other := newDice(2, "X0001-1")
	for seq := portolan.Seq(1); seq < 50; seq++ {
		once.result(seq, &plan.Series[0], 0)
	}
	first := once.result(7, &plan.Series[3], 1000)
	if diff := cmp.Diff(first, again.result(7, &plan.Series[3], 1000), cmp.AllowUnexported(portolan.PhaseTimes{})); diff != "" {
		t.Errorf("the same result differs:\n%s", diff)
	}
	if first.Duration == other.result(7, &plan.Series[3], 1000).Duration {
		t.Error("another seed draws the same")
	}
}

func TestDice_DrawEveryOutcome(t *testing.T) {
	t.Parallel()
	plan, d := planOf("X0001", 1, time.Minute), newDice(1, "X0001-1")
	counts := map[portolan.Outcome]int{}
	for seq := portolan.Seq(1); seq <= 10_000; seq++ {
		r := d.result(seq, &plan.Series[0], 0)
		counts[r.Outcome]++
		if (r.Outcome == portolan.Slow) != (r.Duration > objective) || r.Duration > timeout || len(r.Steps) != stepsARun {
			t.Fatalf("result %d: %v after %v", seq, r.Outcome, r.Duration)
		}
	}
	for outcome, about := range map[portolan.Outcome]int{portolan.Good: 9875, portolan.Slow: 100, portolan.Failed: 25} {
		if n := counts[outcome]; n < about*7/10 || n > about*13/10 {
			t.Errorf("%v: got %d of 10,000, want about %d", outcome, n, about)
		}
	}
}

func TestWaits_TellPercentilesWithinOnePercent(t *testing.T) {
	t.Parallel()
	var w waits
	if w.summary() != (Waits{}) {
		t.Errorf("nothing: got %+v", w.summary())
	}
	for ms := 1; ms <= 1000; ms++ {
		w.add(time.Duration(ms) * time.Millisecond)
	}
	w.add(3 * time.Second)
	for part, want := range map[float64]float64{0.5: 0.5, 0.95: 0.95, 0.99: 0.99, 1: 3} {
		if got := w.at(part).Seconds(); got < want*0.985 || got > want*1.015 {
			t.Errorf("%v: got %v s, want about %v", part, got, want)
		}
	}
}
