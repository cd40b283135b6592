package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"portolan"
	"portolan/collector/projection"
)

// toxic starts a proxy to an address that can be told what to do to what it carries.
func toxic(t *testing.T, to string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "collector", freeAddress(t), to)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return proxy
}

// Delays, and connections that are cut in the middle of a request and of an answer.
func TestWire_DelaysAndCutsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	w := newCenter(t)
	w.startCollector()
	proxy := toxic(t, w.listen)
	c := newCourier(t, w, "MIA-1")
	c.start(proxy.Listen)
	c.record(5)
	c.deliver(20 * time.Second)
	faults := 0
	for range rounds(1) {
		for _, fault := range []string{
			`{"name": "cut-request", "type": "limit_data", "stream": "upstream", "attributes": {"bytes": 500}}`,
			`{"name": "cut-answer", "type": "limit_data", "stream": "downstream", "attributes": {"bytes": 60}}`,
			`{"name": "reset", "type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 5}}`,
			`{"name": "late-request", "type": "latency", "stream": "upstream", "attributes": {"latency": 2000, "jitter": 300}}`,
			`{"name": "late-answer", "type": "latency", "stream": "downstream", "attributes": {"latency": 2000}}`,
		} {
			c.meet(proxy, fault)
			c.record(2)
			c.deliver(60 * time.Second)
			faults++
		}
	}
	w.checkCouriers(faults, c)
}

// meet sends records into a fault, and takes the fault away when an attempt has met it.
func (c *courier) meet(proxy *toxiproxy.Proxy, fault string) {
	c.t.Helper()
	added, err := proxy.Toxics.AddToxicJson(strings.NewReader(fault))
	if err != nil {
		c.t.Fatal(err)
	}
	before := c.uplink.Status()
	c.record(10)
	until(c.t, 30*time.Second, "an attempt to meet "+added.Name, func() error {
		if s := c.uplink.Status(); s.LastError == "" && s.LastAck == before.LastAck {
			return errors.New("none was made")
		}
		return nil
	})
	if err := proxy.Toxics.RemoveToxic(c.t.Context(), added.Name); err != nil {
		c.t.Fatal(err)
	}
}

// mischief stands between agents and the collector, and does to whole requests what a wire cannot.
type mischief struct {
	t  *testing.T
	to string

	mu      sync.Mutex // guards everything that follows
	twice   bool       // each request arrives twice
	hold    bool       // each request is answered 504, and arrives after the next one
	held    [][]byte
	ahead   time.Duration // what the collector's clock is ahead, as answers tell it
	carried int
}

func newMischief(t *testing.T, to string) (*mischief, string) {
	t.Helper()
	m := &mischief{t: t, to: to}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	return m, strings.TrimPrefix(server.URL, "http://")
}

// ServeHTTP implements http.Handler.
func (m *mischief) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.carried++
	status, answer := http.StatusGatewayTimeout, []byte("{}")
	late := m.held
	if m.held = nil; m.hold && len(late) == 0 {
		m.held = [][]byte{body}
	} else {
		status, answer = m.forward(r, body)
	}
	for _, old := range late {
		m.forward(r, old)
	}
	if m.twice {
		m.forward(r, body)
	}
	w.WriteHeader(status)
	_, _ = w.Write(m.shifted(answer))
}

func (m *mischief) forward(r *http.Request, body []byte) (int, []byte) {
	request, err := http.NewRequest(r.Method, "http://"+m.to+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		m.t.Error(err)
		return http.StatusBadGateway, nil
	}
	request.Header = r.Header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return http.StatusBadGateway, []byte(err.Error())
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	return response.StatusCode, answer
}

// shifted returns an answer as a collector gives it whose clock is ahead.
func (m *mischief) shifted(answer []byte) []byte {
	if m.ahead == 0 {
		return answer
	}
	var told struct {
		Received portolan.Instant `json:"received_at"`
		Replied  portolan.Instant `json:"replied_at"`
	}
	if json.Unmarshal(answer, &told) != nil || told.Received == 0 {
		return answer
	}
	for _, at := range []portolan.Instant{told.Received, told.Replied} {
		answer = bytes.ReplaceAll(answer, mustJSON(m.t, at), mustJSON(m.t, at.Add(m.ahead)))
	}
	return answer
}

func mustJSON(t *testing.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return text
}

func (m *mischief) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func TestWire_RequestsThatComeTwiceOrLateCountOnce(t *testing.T) {
	t.Parallel()
	w := newCenter(t)
	w.startCollector()
	m, address := newMischief(t, w.listen)
	c := newCourier(t, w, "MIA-1")
	c.start(address)
	for range rounds(3) {
		m.set(func() { m.twice, m.hold = true, false })
		c.record(4)
		c.deliver(20 * time.Second)
		m.set(func() { m.twice, m.hold = false, true })
		c.record(4)
		c.deliver(60 * time.Second)
	}
	w.checkCouriers(m.carried, c)
}

// An agent whose clock is an hour wrong: its results count when they happened by the collector's.
func TestWire_ClockThatIsAnHourWrongIsCorrected(t *testing.T) {
	t.Parallel()
	w := newCenter(t)
	w.startCollector()
	m, address := newMischief(t, w.listen)
	m.set(func() { m.ahead = time.Hour })
	c := newCourier(t, w, "MIA-1")
	c.start(address)
	c.record(1) // whose answer tells what the clock is
	c.deliver(20 * time.Second)
	c.record(20)
	c.deliver(20 * time.Second)
	c.end()
	l := w.open()
	p, err := projection.New(t.Context(), projection.Options{Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := portolan.InstantOf(time.Now())
	found, err := p.Results(t.Context(), projection.ResultQuery{
		Window: portolan.Span{From: now.Add(30 * time.Minute), To: now.Add(2 * time.Hour)}, Limit: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 20 {
		t.Fatalf("%d results lie an hour ahead, want 20", len(found))
	}
	for _, r := range found {
		if ahead := r.EventTime.Sub(r.Start); (ahead - time.Hour).Abs() > time.Second {
			t.Errorf("record %d counts %s after its start, want 1h", r.Seq, ahead)
		}
	}
	t.Logf("1 fault, 20 records: each is there once, at its event time")
}

// Two agents with one identity: the copy of a workstation's disk.
func TestWire_CopiedAgentLosesNothing(t *testing.T) {
	t.Parallel()
	w := newCenter(t)
	w.startCollector()
	c := newCourier(t, w, "MIA-1")
	c.start(w.listen)
	c.record(5)
	c.deliver(20 * time.Second)
	c.end()
	twin := c.copy()
	c.start(w.listen)
	twin.start(w.listen)
	for range 4 {
		c.record(3)
		twin.record(3)
		c.deliver(60 * time.Second)
		twin.deliver(60 * time.Second)
	}
	if c.spool.Stream() == twin.spool.Stream() {
		t.Error("both go on with one stream")
	}
	forks, err := getText("http://" + w.listen + "/metrics")
	if err != nil || !bytes.Contains(forks, []byte(`portolan_batches_total{result="fork"} 1`)) {
		t.Errorf("the copied identity is not told in portolan_batches_total: %v", err)
	}
	w.checkCouriers(1, c, twin)
}
