package collector

import (
	"time"

	"portolan"
	"portolan/report"
)

type windowedRow struct {
	Minutes  int       `json:"minutes"` // the windows' length
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Ratio    *float64  `json:"ratio"`
	Coverage *float64  `json:"coverage"`
}

type windowedAnswer struct {
	From     time.Time        `json:"from"`
	To       time.Time        `json:"to"`
	AsOf     string           `json:"as_of"`
	Weight   *portolan.Weight `json:"weight"` // null where no series was selected
	EndUser  report.Bounded   `json:"end_user"`
	Coverage *float64         `json:"coverage"`
	Rows     []windowedRow    `json:"rows"`
}

// noSeries is why there is no figure of a group in which there is no series.
const noSeries = "no series was selected"

// serveWindowed answers with the worst window of each length (design 3.7).
func (c *collector) serveWindowed(r *call) (any, error) {
	q := r.params.query(r.now)
	q.Weight, q.Agents = r.params.weight(), r.params.agents()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	answer, err := c.projection.Windowed(r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := windowedAnswer{
		From: answer.Window.From.Time(), To: answer.Window.To.Time(), AsOf: answer.Cut.String(),
		EndUser: report.Bounded{Why: noSeries}, Rows: make([]windowedRow, 0, len(answer.Worst)),
	}
	if whole := answer.Whole; whole != nil {
		out.Weight, out.EndUser, out.Coverage = &whole.Weight, report.BoundedOf(whole.Figure.EndUser), report.NumberOf(whole.Figure.Coverage)
	}
	for _, w := range answer.Worst {
		out.Rows = append(out.Rows, windowedRow{
			Minutes: int(w.Window.Duration() / time.Minute), From: w.Window.From.Time(), To: w.Window.To.Time(),
			Ratio: report.NumberOf(w.Ratio), Coverage: report.NumberOf(w.Coverage),
		})
	}
	return out, nil
}
