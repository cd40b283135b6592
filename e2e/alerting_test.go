package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// notice is one alert of a notification that reached the pager.
type notice struct {
	Receiver    string // the path under which it was sent: page, ticket or alive
	Status      string `json:"status"` // firing or resolved
	Labels      map[string]string
	Annotations map[string]string
}

func (n notice) String() string {
	return fmt.Sprintf("%s %s %s %v", n.Receiver, n.Status, n.Labels["alertname"], n.Labels)
}

// watch is Prometheus and Alertmanager beside a world, with a pager stub that hears of their alerts.
type watch struct {
	w            *world
	prometheus   string // address
	alertmanager string
	notices      chan notice
}

// drill makes five minutes half a minute.
const drill = "0.1"

// newWatch starts Debian's Prometheus and Alertmanager on the shipped configurations, changed in addresses and
// intervals only, and on rules that portolanctl writes for a drill.
func newWatch(w *world) *watch {
	w.t.Helper()
	m := &watch{w: w, prometheus: freeAddress(w.t), alertmanager: freeAddress(w.t), notices: make(chan notice, 1000)}
	pager := httptest.NewServer(http.HandlerFunc(m.hear))
	w.t.Cleanup(pager.Close)

	rules := filepath.Join(w.dir, "rules.yml")
	out, err := exec.Command(filepath.Join(binaries, "portolanctl"), "rules", "--scale", drill, "--dashboard", "http://"+w.listen, "--output", rules).CombinedOutput()
	if err != nil {
		w.t.Fatalf("write rules: %v\n%s", err, out)
	}
	m.config("alertmanager.yml", map[string]string{
		"http://127.0.0.1:9099": pager.URL, "group_wait: 10s": "group_wait: 1s", "group_interval: 1m": "group_interval: 1s",
	})
	m.config("prometheus.yml", map[string]string{
		"127.0.0.1:8080": w.listen, "127.0.0.1:9093": m.alertmanager, "127.0.0.1:9090": m.prometheus,
		"rules/*.yml": rules, "scrape_interval: 15s": "scrape_interval: 1s", "evaluation_interval: 30s": "evaluation_interval: 1s",
	})
	alertmanager := start(w.t, w.dir, "alertmanager", "prometheus-alertmanager", "--config.file="+filepath.Join(w.dir, "alertmanager.yml"),
		"--storage.path="+filepath.Join(w.dir, "alertmanager"), "--web.listen-address="+m.alertmanager, "--cluster.listen-address=")
	prometheus := start(w.t, w.dir, "prometheus", "prometheus", "--config.file="+filepath.Join(w.dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(w.dir, "prometheus"), "--web.listen-address="+m.prometheus,
		// What fires before Prometheus has found Alertmanager is sent to nobody, and again after this.
		"--rules.alert.resend-delay=2s")
	m.untilReady(alertmanager, m.alertmanager)
	m.untilReady(prometheus, m.prometheus)
	return m
}

// config writes a shipped configuration with replacements, each of which must fit.
func (m *watch) config(name string, replace map[string]string) {
	m.w.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "configs", name))
	if err != nil {
		m.w.t.Fatal(err)
	}
	changed := string(text)
	for old, by := range replace {
		if !strings.Contains(changed, old) {
			m.w.t.Fatalf("configs/%s: no %q to replace", name, old)
		}
		changed = strings.ReplaceAll(changed, old, by)
	}
	if err := os.WriteFile(filepath.Join(m.w.dir, name), []byte(changed), 0o600); err != nil {
		m.w.t.Fatal(err)
	}
}

func (m *watch) untilReady(p *process, address string) {
	m.w.t.Helper()
	m.w.until(60*time.Second, p.name+" to be ready", func() error {
		if p.ended() {
			p.showLog()
			m.w.t.Fatalf("%s ended", p.name)
		}
		_, err := getText("http://" + address + "/-/ready")
		return err
	})
}

// hear takes a notification in, as any webhook receiver does.
func (m *watch) hear(w http.ResponseWriter, r *http.Request) {
	var message struct{ Alerts []notice }
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, n := range message.Alerts {
		n.Receiver = strings.TrimPrefix(r.URL.Path, "/")
		m.notices <- n
	}
}

// await returns the first notice of the alert in that status, and all that came before it.
func (m *watch) await(limit time.Duration, alert, status string) (found notice, before []notice) {
	m.w.t.Helper()
	deadline := time.After(limit)
	for {
		select {
		case n := <-m.notices:
			if n.Labels["alertname"] == alert && n.Status == status {
				return n, before
			}
			before = append(before, n)
		case <-deadline:
			m.w.t.Fatalf("waited %s for %s %s; heard %v", limit, alert, status, before)
		}
	}
}

// during returns what the pager heard in a time.
func (m *watch) during(d time.Duration) (heard []notice) {
	end := time.After(d)
	for {
		select {
		case n := <-m.notices:
			heard = append(heard, n)
		case <-end:
			return heard
		}
	}
}

// untilQuery waits until Prometheus answers the expression with at least one sample.
func (m *watch) untilQuery(limit time.Duration, expression string) {
	m.w.t.Helper()
	m.w.until(limit, expression, func() error {
		var answer struct {
			Data struct{ Result []any }
		}
		if err := getJSON("http://"+m.prometheus+"/api/v1/query?query="+url.QueryEscape(expression), &answer); err != nil {
			return err
		}
		if len(answer.Data.Result) == 0 {
			return fmt.Errorf("no sample")
		}
		return nil
	})
}

// systemAlerts are those about what officers meet.
func systemAlerts(notices []notice) (about []notice) {
	for _, n := range notices {
		switch n.Labels["alertname"] {
		case "PortolanIncident", "PortolanSystemFailing", "PortolanPortFailing", "PortolanSystemBudget", "PortolanPortBudget":
			about = append(about, n)
		}
	}
	return about
}

func TestPager_HearsOfIdentAndOfItsRepair(t *testing.T) {
	t.Parallel()
	ports := []string{"MIA", "SEA", "IAD"}
	w := newWorld(t, 2*time.Second, ports...)
	m := newWatch(w)
	m.await(60*time.Second, "PortolanWatchdog", "firing")
	m.untilQuery(90*time.Second, `count(system_port:portolan_runs:rate5m{system="tpac"} > 0) == 3`)

	w.faults(`[{"where":{"system":"ident"},"effect":"outage"}]`)
	page, before := m.await(120*time.Second, "PortolanIncident", "firing")
	if page.Receiver != "page" || page.Labels["system"] != "tpac" || page.Labels["scope"] != "nation" || page.Labels["cause"] != "dependency" {
		t.Errorf("heard %s, want an incident of tpac nationwide, by a dependency, at the pager", page)
	}
	if page.Annotations["summary"] != "Incident: tpac, scope nation, likely cause dependency" {
		t.Errorf("summary = %q", page.Annotations["summary"])
	}
	if _, err := os.Stat(filepath.Join("..", page.Annotations["runbook"])); err != nil {
		t.Errorf("the runbook that the page names: %v", err)
	}
	if _, err := getText(page.Annotations["dashboard"]); err != nil {
		t.Errorf("the dashboard that the page names: %v", err)
	}
	m.untilMuted("PortolanSystemFailing")
	m.untilMuted("PortolanPortFailing")

	w.faults(`[]`)
	_, during := m.await(180*time.Second, "PortolanIncident", "resolved")
	for _, n := range slices.Concat(before, during, m.during(20*time.Second)) {
		if n.Receiver == "page" {
			t.Errorf("one fault paged again: %s", n)
		}
	}
}

// untilMuted waits until Alertmanager holds the alert back for every port, because a wider one is out.
func (m *watch) untilMuted(alert string) {
	m.w.t.Helper()
	m.w.until(60*time.Second, alert+" to be muted", func() error {
		var alerts []struct{ Status struct{ State string } }
		if err := getJSON("http://"+m.alertmanager+"/api/v2/alerts?filter="+url.QueryEscape("alertname="+alert), &alerts); err != nil {
			return err
		}
		if len(alerts) == 0 {
			return fmt.Errorf("none yet")
		}
		for _, a := range alerts {
			if a.Status.State != "suppressed" {
				return fmt.Errorf("%+v", alerts)
			}
		}
		return nil
	})
}

// A collector that was away gets the failures of an outage long after it: the pager hears that the collector
// was away, which shows that it hears, and never of the outage.
func TestPager_HearsNothingOfBacklog(t *testing.T) {
	t.Parallel()
	const interval = 2 * time.Second
	w := newWorld(t, interval, "MIA", "SEA")
	m := newWatch(w)
	w.untilState(30*time.Second, "up", "MIA", "SEA")
	m.untilQuery(90*time.Second, `count(system_port:portolan_runs:rate5m{system="tpac"} > 0) == 2`)

	w.collector.end(syscall.SIGTERM)
	w.faults(`[{"where":{"system":"ident"},"effect":"outage"}]`)
	w.untilRuns("MIA-1", 12)
	w.faults(`[]`)
	_, heard := m.await(90*time.Second, "PortolanCollectorAbsent", "firing")
	repaired := time.Now()
	w.until(100*time.Second, "what failed to be older than a minute, and backlog (design 3.14)", func() error {
		if age := time.Since(repaired); age < 65*time.Second {
			return fmt.Errorf("it is %s old", age)
		}
		return nil
	})

	w.startCollector()
	_, back := m.await(90*time.Second, "PortolanCollectorAbsent", "resolved")
	m.untilQuery(90*time.Second, `sum(portolan_transactions_total{lane="backlog", outcome="failed"}) >= 10`)
	heard = append(append(heard, back...), m.during(40*time.Second)...)
	if about := systemAlerts(heard); len(about) > 0 {
		t.Errorf("the backlog was alarmed: %v", about)
	}
}
