package agent

import (
	"context"
	"sync/atomic"
	"time"

	"portolan"
	"portolan/evidence"
	"portolan/probe"
	"portolan/schedule"
)

// worker runs one series: at its due times, never two runs at once.
type worker struct {
	series      schedule.Series
	transaction *probe.Transaction
	runner      *probe.Runner
	// done counts the steps of the run in progress that ended, so that an open-run notice can name the one that
	// has not.
	done atomic.Int32

	// order returns how the series is to be run now; skipped is told of each due run that is left out for it.
	order   func() order
	skipped func(portolan.Excuse)
	sparse  sparse
	// prepared is told of each run whether it could be made ready, and why not.
	prepared func(error)
	record   func(portolan.Result, []*probe.Failure)
	open     func(evidence.OpenRun)
}

// newWorker returns the worker of one planned series.
func newWorker(agent portolan.AgentID, p portolan.PlannedSeries, t *probe.Transaction, o probe.Options) (*worker, error) {
	series, err := schedule.New(agent, p)
	if err != nil {
		return nil, err
	}
	w := &worker{series: series, transaction: t}
	o.Progress = func(portolan.StepResult, probe.Observation) { w.done.Add(1) }
	w.runner = probe.NewRunner(o)
	return w, nil
}

// loop runs the series until ctx is done. Runs that come due while one is in progress are displaced: they
// are not made up for, the schedule goes on.
func (w *worker) loop(ctx context.Context) {
	after := portolan.InstantOf(time.Now())
	for {
		due := w.series.Next(after)
		if due == 0 || !waitUntil(ctx, due) {
			return
		}
		if o := w.order(); w.wants(o, due) {
			w.attempts(ctx, due, o.factor)
		}
		after = max(due, portolan.InstantOf(time.Now()))
	}
}

// attempts runs the transaction for one due instant, and again after a failure as often as its definition
// allows, but never so late that a retry which hangs would displace the next due run. Every attempt is a result
// of its own; only the first makes the timeline (design 3.4).
//
// While the system is backed off from, or left alone, there are no further attempts.
func (w *worker) attempts(ctx context.Context, due portolan.Instant, factor int) {
	for attempt := 1; ; attempt++ {
		outcome, ok := w.run(ctx, due, attempt, factor)
		if !ok || outcome != portolan.Failed || attempt > w.transaction.Retries {
			return
		}
		again := portolan.InstantOf(time.Now()).Add(w.transaction.RetryAfter)
		if again.Add(w.transaction.Timeout) > due.Add(w.series.Interval(due)) || !waitUntil(ctx, again) {
			return
		}
		if o := w.order(); o.stop != nil || o.factor > 1 {
			return
		}
	}
}

// run runs the transaction once and records it; ok is false if it could not be made ready or the agent's stop cut it
// short, which says nothing about the system.
func (w *worker) run(ctx context.Context, due portolan.Instant, attempt, factor int) (outcome portolan.Outcome, ok bool) {
	ready, err := w.runner.Prepare(ctx, w.transaction)
	if ctx.Err() == nil {
		w.prepared(err)
	}
	if err != nil {
		return portolan.OutcomeUnknown, false
	}
	w.done.Store(0)
	start := portolan.InstantOf(time.Now())
	notice := time.AfterFunc(w.transaction.Latency, func() { w.notice(start) })
	defer notice.Stop()
	result, failures := ready.Perform(ctx, due, attempt)
	if result.Outcome == portolan.OutcomeUnknown {
		return result.Outcome, false
	}
	if factor > 1 {
		result.Hold = portolan.HoldOf(time.Duration(factor) * w.series.Interval(due))
	}
	w.record(result, failures)
	return result.Outcome, true
}

// notice says that the run which began at start has passed its objective and is still in progress.
func (w *worker) notice(start portolan.Instant) {
	step := min(int(w.done.Load()), len(w.transaction.Steps)-1)
	w.open(evidence.OpenRun{
		System: w.transaction.System, Transaction: w.transaction.ID,
		Start: start, Step: w.transaction.Steps[step].ID,
	})
}

// longestWait bounds how long a wait goes without looking at the wall clock again: somebody may have set it.
const longestWait = 10 * time.Second

// waitUntil waits until the wall clock shows t; it reports false if ctx is done before.
func waitUntil(ctx context.Context, t portolan.Instant) bool {
	for {
		left := t.Sub(portolan.InstantOf(time.Now()))
		if left <= 0 {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(min(left, longestWait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
	}
}
