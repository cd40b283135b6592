package probe

import (
	"context"

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
// If ctx ends before the run does, there is no result, and the outcome says so: it is OutcomeUnknown. The
// caller must not record it; the system is not to blame that the agent stopped.
func (r *Runner) Run(ctx context.Context, t *Transaction, due portolan.Instant, attempt int) (portolan.Result, []*Failure) {
	e := newExecution(r.options, t)
	e.perform(ctx)
	return e.result(due, attempt), e.failures
}
