package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"portolan"
)

// Effect is what followed a change that somebody noted.
type Effect struct {
	Note Note `json:"annotation"`
	Followed
}

// Followed is the hours after a change, held against the same hours of past weeks.
type Followed struct {
	// From and To bound the hours that are compared; nil if none has passed.
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
	// EndedBy is the next annotation of the same system and port, up to which hours are compared; zero if there is none.
	EndedBy uint64 `json:"ended_by,omitempty"`
	// Rows are of the changed system first, then of those that depend on it; availability before latencies.
	Rows []Measured `json:"rows"`
}

// Measured is what followed in one measure: end-user availability as a ratio, or the 95th percentile of right answers in
// seconds. Numbers that do not exist are nil, and Why says why.
type Measured struct {
	System      portolan.SystemID      `json:"system"`
	Transaction portolan.TransactionID `json:"transaction,omitempty"`
	Step        portolan.StepID        `json:"step,omitempty"`
	Measure     string                 `json:"measure"` // MeasureAvailability or MeasureLatency
	Hours       int                    `json:"hours"`   // that were compared
	Weeks       int                    `json:"weeks"`   // past weeks with any value
	Before      *float64               `json:"before"`
	After       *float64               `json:"after"`
	// Difference lies between Low and High with 95 % confidence.
	Difference *float64 `json:"difference"`
	Low        *float64 `json:"low"`
	High       *float64 `json:"high"`
	// Usual is by how much one hour in a hundred of the past weeks was worse than the other ones.
	Usual     *float64   `json:"usual"`
	StandsOut []Standing `json:"stands_out"`
	Why       string     `json:"why,omitempty"`
}

// The measures.
const (
	MeasureAvailability = "availability"
	MeasureLatency      = "latency_p95_seconds"
)

// Standing is a stretch in which a measure was worse by more than is usual.
type Standing struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Difference float64   `json:"difference"`
}

// What names the measure.
func (r *Measured) What() string {
	switch {
	case r.Measure == MeasureAvailability:
		return upper(r.System) + " availability"
	case r.Step != "":
		return fmt.Sprintf("%s %s, time of step %s", upper(r.System), r.Transaction, r.Step)
	default:
		return fmt.Sprintf("%s %s, time of a run", upper(r.System), r.Transaction)
	}
}

// value prints a value of the measure.
func (r *Measured) value(v *float64) string {
	switch {
	case v == nil:
		return "–"
	case r.Measure == MeasureAvailability:
		return fmt.Sprintf("%.3f %%", *v*100)
	default:
		return fmt.Sprintf("%.3f s", *v)
	}
}

// change prints a difference of the measure with its sign.
func (r *Measured) change(v *float64) string {
	switch {
	case v == nil:
		return "–"
	case r.Measure == MeasureAvailability:
		return strings.Replace(fmt.Sprintf("%+.3f points", *v*100), "-", "−", 1)
	default:
		return strings.Replace(fmt.Sprintf("%+.3f s", *v), "-", "−", 1)
	}
}

// worse prints by how much the measure may be worse.
func (r *Measured) worse(v *float64) string {
	if v != nil && r.Measure == MeasureAvailability {
		return r.change(new(-*v))
	}
	return r.change(v)
}

// between prints the bounds of the difference.
func (r *Measured) between() string {
	if r.Low == nil || r.High == nil {
		return "–"
	}
	return r.change(r.Low) + " to " + r.change(r.High)
}

// stands tells since when the measure stands out, empty if it does not.
func (m *Month) stands(r *Measured) string {
	if len(r.StandsOut) == 0 {
		return ""
	}
	first := &r.StandsOut[0]
	text := fmt.Sprintf("%s from %s to %s", r.change(&first.Difference), m.at(first.From), m.at(first.To))
	if more := len(r.StandsOut) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more times", more)
	}
	return text
}

// telling returns the rows that a document shows: those that stand out, the worst first, then the availabilities; and how many
// others there are.
func (e *Effect) telling(most int) (rows []Measured, others int) {
	rows = slices.DeleteFunc(slices.Clone(e.Rows), func(r Measured) bool { return len(r.StandsOut) == 0 && r.Measure != MeasureAvailability })
	slices.SortStableFunc(rows, func(a, b Measured) int { return cmp.Compare(min(1, len(b.StandsOut)), min(1, len(a.StandsOut))) })
	rows = rows[:min(len(rows), most)]
	return rows, len(e.Rows) - len(rows)
}

// standsOut returns the first measure of a change that stands out, nil if none does: availability, if that is among them.
func (e *Effect) standsOut() *Measured {
	if rows, _ := e.telling(1); len(rows) > 0 && len(rows[0].StandsOut) > 0 {
		return &rows[0]
	}
	return nil
}

// where says what a note is about.
func (n *Note) where() string {
	where := "all systems"
	if n.System != "" {
		where = upper(n.System)
	}
	if n.Port != "" {
		where += " at " + string(n.Port)
	}
	return where
}
