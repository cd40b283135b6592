package collector

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"portolan"
	"portolan/collector/changes"
	"portolan/collector/projection"
)

// effectAnswer is what followed an annotation.
type effectAnswer struct {
	Annotation projection.Annotation `json:"annotation"`
	// From and To bound the hours that are compared; null if none has passed.
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
	AsOf string     `json:"as_of"`
	// EndedBy is the next annotation of the same system and port, up to which hours are compared.
	EndedBy uint64      `json:"ended_by,omitempty"`
	Rows    []effectRow `json:"rows"`
}

// effectRow is one measure: end-user availability as a ratio, or the 95th percentile of right answers in seconds.
type effectRow struct {
	System      portolan.SystemID      `json:"system"`
	Transaction portolan.TransactionID `json:"transaction,omitempty"`
	Step        portolan.StepID        `json:"step,omitempty"`
	Measure     string                 `json:"measure"`
	Hours       int                    `json:"hours"`
	Weeks       int                    `json:"weeks"`
	Before      *float64               `json:"before"`
	After       *float64               `json:"after"`
	Difference  *float64               `json:"difference"`
	Low         *float64               `json:"low"`
	High        *float64               `json:"high"`
	Usual       *float64               `json:"usual"`
	StandsOut   []standingRow          `json:"stands_out"`
	Why         string                 `json:"why,omitempty"`
}

// standingRow is a stretch in which the measure was worse by more than is usual.
type standingRow struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Difference float64   `json:"difference"`
}

func (c *collector) serveEffect(r *call) (any, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, &apiError{Status: http.StatusBadRequest, Code: "bad_request", Message: fmt.Sprintf("id: want the number of an annotation, not %.20q", r.PathValue("id")), Field: "id"}
	}
	zone := r.params.zone()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	for _, a := range c.projection.Facts().Annotations {
		if a.ID == id {
			followed, err := changes.Find(r.Context(), c.projection, a, c.around.Load().catalogue, zone, r.now)
			return effectOf(&followed), err
		}
	}
	return nil, &apiError{Status: http.StatusNotFound, Code: "not_found", Message: fmt.Sprintf("there is no annotation %d", id), Field: "id"}
}

func effectOf(f *changes.Followed) effectAnswer {
	out := effectAnswer{Annotation: f.Annotation, AsOf: f.Cut.String(), EndedBy: f.Next, Rows: []effectRow{}}
	if !f.Span.Empty() {
		from, to := f.Span.From.Time(), f.Span.To.Time()
		out.From, out.To = &from, &to
	}
	for i := range f.Rows {
		out.Rows = append(out.Rows, effectRowOf(&f.Rows[i]))
	}
	return out
}

func effectRowOf(r *changes.Row) effectRow {
	row := effectRow{
		System: r.System, Transaction: r.Transaction, Step: r.Step, Measure: "availability",
		Hours: r.Hours, Weeks: r.Weeks, StandsOut: []standingRow{}, Why: r.Why,
	}
	if r.Latency {
		row.Measure = "latency_p95_seconds"
	}
	if r.Why != "" {
		return row
	}
	of := func(value int64) *float64 { // both kinds of values are millionths
		v := float64(value) / 1e6
		return &v
	}
	row.Before, row.After, row.Difference, row.Low, row.High, row.Usual = of(r.Before), of(r.After), of(r.Change), of(r.Low), of(r.High), of(r.Usual)
	for _, s := range r.Standing {
		row.StandsOut = append(row.StandsOut, standingRow{From: s.Span.From.Time(), To: s.Span.To.Time(), Difference: float64(s.Change) / 1e6})
	}
	return row
}
