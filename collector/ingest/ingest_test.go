package ingest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ingest"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
	"portolan/collector/registry"
	"portolan/evidence"
)

// center is an ingest on a ledger of its own.
type center struct {
	*sqlite.Ledger
	registry *registry.Registry
	ingest   *ingest.Ingest
	server   *httptest.Server

	mu       sync.Mutex // guards everything that follows
	counted  []ingest.Result
	accepted []uint64
	failures []error
	refused  []ingest.Result // that the operator was told of
}

// newCenter serves ingest over plain HTTP, or over TLS with the collector's own certificate.
func newCenter(t testing.TB, secure bool, change func(*ingest.Options)) *center {
	t.Helper()
	l, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	authority, err := registry.OpenAuthority(t.TempDir(), 0, wallClock())
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.New(t.Context(), l, authority, wallClock())
	if err != nil {
		t.Fatal(err)
	}
	c := &center{Ledger: l, registry: r}
	options := ingest.Options{Ledger: l, Registry: r, Counted: c.count, Accepted: c.accept, Refused: c.refuse, Failed: c.fail}
	if change != nil {
		change(&options)
	}
	c.ingest = ingest.New(options)
	c.server = httptest.NewUnstartedServer(c.ingest.Routes())
	if secure {
		// StartTLS would put a certificate of its own before the collector's.
		c.server.Listener = tls.NewListener(c.server.Listener, authority.ServerTLS([]string{"127.0.0.1"}))
	}
	c.server.Start()
	if secure {
		c.server.URL = strings.Replace(c.server.URL, "http:", "https:", 1)
	}
	t.Cleanup(c.server.Close)
	return c
}

func wallClock() portolan.Instant { return portolan.InstantOf(time.Now()) }

func (c *center) count(r ingest.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counted = append(c.counted, r)
}

func (c *center) accept(link ledger.Link, b *evidence.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.Number == link.Number {
		c.accepted = append(c.accepted, link.Number)
	}
}

func (c *center) refuse(_ ledger.Chain, _ uint64, why ingest.Result, _ string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = append(c.refused, why)
}

func (c *center) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures = append(c.failures, err)
}

// last returns the result that was counted last.
func (c *center) last() ingest.Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.counted) == 0 {
		return ingest.ResultUnknown
	}
	return c.counted[len(c.counted)-1]
}

// agent is an enrolled agent that makes and sends batches.
type agent struct {
	center *center
	id     portolan.AgentID
	key    *ecdsa.PrivateKey
	cert   []byte // DER
	client *http.Client
	next   evidence.Batch
	seq    portolan.Seq
}

// enroll enrolls an agent by the protocol. Over TLS its client shows its certificate from then on.
func (c *center) enroll(t testing.TB, id portolan.AgentID) *agent {
	t.Helper()
	a := &agent{center: c, id: id, key: newKey(t), client: c.client(nil)}
	token, err := c.registry.Authority().NewToken(id, time.Hour, wallClock())
	if err != nil {
		t.Fatal(err)
	}
	status, body := post(t, a.client, c.server.URL+"/enroll/v1/agents", "application/json", enrolment(t, id, a.key, token))
	var issued registry.Issued
	if err := json.Unmarshal(body, &issued); err != nil || status != http.StatusOK {
		t.Fatalf("enroll %q: %d %s", id, status, body)
	}
	block, _ := pem.Decode([]byte(issued.Certificate))
	a.cert = block.Bytes
	a.client = c.client(&tls.Certificate{Certificate: [][]byte{a.cert}, PrivateKey: a.key})
	plan := planOf(id)
	a.next = evidence.Batch{
		Agent: id, Stream: portolan.Stream{1, 2, 3}, Number: 1, Lane: portolan.Live, SentAt: wallClock(),
		Plan: evidence.HashPlan(plan), PlanBody: plan, CarriesPlan: true,
	}
	return a
}

func (c *center) client(certificate *tls.Certificate) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.registry.Authority().Certificate())
	config := &tls.Config{RootCAs: roots}
	if certificate != nil {
		config.Certificates = []tls.Certificate{*certificate}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func enrolment(t testing.TB, id portolan.AgentID, key *ecdsa.PrivateKey, token string) []byte {
	t.Helper()
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(id)}}, key)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(registry.Request{
		Token: token, Agent: id, CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func planOf(id portolan.AgentID) *portolan.Plan {
	return &portolan.Plan{Port: id.Port(), Series: []portolan.PlannedSeries{{
		System: "tpac", Transaction: "primary-inspection", Share: 1,
		Interval: time.Minute, Latency: 4 * time.Second, Timeout: 30 * time.Second,
		Steps: []portolan.PlannedStep{{Step: "sign-on"}, {Step: "query"}, {Step: "decision"}},
	}}}
}

// seal returns the next batch of the chain, with so many results, signed by signer (nil: unsigned).
func (a *agent) seal(t testing.TB, results int, signer crypto.Signer) evidence.Sealed {
	t.Helper()
	b := a.next
	b.Records = nil
	for range results {
		a.seq++
		start := wallClock()
		r := &portolan.Result{
			Seq: a.seq, System: "tpac", Transaction: "primary-inspection", Due: start, Start: start,
			Duration: 1200 * time.Millisecond, Attempt: 1, Outcome: portolan.Good,
		}
		for n, step := range b.PlanBody.Series[0].Steps {
			s := portolan.StepResult{Step: step.Step, Offset: time.Duration(n) * 400 * time.Millisecond, Duration: 390 * time.Millisecond, Outcome: portolan.Good}
			s.Phases.Add(portolan.PhaseWait, 350*time.Millisecond)
			r.Steps = append(r.Steps, s)
		}
		b.Records = append(b.Records, evidence.Record{Result: r})
	}
	sealed, err := evidence.Seal(b, signer)
	if err != nil {
		t.Fatal(err)
	}
	a.next.Number, a.next.Previous, a.next.CarriesPlan = b.Number+1, sealed.Hash, false
	return sealed
}

// send sends a batch and returns the answer.
func (a *agent) send(t testing.TB, body []byte) (int, reply) {
	t.Helper()
	status, text := post(t, a.client, a.center.server.URL+"/ingest/v1/batches", evidence.MediaType, body)
	var r reply
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("answer %d %q: %v", status, text, err)
	}
	return status, r
}

// reply is every field that an answer may have.
type reply struct {
	Number     uint64           `json:"number"`
	Hash       string           `json:"hash"`
	ReceivedAt portolan.Instant `json:"received_at"`
	RepliedAt  portolan.Instant `json:"replied_at"`
	Duplicate  bool             `json:"duplicate"`
	SetAside   string           `json:"set_aside"`
	Error      struct {
		Code, Message string
	} `json:"error"`
}

func post(t testing.TB, client *http.Client, url, kind string, body []byte) (int, []byte) {
	t.Helper()
	response, err := client.Post(url, kind, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, text
}

func (c *center) links(t testing.TB) []ledger.Link {
	t.Helper()
	links, err := c.Read(t.Context(), ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return links
}
