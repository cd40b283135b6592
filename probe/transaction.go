// Package probe runs one transaction once and returns everything that was seen as a portolan.Result.
//
// A Transaction is a list of steps; each step holds an Action, which a way of talking (probe/web and its
// siblings) made from the step's definition. A Runner performs the actions in order, times them, cuts the
// run at its hard time-out and judges the outcome. Every failure is a symptom: which step, which phase,
// which kind from a closed set.
//
// The package knows dialers and deadlines. It knows no schedules, logs nothing, exports no metrics and
// never runs a step twice: whether to try again is the caller's decision.
package probe

import (
	"time"

	"portolan"
)

// Transaction is a named, ordered list of steps that mimics one piece of a user's work on a system.
// It does not change after it was loaded, and may be run by many runners at once.
type Transaction struct {
	System portolan.SystemID
	ID     portolan.TransactionID
	Title  string
	// Revision is that of the definition's bytes; every result names it.
	Revision portolan.Revision
	// Share is the transaction's part in its system; only ratios of shares matter.
	Share uint32
	// Interval is the time between due runs; zero if Cron is set.
	Interval time.Duration
	// Offline says that none of its steps needs a network.
	Offline bool
	// LeastInterval is the shortest interval that anybody may give it; zero for no bound.
	LeastInterval time.Duration
	// Cron is a five-field expression read in Zone; empty if Interval is set.
	Cron string
	Zone string // IANA name, empty for UTC
	// Where says at which ports it runs.
	Where portolan.Where
	// Latency is the objective: a right answer that took longer makes the run slow. Zero for none.
	Latency time.Duration
	// Timeout ends a run. Zero for DefaultTimeout.
	Timeout time.Duration
	// Retries is how many further attempts may follow a failed one.
	Retries int
	// RetryAfter is the pause before the next attempt.
	RetryAfter time.Duration
	Steps      []Step
	// Values holds the fixed values that steps refer to as ${name}: "endpoint", "traveler.mrz1".
	Values map[string]string
}

// DefaultTimeout ends the run of a transaction that names no time-out of its own.
const DefaultTimeout = time.Minute
