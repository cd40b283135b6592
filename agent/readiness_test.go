package agent

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"portolan"
	"portolan/agent/uplink"
)

func TestRecorder_TellsOnceWhyARunCannotBeMadeReady(t *testing.T) {
	t.Parallel()
	core, logged := observer.New(zap.InfoLevel)
	r := &recorder{log: zap.New(core), metrics: newMetrics(func() uint64 { return 0 }, func() uplink.Status { return uplink.Status{} }), unready: map[portolan.Series]string{}}
	desk, other := portolan.Series{System: "desk", Transaction: "ask"}, portolan.Series{System: "desk", Transaction: "look"}
	missing, open := errors.New(`secret "x": it is not there`), errors.New(`secret "x": it is open to others`)
	for _, err := range []error{nil, missing, missing, missing, open, nil, nil} {
		r.prepared(desk, err)
		r.prepared(other, nil)
	}
	var said []string
	for _, entry := range logged.All() {
		reason, _ := entry.ContextMap()["reason"].(string)
		said = append(said, entry.Level.String()+" "+entry.ContextMap()["transaction"].(string)+" "+reason)
	}
	want := []string{"error ask " + missing.Error(), "error ask " + open.Error(), "info ask "}
	if len(said) != len(want) {
		t.Fatalf("logged %q, want %q", said, want)
	}
	for i := range want {
		if said[i] != want[i] {
			t.Errorf("line %d = %q, want %q", i, said[i], want[i])
		}
	}
	if got, want := scrape(t, r.metrics), `portolan_agent_unprepared_runs_total{system="desk",transaction="ask"} 4`; !strings.Contains(got, want) {
		t.Errorf("metrics do not hold %s:\n%s", want, got)
	}
}

// scrape returns the metrics as Prometheus reads them.
func scrape(t *testing.T, m *metrics) string {
	t.Helper()
	rw := httptest.NewRecorder()
	m.handler().ServeHTTP(rw, httptest.NewRequest("GET", "/metrics", nil))
	return rw.Body.String()
}
