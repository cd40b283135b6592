package monthly

import (
	"fmt"

	"portolan"
	"portolan/collector/changes"
	"portolan/collector/projection"
	"portolan/effect"
	"portolan/report"
)

// effectList returns what followed each change whose effects may lie in the month: some do harm only days later.
func (g *gathering) effectList(s *projection.Snapshot) ([]report.Effect, error) {
	list := []report.Effect{}
	for _, a := range g.facts.Annotations {
		if from, to := portolan.InstantOf(a.From), portolan.InstantOf(a.To); from >= g.window.To || to.Add(effect.Follow) <= g.window.From {
			continue
		}
		followed, err := changes.Find(s, a, g.Catalogue, g.asked.Zone)
		if err != nil {
			return nil, fmt.Errorf("read what followed annotation %d: %w", a.ID, err)
		}
		list = append(list, report.Effect{Note: noteOf(&a), Followed: FollowedOf(&followed)})
	}
	return list, nil
}

func noteOf(a *projection.Annotation) report.Note {
	return report.Note{ID: a.ID, System: a.System, Port: a.Port, From: a.From, To: a.To, Text: a.Text, By: a.By}
}

// FollowedOf tells what followed a change.
func FollowedOf(f *changes.Followed) report.Followed {
	told := report.Followed{EndedBy: f.Next, Rows: []report.Measured{}}
	if !f.Span.Empty() {
		told.From, told.To = new(f.Span.From.Time()), new(f.Span.To.Time())
	}
	for i := range f.Rows {
		told.Rows = append(told.Rows, measuredOf(&f.Rows[i]))
	}
	return told
}

func measuredOf(r *changes.Row) report.Measured {
	row := report.Measured{
		System: r.System, Transaction: r.Transaction, Step: r.Step, Measure: report.MeasureAvailability,
		Hours: r.Hours, Weeks: r.Weeks, StandsOut: []report.Standing{}, Why: r.Why,
	}
	if r.Latency {
		row.Measure = report.MeasureLatency
	}
	if r.Why != "" {
		return row
	}
	of := func(value int64) *float64 { return new(float64(value) / 1e6) } // both kinds of values are millionths
	row.Before, row.After, row.Difference, row.Low, row.High, row.Usual = of(r.Before), of(r.After), of(r.Change), of(r.Low), of(r.High), of(r.Usual)
	for _, s := range r.Standing {
		row.StandsOut = append(row.StandsOut, report.Standing{From: s.Span.From.Time(), To: s.Span.To.Time(), Difference: float64(s.Change) / 1e6})
	}
	return row
}
