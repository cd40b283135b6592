package probe

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"portolan"
)

const (
	// cleanupGrace bounds all clean-up steps of a failed run together: a system that fails should not be
	// waited for twice, yet its sessions should not pile up.
	cleanupGrace = 5 * time.Second
	// abandonAfter is how long after its deadline an action that does not return is given up.
	abandonAfter = 2 * time.Second
)

// execution is one run in progress.
type execution struct {
	options     Options
	transaction *Transaction
	begin       time.Time // wall and monotonic: read once, everything else counts from it
	run         *Run
	steps       []portolan.StepResult
	failures    []*Failure
	cancelled   bool // the caller gave up: there is no result
	duration    time.Duration
	abandoned   bool // an action did not return: nothing more may touch the run
}

func newExecution(o Options, t *Transaction, run *Run) *execution {
	return &execution{options: o, transaction: t, begin: time.Now(), run: run}
}

// perform runs the steps in order, up to the first failure; after it only clean-up steps run.
func (e *execution) perform(ctx context.Context) {
	defer e.run.close()
	defer func() { e.duration = e.elapsed() }() // before the sessions close, which is no part of the run
	inTime, cancel := context.WithDeadline(ctx, e.begin.Add(e.timeout()))
	defer cancel()
	steps := e.transaction.Steps
	for i := range steps {
		if e.performStep(inTime, &steps[i]) {
			continue
		}
		// A failure after the caller gave up says nothing about the system.
		e.cancelled = ctx.Err() != nil
		e.cleanUp(ctx, steps[i+1:])
		return
	}
}

func (e *execution) timeout() time.Duration {
	if e.transaction.Timeout <= 0 {
		return DefaultTimeout
	}
	return e.transaction.Timeout
}

// cleanUp performs the clean-up steps among those left. It does so even after the run's time-out, and while
// the agent stops: it has a deadline of its own.
func (e *execution) cleanUp(ctx context.Context, left []Step) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupGrace)
	defer cancel()
	for i := range left {
		if e.abandoned {
			return
		}
		if left[i].Always && e.run.has(left[i].Action.Needs()) {
			e.performStep(ctx, &left[i])
		}
	}
}

// performStep performs one step, records what it came to, and reports whether its answer was right.
func (e *execution) performStep(ctx context.Context, step *Step) bool {
	if step.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, step.Timeout)
		defer cancel()
	}
	start := e.elapsed()
	seen := e.observe(ctx, step)
	seen.Failure = e.run.conceal(seen.Failure)
	duration := e.elapsed() - start
	result := portolan.StepResult{
		Step:     step.ID,
		Offset:   start,
		Duration: duration,
		Phases:   within(seen.Phases, duration),
		Outcome:  outcomeOf(seen.Failure, seen.Late || exceeds(duration, step.Latency)),
		Bytes:    max(0, seen.Bytes),
		Measures: seen.Measures,
	}
	e.steps = append(e.steps, result)
	e.failures = append(e.failures, seen.Failure)
	if e.options.Progress != nil {
		e.options.Progress(result, seen)
	}
	return seen.Failure == nil
}

// elapsed returns the time since the run's start in whole microseconds.
func (e *execution) elapsed() time.Duration {
	return time.Since(e.begin).Truncate(time.Microsecond)
}

// observe performs the step's action in a goroutine of its own, so that neither a panic nor an action that
// ignores its deadline can blind the agent.
func (e *execution) observe(ctx context.Context, step *Step) Observation {
	done := make(chan Observation, 1)
	go func() {
		seen := monitorFault(fmt.Errorf("perform step %q: the action ended its goroutine", step.ID))
		defer func() {
			if p := recover(); p != nil {
				seen = monitorFault(fmt.Errorf("perform step %q: panic: %v\n%s", step.ID, p, debug.Stack()))
			}
			done <- seen
		}()
		seen = step.Action.Perform(ctx, e.run)
	}()
	select {
	case seen := <-done:
		return seen
	case <-ctx.Done():
	}
	giveUp := time.NewTimer(abandonAfter)
	defer giveUp.Stop()
	select {
	case seen := <-done:
		return seen
	case <-giveUp.C:
		e.abandoned = true
		return monitorFault(fmt.Errorf("perform step %q: the action went on after its deadline", step.ID))
	}
}

// monitorFault returns the observation of a step that the agent itself got wrong.
func monitorFault(err error) Observation {
	return Observation{Failure: &Failure{Kind: portolan.KindMonitor, Err: err}}
}
