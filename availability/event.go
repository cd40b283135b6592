package availability

import (
	"bytes"
	"cmp"
	"time"

	"portolan"
)

// Run is a first-attempt run as the timeline sees it.
type Run struct {
	Start    portolan.Instant // event time, see EventTime and Monotone
	Duration time.Duration
	Hold     time.Duration // how long the result holds after the run's end if none follows
	Class    Class
	Stream   portolan.Stream
	Seq      portolan.Seq
}

// Origin is what a result does not carry itself: where its evidence came from and how its series is scheduled.
type Origin struct {
	Stream   portolan.Stream
	Start    portolan.Instant // the run's start in event time
	Interval time.Duration    // between the run's due instant and the next
}

// NewRun returns the run that a result is on its series' timeline; ok is false for a later attempt, which is not
// on it.
//
// Design 3.2: hold is "2.5 x interval, or the longer one that a back-off put in force and the result carries".
//
// Design 3.4: "Only attempt 1 makes the timeline; later attempts are kept and shown, and may delay a page, never a
// figure."
func NewRun(r *portolan.Result, o Origin) (run Run, ok bool) {
	return Run{
		Start:    o.Start,
		Duration: r.Duration,
		Hold:     max(r.Hold, portolan.HoldOf(o.Interval)),
		Class:    ClassOf(r.Outcome, r.Symptom),
		Stream:   o.Stream,
		Seq:      r.Seq,
	}, r.Attempt == 1
}

// End returns when the run ended.
func (r Run) End() portolan.Instant { return later(r.Start, r.Duration) }

// holdEnd returns when the run's result holds no longer, if nothing ended it before.
func (r Run) holdEnd() portolan.Instant { return later(r.End(), r.Hold) }

// later returns the instant d after at: at itself if d is negative, Forever if there is none so late.
func later(at portolan.Instant, d time.Duration) portolan.Instant {
	if at > Forever-portolan.Instant(max(0, d)/time.Microsecond) {
		return Forever
	}
	return at.Add(max(0, d))
}

// Compare orders runs of one series by (start, stream, sequence number), the one order in which they are folded.
func (r Run) Compare(o Run) int {
	return cmp.Or(
		cmp.Compare(r.Start, o.Start),
		bytes.Compare(r.Stream[:], o.Stream[:]),
		cmp.Compare(r.Seq, o.Seq),
	)
}

// StopKind is what ended a hold from outside.
type StopKind uint8

// The kinds of stop.
const (
	StopUnknown  StopKind = iota
	StopGap               // the agent's own record that it monitored nothing in a span
	StopFarewell          // the agent stopped on purpose; its gap record follows when it returns
	StopRetire            // from here the agent's plan no longer holds the series
)

// Stop is an event that ends a series' hold: a gap, a farewell or a retirement.
type Stop struct {
	Kind StopKind
	// Span is the gap's; farewells and retirements happen at Span.From and have no end.
	Span portolan.Span
}

// void reports whether the stop is a gap of no length, which is none.
func (s Stop) void() bool { return s.Kind == StopGap && s.Span.Empty() }

// compare orders stops by when they happen; those of one instant may be folded in any order.
func (s Stop) compare(o Stop) int { return cmp.Compare(s.Span.From, o.Span.From) }

// Gap returns the stop that a gap record is.
func Gap(span portolan.Span) Stop { return Stop{Kind: StopGap, Span: span} }

// Farewell returns the stop that a farewell at an instant is.
func Farewell(at portolan.Instant) Stop {
	return Stop{Kind: StopFarewell, Span: portolan.Span{From: at, To: at}}
}

// Retire returns the stop of a series that its agent's plan no longer holds from an instant on.
func Retire(at portolan.Instant) Stop {
	return Stop{Kind: StopRetire, Span: portolan.Span{From: at, To: at}}
}
