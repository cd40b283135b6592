package alerting

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// pair is a long and a short window with the share of the error budget that may go in the long one before
// somebody hears of it (the multi-window, multi-burn-rate alerts of the SRE workbook).
type pair struct {
	name  string // of the long window, as the label "window" and the records' names spell it
	long  time.Duration
	share float64
}

func pairs() []pair {
	return []pair{
		{"1h", time.Hour, 0.02},
		{"6h", 6 * time.Hour, 0.05},
		{"1d", 24 * time.Hour, 0.10},
		{"3d", 72 * time.Hour, 0.10},
	}
}

const (
	objectiveWindow = 30 * 24 * time.Hour // of an objective that names none
	// A loose objective's threshold may lie beyond 1, where a whole outage would not reach it.
	highestThreshold = 0.9
)

// thresholds records, for each system, the ratio of bad runs beyond which each pair speaks.
func thresholds(systems []System) []Rule {
	var rules []Rule
	for _, s := range systems {
		window := s.Objective.Window
		if window <= 0 {
			window = objectiveWindow
		}
		for _, p := range pairs() {
			burn := p.share * float64(window) / float64(p.long)
			rules = append(rules, Rule{
				Record: "system:portolan_bad_ratio:threshold",
				Expr:   "vector(" + number(min(highestThreshold, burn*(1-s.Objective.Availability))) + ")",
				Labels: map[string]string{"system": string(s.ID), "window": p.name},
			})
		}
	}
	return rules
}

// number prints v to six digits, which hides what binary fractions add.
func number(v float64) string {
	digits := math.Pow(10, 6-math.Ceil(math.Log10(math.Max(v, 1e-9))))
	return strconv.FormatFloat(math.Round(v*digits)/digits, 'g', -1, 64)
}

// scope is what runs are summed by.
type scope struct {
	prefix string // of the records' names
	labels string
}

func scopes() []scope { return []scope{{"system_port", "system, port"}, {"system", "system"}} }

const (
	allRuns = `portolan_transactions_total{lane="live"}`
	badRuns = `portolan_transactions_total{lane="live", outcome!="good"}` // slow is not available (design 3.4)
)

// fastRecords records what the quickest alerts compare. Rates over an hour come from the counters
// themselves: a mean of five-minute rates would tell of an outage five minutes late.
func (w writer) fastRecords() []Rule {
	var rules []Rule
	for _, s := range scopes() {
		for _, r := range [][2]string{
			{"portolan_runs:rate5m", "sum by (LABELS) (rate(" + allRuns + "[<<5m>>]))"},
			{"portolan_bad_runs:rate5m", "sum by (LABELS) (rate(" + badRuns + "[<<5m>>]))"},
			{"portolan_bad_runs:sum", "sum by (LABELS) (" + badRuns + ")"},
			{"portolan_bad_runs:slots1h", "changes(PREFIX:portolan_bad_runs:sum[<<1h>>])"},
			{"portolan_bad_runs:new1h", newRuns("1h")},
			{"portolan_bad_runs:new15m", newRuns("15m")},
			{"portolan_bad_ratio:rate5m", "PREFIX:portolan_bad_runs:rate5m / PREFIX:portolan_runs:rate5m"},
			{"portolan_bad_ratio:rate1h", "sum by (LABELS) (rate(" + badRuns + "[<<1h>>])) / sum by (LABELS) (rate(" + allRuns + "[<<1h>>]))"},
		} {
			rules = append(rules, w.record(s, r[0], r[1]))
		}
	}
	return rules
}

// slowRecords records the longer windows from what was recorded every 30 s, which spares Prometheus
// reading days of counters again and again.
func (w writer) slowRecords() []Rule {
	const bad, all = "PREFIX:portolan_bad_runs:rate5m", "PREFIX:portolan_runs:rate5m"
	var rules []Rule
	for _, s := range scopes() {
		for _, name := range []string{"30m", "2h", "6h", "1d", "3d"} {
			rules = append(rules, w.record(s, "portolan_bad_ratio:rate"+name,
				"sum_over_time("+bad+"["+span(name)+"]) / sum_over_time("+all+"["+span(name)+"])"))
		}
		for _, name := range []string{"6h", "1d", "3d"} {
			rules = append(rules,
				w.record(s, "portolan_bad_runs:new"+name, newRuns(name)),
				w.record(s, "portolan_bad_runs:slots"+name, "changes(PREFIX:portolan_bad_runs:sum["+span(name)+"])"))
		}
	}
	return rules
}

// newRuns counts the bad runs in a window. Prometheus' own increase stretches what it saw to the window's
// edges, by half and more where samples are few, which is when the count matters. This one begins again
// when the collector restarts: it may count too few, never too many.
func newRuns(window string) string {
	return "PREFIX:portolan_bad_runs:sum - min_over_time(PREFIX:portolan_bad_runs:sum[" + span(window) + "])"
}

// span writes a window's name as expand reads it.
func span(window string) string {
	if days, ok := strings.CutSuffix(window, "d"); ok {
		n, _ := strconv.Atoi(days)
		return "<<" + strconv.Itoa(24*n) + "h>>"
	}
	return "<<" + window + ">>"
}

func (w writer) record(s scope, name, expr string) Rule {
	expr = strings.NewReplacer("LABELS", s.labels, "PREFIX", s.prefix).Replace(expr)
	return Rule{Record: s.prefix + ":" + name, Expr: w.expand(expr)}
}
