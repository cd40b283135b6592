package uplink_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/agent/spool"
	"portolan/agent/uplink"
	"portolan/evidence"
)

// fault is what goes wrong with one request.
type fault struct {
	lost    bool          // the request never arrives
	deaf    bool          // the answer never arrives
	twice   bool          // the request arrives twice
	status  int           // the answer's status, before anything is stored
	code    string        // and its code
	text    string        // and its text, instead of JSON
	header  http.Header   // and its header
	takes   time.Duration // how long the way there takes
	most    int           // bytes that a proxy lets pass; zero for any
	deliver func(size int) time.Duration
}

// arrival is a batch as the collector got it.
type arrival struct {
	at    time.Time
	bytes []byte
	lane  string // as the header revises it
	e     *evidence.Envelope
}

// collector is an ingest in memory: it keeps the chain as the real one does, and misbehaves as told.
type collector struct {
	fault   func(call int) fault
	clock   time.Duration // ahead of the agent's
	full    atomic.Bool   // no room for backlog
	demands bool          // that every batch is signed: no client certificate comes through to it

	mu       sync.Mutex // guards everything that follows
	calls    int
	arrivals []arrival
	plans    map[evidence.PlanHash]*portolan.Plan
	chains   map[portolan.Stream]*chain
	counted  map[portolan.Seq]int
	noRoom   map[uint64]bool // numbers of batches that there was no room for
	fork     error
}

// chain is what came of one stream.
type chain struct {
	judged map[uint64]verdict
	head   evidence.Hash
	number uint64
}

// verdict is what became of a number.
type verdict struct {
	hash evidence.Hash
	code string // empty if it was accepted
}

func newCollector() *collector {
	return &collector{
		fault: func(int) fault { return fault{} }, plans: map[evidence.PlanHash]*portolan.Plan{},
		chains: map[portolan.Stream]*chain{}, counted: map[portolan.Seq]int{}, noRoom: map[uint64]bool{},
	}
}

var _ http.RoundTripper = (*collector)(nil)

var errCut = errors.New("connection cut")

// RoundTrip implements http.RoundTripper.
func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	call := c.calls
	c.calls++
	c.mu.Unlock()
	f := c.fault(call)
	takes := f.takes
	if f.deliver != nil {
		takes += f.deliver(len(data))
	}
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(takes):
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case f.lost:
		return nil, errCut
	case c.full.Load() && r.Header.Get(evidence.LaneHeader) == "backlog":
		if e, err := evidence.Open(data, evidence.Limits{}); err == nil {
			c.noRoom[e.Number] = true
		}
		return reply(http.StatusServiceUnavailable, http.Header{"Retry-After": {"5"}}, []byte(`{"error":{"code":"overload"}}`)), nil
	case f.most > 0 && len(data) > f.most:
		return reply(http.StatusRequestEntityTooLarge, nil, []byte("<html>")), nil
	case f.status != 0 && f.code == "":
		return reply(f.status, f.header, []byte(f.text)), nil
	}
	status, body := c.take(data, r.Header.Get(evidence.LaneHeader), f)
	if f.twice {
		status, body = c.take(data, "", f)
	}
	if f.deaf {
		return nil, errCut
	}
	return reply(status, f.header, body), nil
}

func reply(status int, h http.Header, body []byte) *http.Response {
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader(body))}
}

// take judges a batch as ingest does.
func (c *collector) take(data []byte, lane string, f fault) (int, []byte) {
	e, err := evidence.Open(data, evidence.Limits{})
	if err != nil {
		return http.StatusBadRequest, refusal(0, "malformed")
	}
	if c.demands && !e.Signed {
		return http.StatusUnauthorized, refusal(0, "unsigned")
	}
	c.arrivals = append(c.arrivals, arrival{at: time.Now(), bytes: data, lane: lane, e: e})
	h := c.chains[e.Stream]
	if h == nil {
		h = &chain{judged: map[uint64]verdict{}}
		c.chains[e.Stream] = h
	}
	v, seen := h.judged[e.Number]
	switch {
	case seen && v.hash != e.Hash:
		c.fork = fmt.Errorf("batch %d came with two hashes", e.Number)
		return http.StatusConflict, refusal(e.Number, "fork")
	case !seen:
		v = verdict{hash: e.Hash, code: f.code}
		if v.code == "" {
			v.code = c.keep(h, e)
		}
		h.judged[e.Number], h.head, h.number = v, e.Hash, e.Number
	}
	if v.code != "" {
		return http.StatusUnprocessableEntity, refusal(e.Number, v.code)
	}
	now := portolan.InstantOf(time.Now().Add(c.clock))
	body, _ := json.Marshal(map[string]any{"number": e.Number, "hash": e.Hash, "received_at": now, "replied_at": now, "duplicate": seen})
	return http.StatusOK, body
}

func (c *collector) keep(h *chain, e *evidence.Envelope) string {
	if e.Number == h.number+1 && e.Previous != h.head {
		return "broken_chain"
	}
	for missing := h.number + 1; missing < e.Number; missing++ {
		if !c.noRoom[missing] {
			return "broken_chain"
		}
	}
	b, err := e.Decode(func(h evidence.PlanHash) (*portolan.Plan, bool) { p, ok := c.plans[h]; return p, ok })
	var unknown *evidence.UnknownPlanError
	if errors.As(err, &unknown) {
		return "unknown_plan"
	}
	if err != nil {
		return "malformed"
	}
	if b.CarriesPlan {
		c.plans[b.Plan] = b.PlanBody
	}
	for _, r := range b.Records {
		c.counted[r.Seq()]++
	}
	return ""
}

func refusal(number uint64, code string) []byte {
	return fmt.Appendf(nil, `{"error":{"code":%q,"message":"as told"},"number":%d}`, code, number)
}

func (c *collector) got() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]arrival(nil), c.arrivals...)
}

// times returns how often a record was counted.
func (c *collector) times(seq portolan.Seq) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counted[seq]
}

// attempts returns how many requests were made.
func (c *collector) attempts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// decoded returns an arrival's batch.
func (c *collector) decoded(t testing.TB, a arrival) *evidence.Batch {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := a.e.Decode(func(h evidence.PlanHash) (*portolan.Plan, bool) { p, ok := c.plans[h]; return p, ok })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// agent is a spool and an uplink on it, as one process has them.
type agent struct {
	s    *spool.Spool
	u    *uplink.Uplink
	stop context.CancelFunc
	done chan struct{}
}

func plan() portolan.Plan {
	return portolan.Plan{Port: "MIA", Series: []portolan.PlannedSeries{{
		System: "tpac", Transaction: "primary-inspection", Share: 1, Interval: time.Minute, Steps: []portolan.PlannedStep{{Step: "sign-on"}},
	}}}
}

// start begins a process on the spool in dir, with its uplink running.
func start(dir string, o uplink.Options) (*agent, error) { return startOn(dir, spool.Options{}, o) }

// startOn is start with bounds of the spool.
func startOn(dir string, bounds spool.Options, o uplink.Options) (*agent, error) {
	s, err := spool.Open(dir, bounds)
	if err != nil {
		return nil, err
	}
	if err := s.SetPlan(plan()); err != nil {
		return nil, err
	}
	o.Agent, o.Spool, o.URL = "MIA-1", s, "https://collector.example"
	if o.Rand == nil {
		o.Rand = mathrand.New(mathrand.NewPCG(1, 2))
	}
	ctx, stop := context.WithCancel(context.Background())
	a := &agent{s: s, u: uplink.New(o), stop: stop, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		_ = a.u.Run(ctx)
	}()
	return a, nil
}

// kill ends the process's goroutines; what it did not write is lost.
func (a *agent) kill() error {
	a.stop()
	<-a.done
	return a.s.Close()
}

func mustStart(t testing.TB, dir string, c *collector, o uplink.Options) *agent {
	t.Helper()
	return mustStartOn(t, dir, spool.Options{}, c, o)
}

func mustStartOn(t testing.TB, dir string, bounds spool.Options, c *collector, o uplink.Options) *agent {
	t.Helper()
	o.Client = &http.Client{Transport: c, Timeout: time.Minute}
	if o.Signer == nil {
		o.Signer = newKey(t)
	}
	a, err := startOn(dir, bounds, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.kill() })
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// record spools a result that began now.
func (a *agent) record(outcome portolan.Outcome) error {
	now := portolan.InstantOf(time.Now())
	_, err := a.s.Append(evidence.Record{Result: &portolan.Result{
		System: "tpac", Transaction: "primary-inspection", Due: now, Start: now, Duration: time.Second, Attempt: 1, Outcome: outcome,
		Steps: []portolan.StepResult{{Step: "sign-on", Duration: time.Second, Outcome: outcome}},
	}})
	return err
}

func (a *agent) mustRecord(t testing.TB, n int) {
	t.Helper()
	for range n {
		if err := a.record(portolan.Good); err != nil {
			t.Fatal(err)
		}
	}
}

// pass lets d go by on the clock of the test's bubble, and what is due in it happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
