package probe

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"portolan"
)

// Runner runs transactions. It may run many at once.
type Runner struct {
	options Options
}

// NewRunner returns a runner with these options.
func NewRunner(o Options) *Runner { return &Runner{options: o.withDefaults()} }

// Run performs t once, now, and returns its result with the failures of its steps: one for each of
// result.Steps, nil where the step's answer was right.
//
// If ctx ends before the run does, or the run cannot be prepared, there is no result, and the outcome says so:
// it is OutcomeUnknown. The caller must not record it; the system is not to blame.
func (r *Runner) Run(ctx context.Context, t *Transaction, due portolan.Instant, attempt int) (portolan.Result, []*Failure) {
	ready, err := r.Prepare(ctx, t)
	if err != nil {
		return portolan.Result{System: t.System, Transaction: t.ID, Revision: t.Revision, Due: due, Attempt: attempt}, nil
	}
	return ready.Perform(ctx, due, attempt)
}

// Prepared is a run whose time has not begun.
type Prepared struct {
	options     Options
	transaction *Transaction
	run         *Run
}

// Prepare makes ready what t's steps need of the workstation, such as a browser or secrets. None of it counts to the run's
// time, for it is no part of what a user waits for. An error means that the workstation cannot run t now.
func (r *Runner) Prepare(ctx context.Context, t *Transaction) (*Prepared, error) {
	run := newRun(t, r.options)
	if err := run.unlock(t); err != nil {
		return nil, err
	}
	for _, step := range t.Steps {
		action, ok := step.Action.(Preparer)
		if !ok {
			continue
		}
		if err := prepare(ctx, action, run); err != nil {
			return nil, errors.Join(run.concealError(fmt.Errorf("prepare step %q: %w", step.ID, err)), run.close())
		}
	}
	return &Prepared{options: r.options, transaction: t, run: run}, nil
}

// prepare keeps a panic from ending the agent.
func prepare(ctx context.Context, action Preparer, run *Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return action.Prepare(ctx, run)
}

// Perform performs the run, once: its time begins now. It returns what Runner.Run does.
func (p *Prepared) Perform(ctx context.Context, due portolan.Instant, attempt int) (portolan.Result, []*Failure) {
	e := newExecution(p.options, p.transaction, p.run)
	e.perform(ctx)
	return e.result(due, attempt), e.failures
}
