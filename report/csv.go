package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"portolan"
)

// CSV returns every figure on a line of its own: which table it is of, what it is about, which figure, and its value.
func (m *Month) CSV() ([]byte, error) {
	var out bytes.Buffer
	t := lines{w: csv.NewWriter(&out)}
	t.line("table", "of", "figure", "value")
	t.texts("report", m.Month, "zone", m.Zone, "from", m.From.Format(time.RFC3339), "to", m.To.Format(time.RFC3339), "as_of", m.AsOf,
		"made", m.Made.Format(time.RFC3339), "revision", strconv.Itoa(m.Revision), "provisional", strconv.FormatBool(m.Provisional))
	t.figure("all", "all", &m.All)
	t.worst("all", m.Worst)
	for i := range m.Systems {
		t.system(&m.Systems[i])
	}
	for _, month := range m.Months {
		t.issues("month", month.Month, month.Free, month.Issues)
	}
	for i := range m.Ports {
		t.port(&m.Ports[i])
	}
	for i := range m.Incidents {
		t.incident(&m.Incidents[i])
	}
	for _, o := range m.Owners {
		t.texts("owner", o.Owner, "incidents", strconv.Itoa(o.Issues), "sum_seconds", number(o.SumSeconds), "union_seconds", number(o.UnionSeconds), "travelers", fmt.Sprint(o.Travelers))
	}
	for _, r := range m.Response.parts() {
		t.texts("response", r.name, "count", strconv.Itoa(r.Count), "median", number(r.Median), "p90", number(r.P90), "most", number(r.Most))
	}
	for i := range m.Latencies {
		t.latency(&m.Latencies[i])
	}
	for i := range m.Effects {
		t.effect(&m.Effects[i])
	}
	t.unseen(&m.Unseen)
	t.w.Flush()
	return out.Bytes(), t.w.Error()
}

// lines writes a table line by line; the writer keeps its first error.
type lines struct{ w *csv.Writer }

func (t *lines) line(fields ...string) { t.w.Write(fields) }

// texts writes pairs of a figure and its value.
func (t *lines) texts(table, of string, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		t.line(table, of, pairs[i], pairs[i+1])
	}
}

func (t *lines) bounded(table, of, figure string, b Bounded) {
	t.texts(table, of, figure, optional(b.Ratio), figure+"_low", optional(b.Low), figure+"_high", optional(b.High))
	if b.Why != "" {
		t.line(table, of, figure+"_why", b.Why)
	}
}

func (t *lines) issues(table, of string, free Bounded, i Issues) {
	t.bounded(table, of, "issue_free", free)
	t.texts(table, of, "incidents_began", strconv.Itoa(i.Began), "incidents_carried", strconv.Itoa(i.Carried),
		"incidents_sum_seconds", number(i.SumSeconds), "incidents_union_seconds", number(i.UnionSeconds))
}

func (t *lines) figure(table, of string, f *Figure) {
	t.bounded(table, of, "end_user", f.EndUser)
	t.bounded(table, of, "conventional", f.Conventional)
	t.bounded(table, of, "without_maintenance", f.WithoutMaintenance)
	t.issues(table, of, f.IssueFree, f.Issues)
	d := &f.Difference
	t.texts(table, of, "difference_maintenance", optional(d.Maintenance), "difference_slow", optional(d.Slow), "difference_dependency", optional(d.Dependency),
		"difference_network", optional(d.Network), "difference_other", optional(d.Other), "coverage", optional(f.Coverage), "weight", f.Weight.String(),
		"up_seconds", number(f.UpSeconds), "slow_seconds", number(f.SlowSeconds), "down_seconds", number(f.DownSeconds), "unmonitored_seconds", number(f.UnmonitoredSeconds),
		"due_runs", strconv.Itoa(f.Due), "missing_runs", strconv.Itoa(f.Missing), "revision", strconv.Itoa(f.Revision))
}

func (t *lines) system(s *System) {
	of := string(s.ID)
	t.texts("system", of, "objective", number(s.Objective), "verdict", s.Verdict())
	t.figure("system", of, &s.Figure)
	if s.Before != nil {
		t.bounded("system", of, "before", *s.Before)
	}
	if s.Reported != nil {
		t.line("system", of, "reported", number(*s.Reported))
	}
	t.worst(of, s.Worst)
	for _, d := range s.Days {
		t.texts("day", of+" "+d.Day, "end_user", optional(d.Ratio), "coverage", optional(d.Coverage))
	}
}

func (t *lines) worst(of string, worst []Worst) {
	for _, w := range worst {
		t.texts("window", fmt.Sprintf("%s %d min", of, w.Minutes), "ratio", optional(w.Ratio), "coverage", optional(w.Coverage), "from", w.From.Format(time.RFC3339))
	}
}

func (t *lines) port(p *Port) {
	of := string(p.Code)
	t.bounded("port", of, "end_user", p.EndUser)
	t.texts("port", of, "coverage", optional(p.Coverage), "down_seconds", number(p.DownSeconds), "slow_seconds", number(p.SlowSeconds),
		"worst_system", string(p.WorstSystem), "worst_ratio", optional(p.WorstRatio))
}

func (t *lines) incident(i *Incident) {
	end, escalated := "", ""
	if i.End != nil {
		end = i.End.Format(time.RFC3339)
	}
	if !i.Escalated.IsZero() {
		escalated = i.Escalated.Format(time.RFC3339)
	}
	t.texts("incident", i.ID, "where", i.Where, "systems", joined(i.Systems), "cause", i.Cause.String(), "owner", i.Owner,
		"start", i.Start.Format(time.RFC3339), "end", end, "seconds", number(i.Seconds), "detected", i.Detected.Format(time.RFC3339),
		"escalated", escalated, "ports", strconv.Itoa(i.Ports), "travelers", fmt.Sprint(i.Travelers), "flights", fmt.Sprint(i.Flights))
}

func (t *lines) latency(l *Latency) {
	of := fmt.Sprintf("%s %s", l.System, l.Transaction)
	t.texts("latency", of, "count", fmt.Sprint(l.Count), "p50", number(l.P50), "p95", number(l.P95), "p99", number(l.P99))
	if b := l.Before; b != nil {
		t.texts("latency", of, "before_p50", number(b.P50), "before_p95", number(b.P95), "before_p99", number(b.P99))
	}
}

func (t *lines) effect(e *Effect) {
	of := strconv.FormatUint(e.Note.ID, 10)
	t.texts("change", of, "text", e.Note.Text, "system", string(e.Note.System), "port", string(e.Note.Port), "from", e.Note.From.Format(time.RFC3339),
		"to", e.Note.To.Format(time.RFC3339), "by", e.Note.By)
	for i := range e.Rows {
		r := &e.Rows[i]
		of := fmt.Sprintf("%d %s", e.Note.ID, r.What())
		t.texts("effect", of, "measure", r.Measure, "hours", strconv.Itoa(r.Hours), "weeks", strconv.Itoa(r.Weeks), "before", optional(r.Before), "after", optional(r.After),
			"difference", optional(r.Difference), "difference_low", optional(r.Low), "difference_high", optional(r.High), "usual", optional(r.Usual))
		for _, s := range r.StandsOut {
			t.texts("effect", of, "stands_out_from", s.From.Format(time.RFC3339), "stands_out_to", s.To.Format(time.RFC3339), "stands_out_difference", number(s.Difference))
		}
		if r.Why != "" {
			t.line("effect", of, "why", r.Why)
		}
	}
}

func (t *lines) unseen(u *Unseen) {
	t.texts("unseen", "all", "ports_known", strconv.Itoa(u.Known), "ports_without_agents", strconv.Itoa(u.Ports), "systems", joined(u.Systems),
		"unwatched_seconds", number(u.UnwatchedSeconds))
	for _, p := range u.Thin {
		t.texts("unseen", string(p.Code), "coverage", optional(p.Coverage), "unmonitored_seconds", number(p.UnmonitoredSeconds))
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// optional prints a number that may not exist as nothing.
func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}

func joined(ids []portolan.SystemID) string {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += " "
		}
		text += string(id)
	}
	return text
}
