package accuracy_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/collector"
	"portolan/collector/registry"
	"portolan/internal/ways"
	"portolan/ports"
	"portolan/schedule"
	"portolan/sim"
	"portolan/sim/accuracy"
	"portolan/sim/fleet"
	"portolan/sim/truth"
	"portolan/targets"
)

const (
	scenarios  = "../../configs/scenarios"
	sendEvery  = 15 * time.Second
	quietEvery = 2 * time.Minute
)

// center is a collector in the scenario's time.
type center struct {
	url       string
	client    *http.Client
	authority *registry.Authority
	roots     *x509.CertPool
}

// startCenter starts a collector that lives in the time of a scenario.
func startCenter(t testing.TB, s *sim.Scenario) *center {
	t.Helper()
	config := collector.DefaultConfig()
	config.Data, config.TLS.Hosts = t.TempDir(), []string{"127.0.0.1"}
	config.Ports, config.SendInterval = filepath.Join(scenarios, "ports.yaml"), quietEvery
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- collector.Run(ctx, collector.Options{
			Config: config, Ways: ways.All(), Listener: listener, Ready: func() { close(ready) }, Replay: portolan.InstantOf(s.Start),
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("collector: %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(errors.Join(errors.New("collector ended"), err))
	}
	c := &center{url: "https://" + listener.Addr().String(), roots: x509.NewCertPool()}
	if c.authority, err = registry.OpenAuthority(config.Data, 0, portolan.InstantOf(time.Now())); err != nil {
		t.Fatal(err)
	}
	c.roots.AppendCertsFromPEM(c.authority.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.roots}}
	t.Cleanup(transport.CloseIdleConnections)
	c.client = &http.Client{Transport: transport}
	return c
}

func (c *center) get(path string, query url.Values) ([]byte, error) {
	response, err := c.client.Get(c.url + path + "?" + query.Encode())
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("answered %d %s", response.StatusCode, body))
	}
	return body, err
}

func worldOf(t testing.TB, s *sim.Scenario) *truth.World {
	t.Helper()
	known, err := ports.Load(filepath.Join(scenarios, "ports.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := targets.Load(targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron})
	if err != nil {
		t.Fatal(err)
	}
	w, err := truth.New(s, c, known)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// played plays a scenario to a collector of its own and returns what that says beside the truth.
func played(t testing.TB, s *sim.Scenario) (accuracy.Report, fleet.Played) {
	t.Helper()
	w, c := worldOf(t, s), startCenter(t, s)
	report, err := fleet.Play(t.Context(), fleet.PlayOptions{
		Scenario: s, World: w, SendEvery: sendEvery, QuietEvery: quietEvery, Collector: c.url, Roots: c.roots,
		Token: func(id portolan.AgentID) (string, error) {
			return c.authority.NewToken(id, time.Hour, portolan.InstantOf(time.Now()))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.settle(t)
	said, err := accuracy.Ask(w, c.get)
	if err != nil {
		t.Fatal(err)
	}
	return accuracy.Compare(s.Name, w, said), report
}

// settle waits until everything that the collector acknowledged is folded and stored.
func (c *center) settle(t testing.TB) {
	t.Helper()
	looks := time.NewTicker(100 * time.Millisecond)
	defer looks.Stop()
	for range 600 {
		text, err := c.get("/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nportolan_projection_lag_positions 0\n") {
			return
		}
		<-looks.C
	}
	t.Fatal("the collector does not catch up")
}

// BenchmarkReplay plays months of the audit to a whole collector over TLS and holds what that says against the truth: for
// each system the error of its availability in percentage points, and that of the usual way of monitoring; how many figures
// have bounds that do not hold the truth; what became of the issues. MONTHS names others, or all.
func BenchmarkReplay(b *testing.B) {
	months := strings.Split(cmp.Or(os.Getenv("MONTHS"), "2017-01,2017-03"), ",")
	files, err := filepath.Glob(filepath.Join(scenarios, "20*.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		month := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if months[0] != "all" && !slices.Contains(months, month) {
			continue
		}
		b.Run(month, func(b *testing.B) {
			for range b.N {
				replayed(b, file)
			}
		})
	}
}

func replayed(b *testing.B, file string) {
	s, err := sim.LoadScenario(file)
	if err != nil {
		b.Fatal(err)
	}
	r, p := played(b, s)
	if dir := os.Getenv("PORTOLAN_REPLAYED"); dir != "" { // the whole report, for whoever looks into it
		text, err := json.MarshalIndent(r, "", "  ")
		if err = errors.Join(err, os.WriteFile(filepath.Join(dir, s.Name+".json"), text, 0o600)); err != nil {
			b.Fatal(err)
		}
	}
	usual, err := accuracy.Usual(worldOf(b, s), s.Seed)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(reportErrors(b, r.Availability, "-error-points"), "worst-error-points")
	b.ReportMetric(reportErrors(b, usual, "-usual-error-points"), "usual-worst-error-points")
	outside := slices.DeleteFunc(slices.Clone(r.Availability), func(f accuracy.Figure) bool { return f.Inside })
	b.ReportMetric(float64(len(outside)), "figures-outside-bounds")
	b.ReportMetric(float64(len(r.Availability)), "figures")
	for _, f := range r.IssueFree {
		if f.System == "tpac" && f.Said != nil {
			b.ReportMetric(100**f.Said, "tpac-issue-free-percent")
			b.ReportMetric(100*f.Truth, "tpac-issue-free-truth-percent")
		}
	}
	i := &r.Incidents
	b.ReportMetric(float64(i.Issues), "issues")
	b.ReportMetric(float64(i.Found), "issues-found")
	b.ReportMetric(float64(i.False), "false-incidents")
	b.ReportMetric(float64(i.ScopeRight), "scopes-right")
	b.ReportMetric(float64(i.CauseRight), "causes-right")
	b.ReportMetric(100*(i.SaidHours/i.Hours-1), "incident-hours-error-percent")
	b.ReportMetric(100*(i.FoundHours/i.Hours-1), "found-hours-error-percent")
	b.ReportMetric(float64(p.Results)/p.Seconds, "results/s")
}

// reportErrors reports the error of each system at all ports, and returns the worst.
func reportErrors(b *testing.B, figures []accuracy.Figure, name string) (worst float64) {
	for i := range figures {
		if f := &figures[i]; f.Port == "" && f.Error != nil {
			b.ReportMetric(*f.Error, string(f.System)+name)
			worst = max(worst, math.Abs(*f.Error))
		}
	}
	return worst
}
