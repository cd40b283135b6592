package probe

import (
	"context"
	"time"

	"portolan"
)

// Step is one interaction with its own timing and assertions.
type Step struct {
	ID    portolan.StepID
	Title string
	// Dependency is the system that the step exercises besides its own; empty for none.
	Dependency portolan.SystemID
	// Latency is the step's own objective: a right answer that took longer makes step and run slow.
	// Zero for none.
	Latency time.Duration
	// Timeout ends the step. Zero for what is left of the run's.
	Timeout time.Duration
	// Always marks a clean-up: it runs even when an earlier step failed, if the values that it needs
	// are there. Its own failure is judged like any other.
	Always bool
	Action Action
}

// Action is one interaction as a way of talking performs it. It does not change after it was decoded,
// and may be performed by many runs at once.
type Action interface {
	// Perform does the interaction once, never again by itself, and returns soon after ctx ended.
	Perform(ctx context.Context, run *Run) Observation
	// Needs returns the names of the ${values} that the action refers to.
	Needs() []string
	// Gives returns the names of the values that the action extracts for later steps.
	Gives() []string
}

// Preparer is an action that needs something of the workstation before the run's time begins: a browser.
type Preparer interface {
	Action
	// Prepare makes it ready for the run, and keeps it as a session of the run. It is called once for each such
	// step, in order.
	Prepare(ctx context.Context, run *Run) error
}

// Observation is what an action saw.
type Observation struct {
	// Phases holds the phases that were reached and no other; a Stopwatch makes them.
	Phases portolan.PhaseTimes
	// Bytes is the size of the answer's body as it was received.
	Bytes int64
	// Measures holds what else was measured, each measure once.
	Measures []portolan.Measurement
	// Acts is how long each part took of a step that has several, in order; those that were begun. It is for a person
	// at the workstation: it is neither stored nor sent. What needs a timing that is kept is a step of its own.
	Acts []Act
	// Late says that a right answer is too late by what the definition allows of it: the step is slow.
	Late bool
	// Remarks tells a person at the workstation more of the measures, and of those that could not be had. They
	// are neither stored nor sent.
	Remarks []string
	// Failure is nil if the answer was right.
	Failure *Failure
}

// Act is one part of a step.
type Act struct {
	Name string
	Took time.Duration
}

// Failure says how a step went wrong.
type Failure struct {
	// Phase is where the step was when it went wrong.
	Phase portolan.Phase
	Kind  portolan.ErrorKind
	// Err is for a person at the workstation. It may quote an answer: it is neither stored nor sent.
	Err error
}

// Error returns the failure in words.
func (f *Failure) Error() string {
	text := f.Phase.String() + ": " + f.Kind.String()
	if f.Err != nil {
		text += ": " + f.Err.Error()
	}
	return text
}

// Unwrap returns the error behind the failure.
func (f *Failure) Unwrap() error { return f.Err }
