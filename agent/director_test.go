package agent

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/schedule"
)

func good() *script { return &script{takes: []time.Duration{time.Second}, fails: []bool{false}} }

// spansOf returns the due instants that excuses cover.
func spansOf(excuses []portolan.Excuse) (dues []portolan.Instant) {
	for _, e := range excuses {
		dues = append(dues, e.Span.From)
	}
	return dues
}

func TestWorker_StopExcusesEveryDueRunUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		orders := func() order {
			if since := time.Since(begin); since > 150*time.Second && since < 450*time.Second {
				return order{factor: 1, stop: &portolan.Stop{System: "tpac"}}
			}
			return fullRate()
		}
		found := observeUnder(t, orders, good(), 0, 10*time.Minute, time.Minute)
		if len(found.results)+len(found.excuses) != 10 || len(found.excuses) != 5 {
			t.Fatalf("%d runs and %d excuses in ten minutes, want 5 and 5", len(found.results), len(found.excuses))
		}
		for i, e := range found.excuses {
			if e.Reason != portolan.SkipKillSwitch || e.System != "tpac" || e.Transaction != "primary-inspection" || e.Span.Duration() != time.Minute {
				t.Errorf("excuse %d = %+v, want one interval by the kill switch", i, e)
			}
			if i > 0 && e.Span.From != found.excuses[i-1].Span.To {
				t.Errorf("excuse %d begins %v, want where the one before ends, %v", i, e.Span.From, found.excuses[i-1].Span.To)
			}
		}
	})
}

func TestWorker_BackOffRunsSeldomAndItsResultsHoldLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		orders := func() order {
			if since := time.Since(begin); since > 150*time.Second && since < 20*time.Minute {
				return order{factor: 5, skip: 2}
			}
			return fullRate()
		}
		found := observeUnder(t, orders, good(), 0, 25*time.Minute, time.Minute)
		if n := len(found.results) + len(found.excuses); n != 25 {
			t.Errorf("%d runs were made or excused, want each of 25", n)
		}
		var apart []time.Duration
		for i, r := range found.results {
			want := time.Duration(0)
			if since := r.Start.Time().Sub(begin); since > 150*time.Second && since < 20*time.Minute {
				want = 5 * time.Minute * 5 / 2
			}
			if r.Hold != want {
				t.Errorf("the result due %v holds %s, want %s", r.Due, r.Hold, want)
			}
			if i > 0 {
				apart = append(apart, r.Due.Sub(found.results[i-1].Due)/time.Minute)
			}
		}
		// Two at the full rate, the first under the back-off at once, two left out, then one in five until it ends.
		if want := []time.Duration{1, 1, 3, 5, 5}; !slices.Equal(apart[:5], want) {
			t.Errorf("runs lie %v minutes apart, want %v first", apart, want)
		}
		for _, e := range found.excuses {
			if e.Reason != portolan.SkipBackOff {
				t.Errorf("excuse %+v, want one by the back-off", e)
			}
		}
	})
}

func TestWorker_NoFurtherAttemptWhileBackedOffFrom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{takes: []time.Duration{time.Second}, fails: []bool{true}}
		found := observeUnder(t, func() order { return order{factor: 2} }, s, 3, 10*time.Minute, time.Minute)
		for _, r := range found.results {
			if r.Attempt != 1 {
				t.Errorf("attempt %d of a system that fails everywhere", r.Attempt)
			}
		}
		if len(found.results) < 4 || len(spansOf(found.excuses)) < 4 {
			t.Errorf("%d runs and %d excuses", len(found.results), len(found.excuses))
		}
	})
}

func newTestDirector(t *testing.T, dir string) *director {
	t.Helper()
	d, err := newDirector("MIA-1", filepath.Join(dir, stopsFile))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDirector_StopOutlivesARestartAndACutLine(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Unix(1_800_000_000, 0)
	d := newTestDirector(t, dir)
	stops := []portolan.Stop{{System: "tpac", Reason: "migration"}, {System: "ident", Until: portolan.InstantOf(now.Add(time.Hour))}}
	if err := d.take(portolan.AgentConfig{Tag: "a", ValidSeconds: 60, Directives: portolan.Directives{Stops: stops}}, now); err != nil {
		t.Fatal(err)
	}
	d = newTestDirector(t, dir)
	if o := d.order("tpac", now.Add(1000*time.Hour)); o.stop == nil || o.stop.Reason != "migration" {
		t.Errorf("order = %+v after a restart and a long silence, want the stop", o)
	}
	if o := d.order("ident", now.Add(59*time.Minute)); o.stop == nil {
		t.Error("a stop with an end does not hold before it")
	}
	if o := d.order("ident", now.Add(time.Hour)); o.stop != nil {
		t.Error("a stop holds after its end")
	}
	if o := d.order("apis", now); o.stop != nil || o.factor != 1 {
		t.Errorf("order = %+v for another system, want the full rate", o)
	}
	if err := d.take(portolan.AgentConfig{Tag: "b"}, now); err != nil {
		t.Fatal(err)
	}
	if o := newTestDirector(t, dir).order("tpac", now); o.stop != nil {
		t.Error("a stop that was taken back comes again with a restart")
	}
}

func TestDirector_StopThroughOthersEndsWhatAsksTheSystem(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	d := newTestDirector(t, t.TempDir())
	inspection := &portolan.PlannedSeries{System: "tpac", Steps: []portolan.PlannedStep{{Step: "sign-on"}, {Step: "prints", Dependency: "ident"}}}
	referral := &portolan.PlannedSeries{System: "tpac", Steps: []portolan.PlannedStep{{Step: "sign-on"}}}
	search := &portolan.PlannedSeries{System: "ident"}
	for through, want := range map[bool][]bool{false: {false, false, true}, true: {true, false, true}} {
		stops := []portolan.Stop{{System: "ident", Through: through, Until: portolan.InstantOf(now.Add(time.Hour))}}
		if err := d.take(portolan.AgentConfig{Tag: "a", Directives: portolan.Directives{Stops: stops}}, now); err != nil {
			t.Fatal(err)
		}
		for i, p := range []*portolan.PlannedSeries{inspection, referral, search} {
			if got := d.orderFor(p, now).stop != nil; got != want[i] {
				t.Errorf("through %t, series %d: stopped %t, want %t", through, i, got, want[i])
			}
			if d.orderFor(p, now.Add(time.Hour)).stop != nil {
				t.Errorf("through %t, series %d: stopped after the end", through, i)
			}
		}
	}
}

func TestDirector_DamagedFileIsToldAndNotTakenForNoStops(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), stopsFile)
	if err := os.WriteFile(file, []byte(`[{"system":"tpac"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newDirector("MIA-1", file); err == nil {
		t.Error("a damaged list of stops was read")
	}
}

func TestDirector_BackOffEndsWithTheLineAndSparesTheTenth(t *testing.T) {
	t.Parallel()
	d, now := newTestDirector(t, t.TempDir()), time.Unix(1_800_000_000, 0)
	rank := schedule.Rank("MIA-1", "tpac")
	give := func(keep uint32) {
		c := portolan.AgentConfig{Tag: "a", ValidSeconds: 300, Directives: portolan.Directives{BackOffs: []portolan.BackOff{{System: "tpac", Factor: 5, Keep: keep}}}}
		if err := d.take(c, now); err != nil {
			t.Fatal(err)
		}
	}
	if give(rank); d.order("tpac", now).factor != 1 {
		t.Error("an agent within the tenth does not keep its rate")
	}
	if give(rank - 1); d.order("tpac", now).factor != 5 {
		t.Error("an agent beyond the tenth keeps its rate")
	}
	d.confirm("a", now.Add(4*time.Minute))
	if d.order("tpac", now.Add(8*time.Minute)).factor != 5 {
		t.Error("a back-off that was confirmed has ended")
	}
	if d.order("tpac", now.Add(9*time.Minute+time.Second)).factor != 1 {
		t.Error("a back-off holds although the collector was not heard for five minutes")
	}
}

func TestDirector_AsksAgainOnlyWhenTheTagDiffers(t *testing.T) {
	t.Parallel()
	d, now := newTestDirector(t, t.TempDir()), time.Now()
	if err := d.take(portolan.AgentConfig{Tag: "a"}, now); err != nil {
		t.Fatal(err)
	}
	d.confirm("a", now)
	d.confirm("", now)
	if len(d.changed) != 0 {
		t.Error("the tag that is followed, or none, has the agent ask")
	}
	d.confirm("b", now)
	d.confirm("b", now)
	if len(d.changed) != 1 {
		t.Error("another tag does not have the agent ask")
	}
}

func TestAskEvery_IsWithinOneInterval(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration]time.Duration{
		time.Minute: 30 * time.Second, time.Hour: 30 * time.Second, 10 * time.Second: 5 * time.Second, time.Second: 2 * time.Second,
	} {
		plan := portolan.Plan{Series: []portolan.PlannedSeries{{Cron: "* * * * *"}, {Interval: interval}}}
		if got := askEvery(plan); got != want {
			t.Errorf("askEvery(%s) = %s, want %s", interval, got, want)
		}
	}
}
