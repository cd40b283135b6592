package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/evidence"
	"portolan/probe"
)

// script is an action whose answers take as long, and fail, as the script says, run by run.
type script struct {
	takes []time.Duration
	fails []bool
	runs  int
}

func (s *script) Perform(ctx context.Context, _ *probe.Run) probe.Observation {
	n := s.runs
	s.runs++
	var o probe.Observation
	select {
	case <-time.After(s.takes[n%len(s.takes)]):
	case <-ctx.Done():
		o.Failure = &probe.Failure{Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Err: ctx.Err()}
		return o
	}
	if s.fails[n%len(s.fails)] {
		o.Failure = &probe.Failure{Phase: portolan.PhaseWait, Kind: portolan.KindStatus, Err: errors.New("scripted")}
	}
	return o
}

func (s *script) Needs() []string { return nil }
func (s *script) Gives() []string { return nil }

// seen is what a worker recorded.
type seen struct {
	results []portolan.Result
	notices []evidence.OpenRun
	excuses []portolan.Excuse
}

// observe runs a worker of a one-minute series for the given time.
func observe(t *testing.T, s *script, retries int, length time.Duration) (found seen) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { found = observeIn(t, s, retries, length, time.Minute) })
	return found
}

// fullRate is the order to run as planned.
func fullRate() order { return order{factor: 1} }

// observeIn does so in the caller's bubble, with any interval.
func observeIn(t *testing.T, s *script, retries int, length, interval time.Duration) seen {
	t.Helper()
	return observeUnder(t, fullRate, s, retries, length, interval)
}

// observeUnder does so under orders.
func observeUnder(t *testing.T, orders func() order, s *script, retries int, length, interval time.Duration) seen {
	t.Helper()
	transaction := &probe.Transaction{
		System: "tpac", ID: "primary-inspection", Interval: interval, Latency: 5 * time.Second, Timeout: 40 * time.Second,
		Retries: retries, RetryAfter: 5 * time.Second, Steps: []probe.Step{{ID: "sign-on", Action: s}},
	}
	planned := portolan.PlannedSeries{System: "tpac", Transaction: "primary-inspection", Interval: interval}
	w, err := newWorker("MIA-1", planned, transaction, probe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu    sync.Mutex // notices come from a timer's goroutine
		found seen
	)
	w.order = orders
	w.skipped = func(e portolan.Excuse) { found.excuses = append(found.excuses, e) }
	w.prepared = func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	w.record = func(r portolan.Result, _ []*probe.Failure) { found.results = append(found.results, r) }
	w.open = func(n evidence.OpenRun) {
		mu.Lock()
		defer mu.Unlock()
		found.notices = append(found.notices, n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	w.loop(ctx)
	synctest.Wait()
	mu.Lock()
	defer mu.Unlock()
	return found
}

func TestWorker_RunsAtEachDueTime(t *testing.T) {
	t.Parallel()
	found := observe(t, &script{takes: []time.Duration{time.Second}, fails: []bool{false}}, 0, 10*time.Minute)
	if n := len(found.results); n != 10 {
		t.Fatalf("%d results in ten minutes, want 10", n)
	}
	for i, r := range found.results {
		if r.Start != r.Due || r.Outcome != portolan.Good || r.Attempt != 1 {
			t.Errorf("result %d = %+v, want a good first attempt started when due", i, r)
		}
		if i > 0 && r.Due.Sub(found.results[i-1].Due) != time.Minute {
			t.Errorf("result %d was due %s after the one before, want 1m", i, r.Due.Sub(found.results[i-1].Due))
		}
	}
}

func TestWorker_HangIsCutRecordedFromItsStartAndTold(t *testing.T) {
	t.Parallel()
	found := observe(t, &script{takes: []time.Duration{time.Hour}, fails: []bool{false}}, 0, 2*time.Minute)
	if len(found.results) == 0 {
		t.Fatal("no result of a run that hung")
	}
	r := found.results[0]
	if r.Outcome != portolan.Failed || r.Symptom.Kind != portolan.KindTimeout || r.Start != r.Due || r.Duration != 40*time.Second {
		t.Errorf("result = %+v, want failed by time-out after 40 s, counted from its start", r)
	}
	if len(found.notices) == 0 || found.notices[0].Step != "sign-on" || found.notices[0].Start != r.Start {
		t.Errorf("notices = %+v, want one of the run in progress at its step", found.notices)
	}
}

func TestWorker_RetriesAreResultsOfTheirOwn(t *testing.T) {
	t.Parallel()
	found := observe(t, &script{takes: []time.Duration{time.Second}, fails: []bool{true, false}}, 1, 3*time.Minute)
	var attempts []int
	for i, r := range found.results {
		attempts = append(attempts, r.Attempt)
		if r.Attempt == 2 && r.Due != found.results[i-1].Due {
			t.Errorf("retry was due %s, want its first attempt's %s", r.Due, found.results[i-1].Due)
		}
	}
	if want := []int{1, 2, 1, 2, 1, 2}; !slices.Equal(attempts, want) {
		t.Errorf("attempts = %v, want %v", attempts, want)
	}
}

func TestWorker_RetryNeverDisplacesADueRun(t *testing.T) {
	t.Parallel()
	found := observe(t, &script{takes: []time.Duration{20 * time.Second}, fails: []bool{true}}, 5, 5*time.Minute)
	if n := len(found.results); n < 4 { // the stop may cut the fifth
		t.Errorf("%d results in five minutes: a retry that hung could not end before the next due run", n)
	}
	for _, r := range found.results {
		if r.Attempt != 1 || r.Start != r.Due {
			t.Errorf("attempt %d due %s started %s, want first attempts on time", r.Attempt, r.Due, r.Start)
		}
	}
}

func TestWorker_LongRunDisplacesDueRuns(t *testing.T) {
	t.Parallel()
	s := &script{takes: []time.Duration{39 * time.Second}, fails: []bool{false}}
	var found seen
	synctest.Test(t, func(t *testing.T) { found = observeIn(t, s, 0, 3*time.Minute, 15*time.Second) })
	for i, r := range found.results {
		if i > 0 && r.Due.Sub(found.results[i-1].Due) != 45*time.Second {
			t.Errorf("due runs %s apart, want 45s: two of three are displaced by a run of 39 s", r.Due.Sub(found.results[i-1].Due))
		}
	}
	if len(found.results) < 3 {
		t.Errorf("%d results, want at least 3", len(found.results))
	}
}

func TestWorker_StopLeavesNoResult(t *testing.T) {
	t.Parallel()
	found := observe(t, &script{takes: []time.Duration{30 * time.Second}, fails: []bool{false}}, 0, 61*time.Second)
	for _, r := range found.results {
		if r.Outcome != portolan.Good {
			t.Errorf("the agent's stop was recorded as %+v", r)
		}
	}
}
