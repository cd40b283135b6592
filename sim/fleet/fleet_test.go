package fleet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
	"portolan/sim/fleet"
)

// center is a collector that keeps what it is sent in memory, and makes trouble.
type center struct {
	*httptest.Server
	key *ecdsa.PrivateKey
	ca  *x509.Certificate

	mu     sync.Mutex // guards everything that follows
	calls  int
	heads  map[portolan.AgentID]*evidence.Envelope
	plans  map[evidence.PlanHash]*portolan.Plan
	times  map[string]int // how often a result was taken, by agent and number
	lanes  map[portolan.Lane]int
	faults []string
}

func newCenter(t *testing.T) *center {
	t.Helper()
	c := &center{
		heads: map[portolan.AgentID]*evidence.Envelope{}, plans: map[evidence.PlanHash]*portolan.Plan{},
		times: map[string]int{}, lanes: map[portolan.Lane]int{},
	}
	var err error
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	c.ca = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour)}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	return c
}

func (c *center) options() fleet.Options {
	roots := x509.NewCertPool()
	roots.AddCert(c.Certificate())
	return fleet.Options{
		Agents: 6, Ports: 4, Series: 3, Interval: time.Second, For: 3 * time.Second, Backlog: 5 * time.Minute,
		Collector: c.URL, Roots: roots, Seed: 7, Token: func(id portolan.AgentID) (string, error) { return "token of " + string(id), nil },
	}
}

func (c *center) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.fault("body: %v", err)
		return
	}
	if r.URL.Path == "/enroll/v1/agents" {
		c.enroll(w, body)
		return
	}
	switch c.calls++; c.calls % 7 {
	case 1: // cut before anything is kept
		panic(http.ErrAbortHandler)
	case 3:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	answer := c.take(r, body)
	if c.calls%7 == 5 { // kept, and the answer is lost
		panic(http.ErrAbortHandler)
	}
	w.Write(answer)
}

func (c *center) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *center) enroll(w http.ResponseWriter, body []byte) {
	var q struct{ Token, Agent, CSR string }
	if err := json.Unmarshal(body, &q); err != nil || q.Token != "token of "+q.Agent {
		c.fault("enrolment %s: %v", body, err)
		return
	}
	block, _ := pem.Decode([]byte(q.CSR))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		c.fault("enrolment: %v", err)
		return
	}
	der, err := x509.CreateCertificate(rand.Reader, c.ca, c.ca, csr.PublicKey, c.key)
	if err != nil {
		c.fault("enrolment: %v", err)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))})
}

// take keeps a batch that follows the one before, as a collector does.
func (c *center) take(r *http.Request, body []byte) []byte {
	e, err := evidence.Open(body, evidence.Limits{})
	if err != nil {
		c.fault("batch: %v", err)
		return nil
	}
	ack, _ := json.Marshal(map[string]any{"number": e.Number, "hash": e.Hash.String()})
	head := c.heads[e.Agent]
	switch {
	case head != nil && head.Hash == e.Hash:
		return ack
	case head == nil && e.Number == 1:
	case head == nil || e.Number != head.Number+1 || e.Previous != head.Hash:
		c.fault("batch %d of %s does not follow", e.Number, e.Agent)
	}
	batch, err := e.Decode(func(h evidence.PlanHash) (*portolan.Plan, bool) { p := c.plans[h]; return p, p != nil })
	if err != nil {
		c.fault("batch %d of %s: %v", e.Number, e.Agent, err)
		return ack
	}
	if (r.Header.Get(evidence.LaneHeader) == "backlog") != (batch.Lane == portolan.Backlog) {
		c.fault("batch %d of %s: header %q in lane %v", e.Number, e.Agent, r.Header.Get(evidence.LaneHeader), batch.Lane)
	}
	c.heads[e.Agent], c.plans[batch.Plan] = e, batch.PlanBody
	c.lanes[batch.Lane]++
	for _, record := range batch.Records {
		c.times[fmt.Sprint(e.Agent, " ", record.Seq())]++
		if end := record.Result.End(); end > batch.SentAt {
			c.fault("result %d of %s ended %v after it was sent", record.Seq(), e.Agent, end.Sub(batch.SentAt))
		}
	}
	return ack
}

func TestRun_DeliversEverythingOnceThroughCutsAndOverload(t *testing.T) {
	t.Parallel()
	c := newCenter(t)
	report, err := fleet.Run(t.Context(), c.options())
	if err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fault := range c.faults {
		t.Error(fault)
	}
	for result, times := range c.times {
		if times != 1 {
			t.Errorf("result %s was taken %d times", result, times)
		}
	}
	if n := uint64(len(c.times)); n != report.Acknowledged || n != report.Drawn || n < 6*3*300 {
		t.Errorf("taken %d, acknowledged %d, drawn %d results; want the same, 5 min of 6 agents with 3 series at least", n, report.Acknowledged, report.Drawn)
	}
	if len(c.heads) != 6 || c.lanes[portolan.Live] == 0 || c.lanes[portolan.Backlog] < 6 {
		t.Errorf("%d agents sent %v", len(c.heads), c.lanes)
	}
	if report.Refused != 0 || report.Deferred == 0 || report.Cut == 0 || report.Live.Batches == 0 || report.Live.P50 > report.Live.Max {
		t.Errorf("report: %+v", report)
	}
	for _, name := range []portolan.AgentID{"X0001-1", "X0002-2", "X0004-1"} {
		if c.heads[name] == nil {
			t.Errorf("no %s among the agents", name)
		}
	}
}

func TestRun_TellsWhatIsWrongWithAnEnrolment(t *testing.T) {
	t.Parallel()
	o := newCenter(t).options()
	o.Token = func(id portolan.AgentID) (string, error) {
		if id == "X0003-1" {
			return "", errors.New("no token left")
		}
		return "token of " + string(id), nil
	}
	if _, err := fleet.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "enroll X0003-1: no token left") {
		t.Errorf("got %v, want the agent that could not enroll", err)
	}
}

func TestRun_TellsEveryFaultOfItsOptions(t *testing.T) {
	t.Parallel()
	_, err := fleet.Run(t.Context(), fleet.Options{Collector: "http://x", Backlog: -1})
	if !errors.Is(err, fleet.ErrOptions) {
		t.Fatalf("got %v, want ErrOptions", err)
	}
	for _, want := range []string{"agents 0", "ports 0", "series 0", "interval 0s", "backlog", "https://HOST:PORT"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}
