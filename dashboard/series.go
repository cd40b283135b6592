package dashboard

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"portolan"
)

// seriesView is one agent x one transaction with its recent runs.
type seriesView struct {
	Key         string
	Agent       portolan.AgentID
	System      portolan.SystemID
	Short       string
	Transaction portolan.TransactionID
	Title       string
	Every       string
	Objective   string
	State       portolan.State
	Since       moment
	Symptom     string
	Strip       stripView
	Last        *runView
	Waterfall   waterfall
	Runs        []runView
	Latest      string // "3 latest runs"
	Open        bool
}

// Mark returns the series' mark.
func (s seriesView) Mark() mark { return mark{s.State, word(s.State)} }

// runView is one run as a line.
type runView struct {
	Start   moment
	Took    string
	Outcome outcomeView
	Symptom string
	Attempt int
	Delay   string // how long after it was due it began, if that is notable
	Late    bool   // it arrived as backlog
}

// openSeries is up to how many series every waterfall is shown open.
const openSeries = 4

func viewSeries(c *clock, list []Series, zone *time.Location) []seriesView {
	views := make([]seriesView, 0, len(list))
	for _, s := range list {
		v := viewOneSeries(c, s, zone)
		v.Open = len(list) <= openSeries || s.State == portolan.Down || s.State == portolan.SlowState
		views = append(views, v)
	}
	slices.SortStableFunc(views, func(a, b seriesView) int {
		return cmp.Or(rank(a.State)-rank(b.State), strings.Compare(a.Key, b.Key))
	})
	return views
}

func viewOneSeries(c *clock, s Series, zone *time.Location) seriesView {
	v := seriesView{
		Key:   key(string(s.Agent) + "-" + string(s.System) + "-" + string(s.Transaction.ID)),
		Agent: s.Agent, System: s.System, Short: short(s.System),
		Transaction: s.Transaction.ID, Title: s.Transaction.Title,
		Every: every(s.Transaction), Objective: long(s.Transaction.Latency),
		State: s.State, Since: c.at(s.Since, zone), Strip: drawStrip(s.LastHour),
	}
	if s.Symptom != nil {
		v.Symptom = Say(s.System, *s.Symptom)
	}
	for _, r := range s.Runs {
		v.Runs = append(v.Runs, viewRun(c, s, r, zone))
	}
	v.Latest = plural(len(v.Runs), "latest run")
	if len(s.Runs) > 0 {
		v.Last, v.Waterfall = &v.Runs[0], drawWaterfall(s.Runs[0], s.Transaction)
	}
	return v
}

func every(t Transaction) string {
	switch {
	case t.Schedule != "":
		return "at " + t.Schedule
	case t.Longest > t.Interval:
		return "every " + long(t.Interval) + " to " + long(t.Longest)
	default:
		return "every " + long(t.Interval)
	}
}

func viewRun(c *clock, s Series, r Run, zone *time.Location) runView {
	v := runView{
		Start: c.at(r.Start, zone), Took: long(r.Duration), Outcome: viewOutcome(r.Outcome),
		Attempt: r.Attempt, Late: r.Lane == portolan.Backlog,
	}
	if r.Symptom.Kind != portolan.KindNone {
		v.Symptom = Say(s.System, SymptomOf(r.Result, s.Transaction.Latency))
	}
	if delay := r.Start.Sub(r.Due); r.Due != 0 && delay >= time.Second {
		v.Delay = long(delay)
	}
	return v
}

// SymptomOf returns the symptom of a run with what is needed to say it; latency is the objective of its
// transaction.
func SymptomOf(r portolan.Result, latency time.Duration) Symptom {
	s := Symptom{Symptom: r.Symptom, Took: r.Duration}
	if r.Symptom.Kind == portolan.KindLate {
		s.Limit = latency
	}
	for _, step := range r.Steps {
		if step.Step == r.Symptom.Step {
			s.Took = step.Duration
			s.Limit = 0 // the run's objective is not the step's
		}
	}
	return s
}
