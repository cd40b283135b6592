package evidence

import (
	"cmp"
	"math"
	"time"

	"portolan"
)

// Record is one thing that an agent recorded: exactly one of the fields is set.
type Record struct {
	Result   *portolan.Result
	Gap      *portolan.Gap
	Farewell *portolan.Farewell
	Loss     *portolan.Loss
	Excuse   *portolan.Excuse
}

// Spooled is a record that waits in a spool to be sent.
type Spooled struct {
	Record   Record
	Plan     *portolan.Plan // by which it is to be understood; nil if none was set before it
	PlanHash PlanHash       // of that plan
	Size     int            // bytes it takes in the spool, more than in a batch
	// At is when it was spooled, on the monotonic clock; zero if an earlier process did it, so that its age is
	// not known.
	At time.Time
}

// Seq returns the record's sequence number, zero if the record is empty.
func (r Record) Seq() portolan.Seq {
	if p := r.seq(); p != nil {
		return *p
	}
	return 0
}

// WithSeq returns a copy of the record that bears the number.
func (r Record) WithSeq(seq portolan.Seq) Record {
	r = Record{Result: clone(r.Result), Gap: clone(r.Gap), Farewell: clone(r.Farewell), Loss: clone(r.Loss), Excuse: clone(r.Excuse)}
	if p := r.seq(); p != nil {
		*p = seq
	}
	return r
}

// At returns when the record happened by the agent's clock: a result's start, a gap's end.
func (r Record) At() portolan.Instant {
	switch {
	case r.Result != nil:
		return r.Result.Start
	case r.Gap != nil:
		return r.Gap.Span.To
	case r.Farewell != nil:
		return r.Farewell.At
	case r.Loss != nil:
		return r.Loss.Span.To
	case r.Excuse != nil:
		return r.Excuse.Span.From
	default:
		return 0
	}
}

// Validate reports what in the record could not be kept as it is: bad names, negative durations, values
// outside their closed sets. A valid record survives any encoding of this package unchanged, its durations
// cut to whole microseconds.
func (r Record) Validate() error {
	if err := r.validateValues(); err != nil {
		return err
	}
	if r.Result == nil {
		return nil
	}
	s := seriesOf(r.Result)
	return validatePlannedSeries(&s)
}

// validateValues checks all but the names in a result.
func (r Record) validateValues() error {
	if n := r.count(); n != 1 {
		return malformed("record", "is %d things at once, want 1", n)
	}
	switch {
	case r.Result != nil:
		return validateResult(r.Result)
	case r.Gap != nil && r.Gap.Reason > lastGapReason:
		return malformed("gap", "reason %d", r.Gap.Reason)
	case r.Excuse != nil:
		return validateExcuse(r.Excuse)
	default:
		return nil
	}
}

func (r Record) count() int {
	n := 0
	for _, set := range []bool{r.Result != nil, r.Gap != nil, r.Farewell != nil, r.Loss != nil, r.Excuse != nil} {
		if set {
			n++
		}
	}
	return n
}

func (r Record) seq() *portolan.Seq {
	switch {
	case r.Result != nil:
		return &r.Result.Seq
	case r.Gap != nil:
		return &r.Gap.Seq
	case r.Farewell != nil:
		return &r.Farewell.Seq
	case r.Loss != nil:
		return &r.Loss.Seq
	case r.Excuse != nil:
		return &r.Excuse.Seq
	default:
		return nil
	}
}

// The last values of the closed sets that records hold. A value added to a set needs a new format version,
// because readers of this one refuse it.
const (
	lastOutcome   = portolan.Failed
	lastPhase     = portolan.PhaseCheck
	lastKind      = portolan.KindMonitor
	lastGapReason = portolan.GapClock
	lastMeasure   = portolan.NotMeasured
	lastSkip      = portolan.SkipKillSwitch
	lastLane      = portolan.Backlog
)

// maxMicros is the longest duration that time.Duration holds, in microseconds.
const maxMicros = math.MaxInt64 / int64(time.Microsecond)

// maxSteps bounds the steps of one run.
const maxSteps = 255

func validateResult(r *portolan.Result) error {
	switch {
	case r.Duration < 0 || r.Hold < 0:
		return malformed("result", "negative duration")
	case r.Attempt < 0 || r.Attempt > math.MaxInt32:
		return malformed("result", "attempt %d", r.Attempt)
	case r.Outcome > lastOutcome:
		return malformed("result", "outcome %d", r.Outcome)
	case len(r.Steps) > maxSteps:
		return &LimitError{What: "steps in a run", Limit: maxSteps}
	}
	for i := range r.Steps {
		if err := validateStep(&r.Steps[i]); err != nil {
			return err
		}
	}
	return validateSymptom(r.Symptom)
}

func validateSeries(system portolan.SystemID, transaction portolan.TransactionID) error {
	if _, err := portolan.ParseSystemID(string(system)); err != nil {
		return malformed("series", "%v", err)
	}
	if _, err := portolan.ParseTransactionID(string(transaction)); err != nil {
		return malformed("series", "%v", err)
	}
	return nil
}

func validateStep(s *portolan.StepResult) error {
	if s.Offset < 0 || s.Duration < 0 || s.Bytes < 0 {
		return malformed("step", "negative offset, duration or size")
	}
	if s.Outcome > lastOutcome {
		return malformed("step", "outcome %d", s.Outcome)
	}
	for p := portolan.PhaseNone; p <= lastPhase; p++ {
		if d, _ := s.Phases.Get(p); d < 0 {
			return malformed("step", "negative time in phase %s", p)
		}
	}
	return validateMeasures(s.Measures)
}

func validateSymptom(s portolan.Symptom) error {
	if s.Phase > lastPhase || s.Kind > lastKind {
		return malformed("symptom", "phase %d, kind %d", s.Phase, s.Kind)
	}
	if s.Step == "" && s.Dependency != "" {
		return malformed("symptom", "dependency %q without a step", s.Dependency)
	}
	return nil
}

func validateExcuse(e *portolan.Excuse) error {
	if e.Reason > lastSkip {
		return malformed("excuse", "reason %d", e.Reason)
	}
	return validateSeries(e.System, e.Transaction)
}

func bySeq(a, b Record) int { return cmp.Compare(a.Seq(), b.Seq()) }

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

func micros(d time.Duration) uint64 { return uint64(d / time.Microsecond) }

func duration(us uint64) time.Duration { return time.Duration(us) * time.Microsecond }
