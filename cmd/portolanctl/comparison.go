package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// comparison is two sides in one window.
type comparison struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	AsOf  string   `json:"as_of"`
	A     side     `json:"a"`
	B     side     `json:"b"`
	Notes []string `json:"notes"` // what keeps the two from being compared as they are
}

// side is one of the two.
type side struct {
	System      string   `json:"system"`
	Transaction string   `json:"transaction,omitempty"`
	Ports       []string `json:"ports"`
	EndUser     figure   `json:"end_user"`
	Coverage    *float64 `json:"coverage"`
	Latency     *latency `json:"latency"` // null without a right answer
}

// latency is how long right answers took, in seconds.
type latency struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
}

func (s side) name() string {
	if s.Transaction == "" {
		return s.System
	}
	return s.System + "/" + s.Transaction
}

// differing is the comparison with how far the second side is from the first.
type differing struct {
	comparison
	Difference difference `json:"difference"`
}

// difference is b minus a; null where a side has no figure.
type difference struct {
	P50   *float64 `json:"p50"` // in seconds
	P95   *float64 `json:"p95"`
	P99   *float64 `json:"p99"`
	Ratio *float64 `json:"ratio"` // of end-user availability
	// Apart says that the bounds of the two availabilities do not overlap.
	Apart bool `json:"apart"`
}

func (c comparison) withDifference() differing {
	d := differing{comparison: c}
	if a, b := c.A.EndUser, c.B.EndUser; a.Ratio != nil && b.Ratio != nil {
		ratio := *b.Ratio - *a.Ratio
		d.Difference.Ratio, d.Difference.Apart = &ratio, apart(a, b)
	}
	if a, b := c.A.Latency, c.B.Latency; a != nil && b != nil {
		less := func(b, a float64) *float64 { d := b - a; return &d }
		d.Difference.P50, d.Difference.P95, d.Difference.P99 = less(b.P50, a.P50), less(b.P95, a.P95), less(b.P99, a.P99)
	}
	return d
}

func apart(a, b figure) bool {
	if a.Low == nil || a.High == nil || b.Low == nil || b.High == nil {
		return false
	}
	return *a.High < *b.Low || *b.High < *a.Low
}

// note says what a reader must know before drawing a conclusion.
func (c *comparison) note() {
	c.Notes = []string{}
	add := func(format string, args ...any) { c.Notes = append(c.Notes, fmt.Sprintf(format, args...)) }
	for _, s := range []side{c.A, c.B} {
		if s.EndUser.Ratio == nil {
			add("%s has no figure: %s", s.name(), s.EndUser.Why)
		}
	}
	if !slices.Equal(c.A.Ports, c.B.Ports) {
		add("the two were not probed at the same ports (%d and %d): --port compares like with like", len(c.A.Ports), len(c.B.Ports))
	}
	if a, b := c.A.EndUser, c.B.EndUser; a.Ratio != nil && b.Ratio != nil && !apart(a, b) {
		add("the bounds of the two availabilities overlap: they may be the same")
	}
}

// quantile is one row of latencies.
type quantile struct {
	name string
	of   func(*latency) float64
}

func quantiles() []quantile {
	return []quantile{
		{"median", func(l *latency) float64 { return l.P50 }},
		{"p95", func(l *latency) float64 { return l.P95 }},
		{"p99", func(l *latency) float64 { return l.P99 }},
	}
}

// print prints the table, then bars.
func (c comparison) print(t terminal) error {
	fmt.Fprintf(t.out, "from %s to %s, as of %s\n", c.From, c.To, c.AsOf)
	var rows [][]string
	for _, q := range quantiles() {
		rows = append(rows, []string{q.name, seconds(c.A.Latency, q), seconds(c.B.Latency, q), change(c.A.Latency, c.B.Latency, q)})
	}
	a, b := c.A.EndUser, c.B.EndUser
	rows = append(rows,
		[]string{"answers", answers(c.A.Latency), answers(c.B.Latency), ""},
		[]string{"available", percent(a.Ratio), percent(b.Ratio), points(a.Ratio, b.Ratio)},
		[]string{"low", percent(a.Low), percent(b.Low), ""},
		[]string{"high", percent(a.High), percent(b.High), ""},
		[]string{"coverage", percent(c.A.Coverage), percent(c.B.Coverage), ""},
	)
	if err := table(t, fmt.Sprintf(". %s %s CHANGE", strings.ToUpper(c.A.name()), strings.ToUpper(c.B.name())), rows); err != nil {
		return err
	}
	fmt.Fprintln(t.out)
	c.bars(t)
	for _, note := range c.Notes {
		fmt.Fprintln(t.out, "note:", note)
	}
	return nil
}

// barWidth is how many letters the longest bar has.
const barWidth = 40

// bars draws latencies from zero on, then the bounds of availability between the least of them and 100 %.
func (c comparison) bars(t terminal) {
	width := max(utf8.RuneCountInString(c.A.name()), utf8.RuneCountInString(c.B.name()))
	line := func(head, name, bar, value string) {
		fmt.Fprintf(t.out, "%-9s  %-*s  %-*s  %s\n", head, width, name, barWidth, bar, value)
	}
	most := c.slowest()
	for _, q := range quantiles() {
		for i, s := range []side{c.A, c.B} {
			bar := ""
			if s.Latency != nil && most > 0 {
				bar = strings.Repeat("#", max(1, int(math.Round(q.of(s.Latency)/most*barWidth))))
			}
			line([]string{q.name, ""}[i], s.name(), bar, seconds(s.Latency, q))
		}
	}
	least := c.least()
	for i, s := range []side{c.A, c.B} {
		line([]string{"available", ""}[i], s.name(), span(s.EndUser, least), percent(s.EndUser.Ratio))
	}
	fmt.Fprintf(t.out, "%-9s  %-*s  %-*s%s\n", "", width, "", barWidth-4, percent(&least), "100%")
}

// slowest returns the longest latency of both sides; 0 if there is none.
func (c comparison) slowest() float64 {
	most := 0.0
	for _, l := range []*latency{c.A.Latency, c.B.Latency} {
		if l != nil {
			most = max(most, l.P50, l.P95, l.P99)
		}
	}
	return most
}

// least returns where the scale of availabilities begins: a round part of a percent below the lowest bound.
func (c comparison) least() float64 {
	least := 0.999
	for _, f := range []figure{c.A.EndUser, c.B.EndUser} {
		if f.Low != nil {
			least = min(least, *f.Low)
		}
	}
	return math.Floor(least*1000) / 1000
}

// span draws a figure within its bounds: |--*--|.
func span(f figure, least float64) string {
	if f.Ratio == nil || f.Low == nil || f.High == nil {
		return ""
	}
	at := func(ratio float64) int { return int(math.Round((ratio - least) / (1 - least) * (barWidth - 1))) }
	bar := []byte(strings.Repeat(" ", barWidth))
	for i := at(*f.Low); i <= at(*f.High); i++ {
		bar[i] = '-'
	}
	bar[at(*f.Low)], bar[at(*f.High)] = '|', '|'
	bar[at(*f.Ratio)] = '*'
	return strings.TrimRight(string(bar), " ")
}

func seconds(l *latency, q quantile) string {
	if l == nil {
		return "-"
	}
	return spellSeconds(q.of(l))
}

func spellSeconds(s float64) string {
	if s < 1 {
		return fmt.Sprintf("%.0f ms", s*1000)
	}
	return fmt.Sprintf("%.2f s", s)
}

func answers(l *latency) string {
	if l == nil {
		return "0"
	}
	return fmt.Sprint(l.Count)
}

// change is how much longer the second side takes.
func change(a, b *latency, q quantile) string {
	if a == nil || b == nil || q.of(a) == 0 {
		return "-"
	}
	return fmt.Sprintf("%+.0f%%", 100*(q.of(b)/q.of(a)-1))
}

// points is how many points of a percent the second ratio lies above the first.
func points(a, b *float64) string {
	if a == nil || b == nil {
		return "-"
	}
	return fmt.Sprintf("%+.3f points", 100*(*b-*a))
}
