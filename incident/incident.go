// Package incident turns what agents see into incidents: who is hit, since when, why, and what a port should do now.
//
// A Detector is given results in the order in which they arrive (Observe), what agents send when they were away
// (Late), who fell silent (Silent, Heard), and the time (Advance). It answers with Events: an incident opened, grew,
// shrank, was merged, closed, reopened or revised. Start reading at detector.go; evidence.go holds the sequential test,
// scope.go the scopes, cause.go how a cause follows from the pattern, advice.go what a port is advised to do.
//
// The package is pure: it reads no clock and does no I/O, and every conclusion carries the numbers that it rests on.
// It refuses to page anyone and to compute an availability figure.
package incident

import (
	"fmt"
	"slices"
	"time"

	"portolan"
)

// ID names an incident; it never changes.
type ID uint64

// String returns the ID as people see it: "I-17".
func (id ID) String() string { return fmt.Sprintf("I-%d", uint64(id)) }

// Incident is spells of bad results, across series, that one cause explains.
type Incident struct {
	ID    ID    `json:"id"`
	Scope Scope `json:"scope"`
	// Component is the system that is blamed, empty if it is no system but what lies before all of them.
	Component portolan.SystemID `json:"component,omitempty"`
	// Systems are those whose users are hit, sorted.
	Systems []portolan.SystemID `json:"systems"`
	Cause   Cause               `json:"cause"`
	// Confidence is the share of belief in the cause, 0 to 1.
	Confidence float64 `json:"confidence"`
	// Why says in a sentence what was seen and what follows from it.
	Why string `json:"why"`
	// Owner is who has to repair it, as far as the catalogue and the cause tell.
	Owner string `json:"owner,omitempty"`
	// Symptom is the commonest one.
	Symptom portolan.Symptom `json:"symptom"`
	// Start is the start of the first run that was hit; End the start of the first run that was not, zero while open.
	Start portolan.Instant `json:"-"`
	End   portolan.Instant `json:"-"`
	// Known is when the evidence sufficed.
	Known portolan.Instant `json:"-"`
	// Silent says that agents fell silent: nothing was measured as it happened.
	Silent bool `json:"silent,omitempty"`
	// Signaled says that officers reported what no probe saw.
	Signaled bool                `json:"signaled,omitempty"`
	Ports    []portolan.PortCode `json:"ports"` // that are hit, sorted
	Impact   Impact              `json:"impact"`
	// Bad of Results tell of the component in the scope since the start.
	Bad     uint64 `json:"bad_results"`
	Results uint64 `json:"results"`
	// Acknowledged says who took it on; empty until then.
	Acknowledged string `json:"acknowledged,omitempty"`
	// MergedInto is the incident that this one turned out to be part of, zero if none.
	MergedInto ID `json:"merged_into,omitempty"`
	// Revision grows with every change.
	Revision uint64 `json:"revision"`
}

// Open reports whether the incident goes on.
func (i *Incident) Open() bool { return i.End == 0 }

// Span returns from when to when the incident lasted, to now if it is open.
func (i *Incident) Span(now portolan.Instant) portolan.Span {
	if i.Open() {
		return portolan.Span{From: i.Start, To: max(i.Start, now)}
	}
	return portolan.Span{From: i.Start, To: i.End}
}

// Hits reports whether the incident concerns a system at a port.
func (i *Incident) Hits(system portolan.SystemID, port portolan.PortCode) bool {
	return slices.Contains(i.Systems, system) && slices.Contains(i.Ports, port)
}

// Change says what became of an incident. Values are stored: do not reorder, add at the end.
type Change uint8

// The changes.
const (
	ChangeUnknown Change = iota
	Opened
	Grown    // its scope widened, or another incident joined it
	Shrunk   // its scope narrowed
	Updated  // its cause, ports or impact are others
	Closed   // users have had right answers in time since its end
	Reopened // it came again soon after its end
	Merged   // it is part of another one
	Revised  // late evidence corrected its start, end or cause
	Acknowledged
)

var changeNames = []string{"unknown", "opened", "grown", "shrunk", "updated", "closed", "reopened", "merged", "revised", "acknowledged"}

// String returns the change's name.
func (c Change) String() string { return nameOf(changeNames, uint8(c)) }

// MarshalText implements encoding.TextMarshaler.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Change) UnmarshalText(b []byte) (err error) {
	*c, err = parseName[Change]("change", changeNames, b)
	return err
}

// Event is one line of an incident's history: what it became, and when that was known.
type Event struct {
	At       portolan.Instant
	Change   Change
	Incident Incident // as it is after the change
}

// Observation is one result, or one notice that a run passed its objective while in progress.
type Observation struct {
	Series   portolan.Series
	Start    portolan.Instant
	Duration time.Duration // until now, for a notice
	Outcome  portolan.Outcome
	Symptom  portolan.Symptom
	// Open marks a notice; the run's result follows.
	Open bool
	// Heard is when the center had it; the detector's clock never lies behind it.
	Heard portolan.Instant
}

// Note is something that people declared: a change or planned work.
type Note struct {
	System portolan.SystemID // empty for any
	Port   portolan.PortCode // empty for any
	Span   portolan.Span
	Text   string
	// Planned marks planned work; else the note tells of a change at the span's start.
	Planned bool
}

func nameOf(names []string, v uint8) string {
	if int(v) >= len(names) {
		return fmt.Sprintf("%s(%d)", names[0], v)
	}
	return names[v]
}

func parseName[T ~uint8](what string, names []string, b []byte) (T, error) {
	if i := slices.Index(names, string(b)); i >= 0 {
		return T(i), nil
	}
	return 0, fmt.Errorf("%s %q: want one of %q", what, b, names[1:])
}
