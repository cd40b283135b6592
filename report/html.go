package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"time"
)

//go:embed report.html style.css
var files embed.FS

// How much a document shows; JSON and CSV have everything.
const (
	portsShown     = 15
	incidentsShown = 60
	thinShown      = 10
	measuresShown  = 12 // of one change
)

// HTML returns the report as one document that needs nothing else, and prints on Letter and A4.
func (m *Month) HTML() ([]byte, error) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return nil, fmt.Errorf("read style: %w", err)
	}
	drawing, err := template.New("report.html").Funcs(m.words()).ParseFS(files, "report.html")
	if err != nil {
		return nil, fmt.Errorf("read template of the report: %w", err)
	}
	var out bytes.Buffer
	err = drawing.Execute(&out, struct {
		*Month
		Style     template.CSS
		Title     string
		Headline  []string
		Commands  Commands
		Reported  bool
		Shown     []Incident
		ShownPort []Port
		ShownThin []Thin
	}{
		m, template.CSS(style), m.title(), m.headline(), m.Commands(), m.reported(),
		m.largest(incidentsShown), m.Ports[:min(len(m.Ports), portsShown)], m.Unseen.Thin[:min(len(m.Unseen.Thin), thinShown)],
	})
	if err != nil {
		return nil, fmt.Errorf("draw report: %w", err)
	}
	return out.Bytes(), nil
}

// words are what the template prints with.
func (m *Month) words() template.FuncMap {
	return template.FuncMap{
		"percent": percent, "bounds": bounds, "points": points, "change": change, "hours": hours, "lasting": lasting,
		"latency": latency, "whole": whole[int], "travelers": whole[uint64], "weighed": weighed, "cause": causeWords,
		"names": names, "upper": upper, "days": dayPicture, "curve": curvePicture, "at": m.at,
		"ratio":  func(r float64) string { return percent(&r) },
		"day":    func(at time.Time) string { return at.In(m.zone()).Format("2 January 2006, 15:04 MST") },
		"made":   func(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") },
		"until":  m.until,
		"before": func(s *System) string { return change(s.EndUser.Ratio, s.beforeRatio()) },
		"share":  func(i IssueMonth) string { return i.share() },
		"moved": func(l *Latency) []string {
			return []string{
				latencyChange(l.P50, l.Before, func(b *LatencyBefore) float64 { return b.P50 }),
				latencyChange(l.P95, l.Before, func(b *LatencyBefore) float64 { return b.P95 }),
				latencyChange(l.P99, l.Before, func(b *LatencyBefore) float64 { return b.P99 }),
			}
		},
		"what": func(r Measured) string { return r.What() }, "value": func(r Measured, v *float64) string { return r.value(v) },
		"differs": func(r Measured) string { return r.change(r.Difference) }, "between": func(r Measured) string { return r.between() },
		"usual":  func(r Measured) string { return r.worse(r.Usual) },
		"more":   func(n int) string { return plural(n, "measure") + " more" },
		"stands": func(r Measured) string { return m.stands(&r) }, "where": func(n Note) string { return n.where() },
		"telling": func(e Effect) []Measured { rows, _ := e.telling(measuresShown); return rows },
		"others":  func(e Effect) int { _, others := e.telling(measuresShown); return others },
		"hour":    func(w []Worst) string { return m.worstAt(w, 64) }, "long": func(w []Worst) string { return m.worstAt(w, 1024) },
	}
}

// largest returns the incidents that were open longest in the month, in the order of their starts.
func (m *Month) largest(most int) []Incident {
	if len(m.Incidents) <= most {
		return m.Incidents
	}
	all := slices.Clone(m.Incidents)
	slices.SortStableFunc(all, func(a, b Incident) int {
		switch {
		case a.Seconds > b.Seconds:
			return -1
		case a.Seconds < b.Seconds:
			return 1
		}
		return 0
	})
	all = all[:most]
	slices.SortStableFunc(all, func(a, b Incident) int { return a.Start.Compare(b.Start) })
	return all
}

func (m *Month) until(i *Incident) string {
	if i.End == nil {
		return "open"
	}
	return m.at(*i.End)
}

func (s *System) beforeRatio() *float64 {
	if s.Before == nil {
		return nil
	}
	return s.Before.Ratio
}

// share is the part of its month in which an incident was open, as the audit's last column has it.
func (i *IssueMonth) share() string {
	at, err := time.Parse("2006-01", i.Month)
	if err != nil {
		return "–"
	}
	part := i.UnionSeconds / at.AddDate(0, 1, 0).Sub(at).Seconds()
	return fmt.Sprintf("%.2f %%", 100*part)
}

func (m *Month) worstAt(worst []Worst, minutes int) string {
	for _, w := range worst {
		if w.Minutes == minutes {
			return percent(w.Ratio) + " from " + m.at(w.From)
		}
	}
	return "–"
}
