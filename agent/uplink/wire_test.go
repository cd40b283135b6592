package uplink

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
)

const (
	// mostWire is what an agent with 15 transactions a minute may take, in bytes a second.
	mostWire = 100
	// packets is how many an exchange takes: request and answer, and an acknowledgement of each; overhead is
	// what IPv4 and TCP with timestamps put before each.
	packets, overhead = 4, 20 + 32
)

// meter counts what passes a connection, TLS included.
type meter struct {
	net.Conn
	bytes *atomic.Int64
}

// Read implements io.Reader.
func (m meter) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.bytes.Add(int64(n))
	return n, err
}

// Write implements io.Writer.
func (m meter) Write(b []byte) (int, error) {
	n, err := m.Conn.Write(b)
	m.bytes.Add(int64(n))
	return n, err
}

// acknowledge answers as the collector does.
func acknowledge(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e, err := evidence.Open(data, evidence.Limits{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	now := time.Now().UnixMicro()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(map[string]any{"number": e.Number, "hash": e.Hash, "received_at": now, "replied_at": now, "duplicate": false})
}

// wireBytes returns what passes the wire for each of n sendings of a quarter of 15 transactions with five steps.
func wireBytes(t testing.TB, n int) float64 {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(acknowledge))
	t.Cleanup(server.Close)
	var bytes atomic.Int64
	client := server.Client()
	transport := client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return meter{Conn: conn, bytes: &bytes}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &memory{rand: mathrand.New(mathrand.NewPCG(1, 1))}
	u := New(Options{URL: server.URL, Client: client, Agent: "MIA-1", Signer: key, SignEvery: time.Minute, Spool: s, Rand: s.rand})
	var before int64
	for i := range n + 1 {
		now := time.Now()
		s.spool((15+i%4)/4, now) // 15 results in four sendings
		// Four sendings make a minute, and one of them is signed.
		u.signedAt = now.Add(-time.Duration(i%4) * 16 * time.Second)
		u.notBefore, u.tickAt = time.Time{}, now
		if wait := u.next(t.Context()); wait > 0 {
			t.Fatalf("sending %d failed: %s", i, u.Status().LastError)
		}
		if i == 0 {
			before = bytes.Load() // the handshake and the plan
		}
	}
	return float64(bytes.Load()-before)/float64(n) + packets*overhead
}

func TestUplink_TakesLittleOfTheWire(t *testing.T) {
	t.Parallel()
	if got := wireBytes(t, 20) / defaultEvery.Seconds(); got > mostWire {
		t.Errorf("got %.0f bytes a second, want at most %d", got, mostWire)
	}
}

func BenchmarkWire(b *testing.B) {
	var got float64
	for b.Loop() {
		got = wireBytes(b, 20)
	}
	b.ReportMetric(got/defaultEvery.Seconds(), "bytes/s")
}

// memory is a spool that keeps nothing on disk.
type memory struct {
	rand   *mathrand.Rand
	last   portolan.Seq
	held   []evidence.Spooled
	number uint64
	head   evidence.Hash
	flight []byte
}

var _ Spool = (*memory)(nil)

// spool adds n results as agents record them: each of another transaction, with five steps and their phases.
func (m *memory) spool(n int, now time.Time) {
	plan := &portolan.Plan{Port: "MIA"}
	steps := []portolan.PlannedStep{{Step: "sign-on"}, {Step: "query"}, {Step: "apis-match"}, {Step: "biometric-match"}, {Step: "decision"}}
	for i := range 15 {
		plan.Series = append(plan.Series, portolan.PlannedSeries{System: "tpac", Transaction: portolan.TransactionID(fmt.Sprintf("t%d", i)), Interval: time.Minute, Steps: steps})
	}
	hash := evidence.HashPlan(plan)
	for range n {
		m.last++
		due := portolan.InstantOf(now)
		r := &portolan.Result{
			Seq: m.last, System: "tpac", Transaction: plan.Series[m.last%15].Transaction, Due: due, Start: due + portolan.Instant(m.rand.IntN(6000)),
			Attempt: 1, Outcome: portolan.Good,
		}
		for i, step := range steps {
			s := portolan.StepResult{Step: step.Step, Offset: r.Duration + m.micros(20), Outcome: portolan.Good, Bytes: int64(500 + m.rand.IntN(900))}
			phases := []int{0, 4_000, 20_000, 50_000, 180, 300_000, 300, 200}
			for p := portolan.PhaseDNS; p <= portolan.PhaseCheck; p++ {
				if i == 0 || p >= portolan.PhaseRequest {
					s.Phases.Add(p, m.micros(phases[p]))
				}
			}
			s.Duration = s.Phases.Sum() + m.micros(80)
			r.Steps, r.Duration = append(r.Steps, s), s.Offset+s.Duration
		}
		m.held = append(m.held, evidence.Spooled{Record: evidence.Record{Result: r}, Plan: plan, PlanHash: hash, Size: 300, At: now})
	}
}

func (m *memory) micros(most int) time.Duration {
	return time.Duration(most/2+m.rand.IntN(most)) * time.Microsecond
}

// Stream implements Spool.
func (m *memory) Stream() portolan.Stream { return portolan.Stream{1} }

// Recent implements Spool.
func (m *memory) Recent() []evidence.Spooled { return m.held }

// Read implements Spool.
func (m *memory) Read(portolan.Seq, int, int) ([]evidence.Spooled, error) { return nil, nil }

// Waiting implements Spool.
func (m *memory) Waiting() uint64 { return uint64(len(m.held)) }

// Chain implements Spool.
func (m *memory) Chain() (uint64, evidence.Hash, []byte) { return m.number, m.head, m.flight }

// Begin implements Spool.
func (m *memory) Begin(number uint64, b evidence.Sealed, _ []portolan.Seq) error {
	m.number, m.head, m.flight = number, b.Hash, b.Bytes
	return nil
}

// LeaveStream implements Spool.
func (m *memory) LeaveStream() error { return nil }

// Settle implements Spool.
func (m *memory) Settle(bool) error {
	m.held, m.flight = nil, nil
	return nil
}
