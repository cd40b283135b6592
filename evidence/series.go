package evidence

import (
	"slices"

	"portolan"
)

// seriesTable numbers the series that a set of results refers to: first those of the plan, then those that
// results bring along because the plan does not fit them (a record alone in the spool has no plan at all).
type seriesTable struct {
	series  []portolan.PlannedSeries
	planned int
	index   map[seriesKey][]int // for find; made by its first call
}

type seriesKey struct {
	system      portolan.SystemID
	transaction portolan.TransactionID
	revision    portolan.Revision
}

func newSeriesTable(p *portolan.Plan) *seriesTable {
	if p == nil {
		return &seriesTable{}
	}
	return &seriesTable{series: slices.Clip(p.Series), planned: len(p.Series)}
}

// find returns the number of a series that has all the steps the result speaks of, adding one if need be.
func (t *seriesTable) find(r *portolan.Result) int {
	if t.index == nil {
		t.makeIndex()
	}
	key := seriesKey{r.System, r.Transaction, r.Revision}
	for _, i := range t.index[key] {
		if fits(&t.series[i], r) {
			return i
		}
	}
	i := len(t.series)
	t.series = append(t.series, seriesOf(r))
	t.index[key] = append(t.index[key], i)
	return i
}

func (t *seriesTable) makeIndex() {
	t.index = make(map[seriesKey][]int, len(t.series))
	for i := range t.series {
		s := &t.series[i]
		key := seriesKey{s.System, s.Transaction, s.Revision}
		t.index[key] = append(t.index[key], i)
	}
}

// brought returns the series that the plan does not have.
func (t *seriesTable) brought() []portolan.PlannedSeries { return t.series[t.planned:] }

func fits(s *portolan.PlannedSeries, r *portolan.Result) bool {
	if r.Symptom.Step != "" && symptomAt(s, r.Symptom) < 0 {
		return false
	}
	for i := range r.Steps {
		if stepAt(s, r.Steps[i].Step, i) < 0 {
			return false
		}
	}
	return true
}

// stepAt returns the position of the step in the series, -1 if it is not there; guess is looked at first.
func stepAt(s *portolan.PlannedSeries, id portolan.StepID, guess int) int {
	if guess < len(s.Steps) && s.Steps[guess].Step == id {
		return guess
	}
	return slices.IndexFunc(s.Steps, func(p portolan.PlannedStep) bool { return p.Step == id })
}

func symptomAt(s *portolan.PlannedSeries, y portolan.Symptom) int {
	return slices.Index(s.Steps, portolan.PlannedStep{Step: y.Step, Dependency: y.Dependency})
}

// seriesOf returns as much of a result's series as the result itself tells.
func seriesOf(r *portolan.Result) portolan.PlannedSeries {
	s := portolan.PlannedSeries{System: r.System, Transaction: r.Transaction, Revision: r.Revision}
	for i := range r.Steps {
		if id := r.Steps[i].Step; stepAt(&s, id, i) < 0 {
			s.Steps = append(s.Steps, portolan.PlannedStep{Step: id})
		}
	}
	if r.Symptom.Step == "" {
		return s
	}
	symptom := portolan.PlannedStep{Step: r.Symptom.Step, Dependency: r.Symptom.Dependency}
	if i := stepAt(&s, symptom.Step, 0); i >= 0 {
		s.Steps[i] = symptom
		return s
	}
	s.Steps = append(s.Steps, symptom)
	return s
}
