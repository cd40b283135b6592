package portolan

import "time"

// Result is the record of one run: one execution of a transaction by one agent. Its identity is
// (agent, stream, sequence number).
type Result struct {
	Seq         Seq
	System      SystemID
	Transaction TransactionID
	// Revision is that of the definition the run was judged by.
	Revision Revision
	// Due is when the schedule asked for the run; Start is when it began, by the agent's clock.
	// Latency counts from Start; Start minus Due is the agent's health, not the system's.
	Due, Start Instant
	// Duration is the whole run's, in whole microseconds; a run that hung is cut at its time-out.
	Duration time.Duration
	// Attempt is 1 for the run that the schedule asked for, more for retries. Only attempt 1 makes
	// the timeline (design 3.4).
	Attempt int
	Outcome Outcome
	Symptom Symptom
	// Hold is the time a result holds after its end if none follows: zero for 2.5 intervals, or the
	// longer one that a back-off put in force (design 3.2).
	Hold time.Duration
	// Steps holds the steps that were begun, in order.
	Steps []StepResult
}

// End returns when the run ended.
func (r Result) End() Instant { return r.Start.Add(r.Duration) }

// DataAge returns how old the data behind the answer were, as the step that measured the oldest says; zero if none did.
func (r Result) DataAge() time.Duration {
	var age time.Duration
	for i := range r.Steps {
		for _, m := range r.Steps[i].Measures {
			if m.Measure == DataAge {
				age = max(age, time.Duration(m.Value)*time.Microsecond)
			}
		}
	}
	return age
}

// StepResult is the record of one step of a run.
type StepResult struct {
	Step     StepID
	Offset   time.Duration // from the run's start to the step's
	Duration time.Duration
	Phases   PhaseTimes
	Outcome  Outcome
	Bytes    int64 // size of the answer's body; bodies themselves are not kept
	// Measures holds what else the step measured, each measure once; nil for most ways of talking.
	Measures []Measurement `json:",omitempty"`
}

// Remainder returns the part of the step's time that no phase accounts for.
func (s StepResult) Remainder() time.Duration { return max(0, s.Duration-s.Phases.Sum()) }

// HoldOf returns how long a result of a series with this interval holds after its run's end when it
// carries no hold of its own: 2.5 intervals (design 3.2).
func HoldOf(interval time.Duration) time.Duration { return interval * 5 / 2 }

// GapReason says why an agent did not monitor for a while.
// Values are stored: do not reorder, add at the end.
type GapReason uint8

// The reasons for a gap.
const (
	GapUnknown GapReason = iota
	GapStopped           // stopped with a farewell
	GapKilled            // ended without a farewell: crash, power cut, kill
	GapAsleep            // the workstation slept
	GapClock             // the wall clock was set forward while the agent ran
)

var gapNames = names[GapReason]{"unknown", "stopped", "killed", "asleep", "clock"}

// String returns the reason's name as pages and the API print it.
func (g GapReason) String() string { return gapNames.of(g) }

// MarshalText implements encoding.TextMarshaler.
func (g GapReason) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (g *GapReason) UnmarshalText(b []byte) (err error) {
	*g, err = gapNames.parse("gap reason", b)
	return
}

// Gap is an agent's own record, made when it returns, that it monitored nothing for a while: from its
// last alive mark on disk, or its farewell, to its return. It covers every series of the agent.
type Gap struct {
	Seq    Seq
	Span   Span
	Reason GapReason
}

// Farewell is an agent's record that it stops on purpose; runs due after it are excused.
type Farewell struct {
	Seq Seq
	At  Instant
}

// Loss is an agent's record that it had to drop spooled results, oldest first, to stay within its bounds.
type Loss struct {
	Seq         Seq
	First, Last Seq // the dropped records, both included
	Results     uint64
	Span        Span // the starts of the dropped results
}

// Skip is why a run that was due was excused by the agent. Values are stored: do not reorder, add at the end.
type Skip uint8

// The reasons to skip a run.
const (
	SkipUnknown    Skip = iota
	SkipClosed          // outside the port's hours
	SkipBackOff         // the system fails everywhere and asked for fewer runs
	SkipKillSwitch      // probing of the system was stopped
)

var skipNames = names[Skip]{"unknown", "closed", "back-off", "kill-switch"}

// String returns the reason's name as metrics print it.
func (s Skip) String() string { return skipNames.of(s) }

// Excuse is an agent's record that it skipped the runs of one series due in a span, on purpose.
type Excuse struct {
	Seq         Seq
	System      SystemID
	Transaction TransactionID
	Span        Span
	Reason      Skip
}
