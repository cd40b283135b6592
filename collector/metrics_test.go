package collector

import (
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
)

// scraped returns the metric families of a collector that has seen everything that makes one appear, with the text.
func scraped(t *testing.T) (map[string]*dto.MetricFamily, []byte) {
	t.Helper()
	var c *collector
	r := startCollector(t, t.TempDir(), func(o *Options) {
		o.Config.SendInterval = time.Second
		o.started = func(started *collector) { c = started }
	})
	a := r.enroll("MIA-1")
	now := portolan.InstantOf(time.Now())
	a.send(portolan.Live, a.run(now.Add(-2*time.Minute), portolan.Good), a.run(now.Add(-time.Minute), portolan.Failed))
	for _, p := range []projection.Probing{{System: "tpac", Order: portolan.OrderStop}, {System: "ident", Order: portolan.OrderBackOff, Factor: 5}} {
		if err := c.note(t.Context(), evidence.EntryProbing, string(p.System), now, p); err != nil {
			t.Fatal(err)
		}
	}
	r.foldedAll()
	for range 2 { // officers' signals that no probe confirms are an incident too
		r.post("/api/v1/signals", []byte(`{"system":"tpac","port":"MIA","state":"down"}`), nil)
	}
	var body []byte
	r.await(func() bool {
		_, body = r.get("/metrics", nil)
		return bytes.Contains(body, []byte("portolan_error_budget_burn_rate{")) && bytes.Contains(body, []byte(`window="3d"`)) &&
			bytes.Contains(body, []byte("portolan_probing_back_off_factor{")) && bytes.Contains(body, []byte("portolan_incidents_open{"))
	})
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return families, body
}

// described lists our own metrics: name, type, labels, help.
func described(families map[string]*dto.MetricFamily) []string {
	var lines []string
	for name, f := range families {
		if !strings.HasPrefix(name, "portolan_") {
			continue
		}
		labels := map[string]bool{}
		for _, m := range f.Metric {
			for _, l := range m.Label {
				labels[l.GetName()] = true
			}
		}
		lines = append(lines, fmt.Sprintf("%s{%s} %s", name, strings.Join(sortedNames(labels), ","), strings.ToLower(f.GetType().String())))
	}
	slices.Sort(lines)
	return lines
}

func sortedNames(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestMetrics_NamesLabelsAndDocumentAreFrozen(t *testing.T) {
	t.Parallel()
	families, text := scraped(t)
	golden(t, filepath.Join("testdata", "metrics.golden.txt"), strings.Join(described(families), "\n")+"\n")
	golden(t, filepath.Join("..", "docs", "metrics.md"), metricsDocument(families))

	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = bytes.NewReader(text)
	if out, err := check.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// metricsDocument writes docs/metrics.md.
func metricsDocument(families map[string]*dto.MetricFamily) string {
	var b strings.Builder
	b.WriteString(`# Metrics of the collector

Generated from the code: ` + "`go test ./collector -update`" + ` writes this page anew. Beside these, the collector exports Go's and the
process's own metrics.

Counters and histograms count what reached this process since it started, at the time it came: backlog is counted when
it arrives, in a lane of its own. Figures are by event time, and a late result changes them where it happened. Histograms
have classic buckets at and around the objectives of the catalogue, and native ones.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
`)
	for _, line := range described(families) {
		name, rest, _ := strings.Cut(line, "{")
		labels, kind, _ := strings.Cut(rest, "} ")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, kind, strings.ReplaceAll(labels, ",", ", "), families[name].GetHelp())
	}
	b.WriteString(`
## Values of labels

- ` + "`outcome`" + `: good, slow, failed. ` + "`lane`" + `: live, backlog.
- ` + "`scope`" + `: nation (` + "`port`" + ` is empty) or port. ` + "`window`" + `: 5m, 30m, 1h, 2h, 6h, 1d, 3d, each ending at the last computation; for a
  port 5m, 1h, 6h, 1d; availability ratios for 1h and 1d. Each is computed anew every few seconds, or as
  often as one part in fifty of the time allows, at least every five minutes.
- ` + "`result`" + ` of a batch: accepted, duplicate, and why it was refused.
`)
	return b.String()
}

// A rate sees only what comes after a sample: the first bad run must find its counter there.
func TestMetrics_CountersAreThereBeforeTheFirstBadRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	check := func(r *running, good string) {
		t.Helper()
		for outcome, want := range map[string]string{"good": good, "slow": "0", "failed": "0"} {
			sample := fmt.Sprintf(`portolan_transactions_total{lane="live",outcome=%q,port="MIA",system="tpac",transaction="primary-inspection"}`, outcome)
			r.await(func() bool { return metricOf(r, sample) == want })
		}
	}
	r := startCollector(t, dir, nil)
	a := r.enroll("MIA-1")
	a.send(portolan.Live, a.run(portolan.InstantOf(time.Now()).Add(-time.Minute), portolan.Good))
	r.foldedAll()
	check(r, "1")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	check(startCollector(t, dir, nil), "0")
}

func TestHeardOf_LeavesOutWhoSaidFarewell(t *testing.T) {
	t.Parallel()
	agents := []projection.AgentNow{
		{Agent: "MIA-1", HeardAt: 300, Backlog: 1}, {Agent: "MIA-2", HeardAt: 100, Stopped: true, Backlog: 2},
		{Agent: "MIA-3", HeardAt: 200}, {Agent: "SEA-1", HeardAt: 100, Stopped: true},
	}
	want := []heardAgent{{"MIA-1", "MIA", 300, 1}, {"MIA-2", "MIA", 0, 2}, {"MIA-3", "MIA", 200, 0}, {"SEA-1", "SEA", 0, 0}}
	if got := heardOf(agents, 4); !slices.Equal(got, want) {
		t.Errorf("by agent: got %v, want %v", got, want)
	}
	want = []heardAgent{{"", "MIA", 200, 3}, {"", "SEA", 0, 0}}
	if got := heardOf(agents, 3); !slices.Equal(got, want) {
		t.Errorf("by port: got %v, want %v", got, want)
	}
}

func TestMetrics_ClassicBucketsLieAtTheObjectives(t *testing.T) {
	t.Parallel()
	families, _ := scraped(t)
	f := families["portolan_transaction_duration_seconds"]
	if f == nil {
		t.Fatal("no transaction durations")
	}
	var bounds []float64
	for _, b := range f.Metric[0].Histogram.Bucket {
		bounds = append(bounds, b.GetUpperBound())
	}
	r := startCollector(t, t.TempDir(), nil)
	var systems systemsAnswer
	r.get("/api/v1/systems", &systems)
	for _, s := range systems.Rows {
		for _, transaction := range s.Transactions {
			if !slices.Contains(bounds, transaction.LatencySeconds) {
				t.Errorf("no bucket at %v s, the objective of %s/%s: %v", transaction.LatencySeconds, s.System, transaction.Transaction, bounds)
			}
		}
	}
}

func TestMetrics_NativeHistogramsAreServed(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	a.send(portolan.Live, a.run(portolan.InstantOf(time.Now()).Add(-time.Minute), portolan.Good))
	r.foldedAll()
	request, err := http.NewRequest(http.MethodGet, r.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	decoder := expfmt.NewDecoder(response.Body, expfmt.ResponseFormat(response.Header))
	for {
		var f dto.MetricFamily
		if err := decoder.Decode(&f); err != nil {
			t.Fatalf("no native histogram found: %v", err)
		}
		if f.GetName() == "portolan_transaction_duration_seconds" {
			if h := f.Metric[0].Histogram; len(h.PositiveSpan) == 0 || len(h.Bucket) == 0 {
				t.Errorf("got %d native spans and %d classic buckets, want both", len(h.PositiveSpan), len(h.Bucket))
			}
			return
		}
	}
}
