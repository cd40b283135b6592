package collector

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/registry"
	"portolan/evidence"
	"portolan/internal/ways"
)

// running is a collector that runs in this process and is reached by HTTP.
type running struct {
	t    *testing.T
	url  string
	data string
	stop func() error
}

func startCollector(t *testing.T, data string, change func(*Options)) *running {
	t.Helper()
	config := DefaultConfig()
	config.Systems = []string{"tpac"} // one page of it is easier to read than twenty-five
	config.Data, config.Ports = data, filepath.Join("..", "configs", "ports.yaml")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	o := Options{Config: config, Ways: ways.All(), Listener: listener, StoreEvery: 1, Ready: func() { close(ready) }}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, o) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("collector did not start: %v", err)
	}
	r := &running{t: t, url: "http://" + listener.Addr().String(), data: data}
	stopped := false
	r.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("collector ended: %v", err)
		}
	})
	r.await(func() bool { status, _ := r.get("/-/ready", nil); return status == http.StatusOK })
	return r
}

// await asks until a condition holds. It asks over a socket, which takes the time that a sleep would waste.
func (r *running) await(holds func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			r.t.Fatal("condition did not come true within 20 s")
		}
	}
}

// get returns an answer, decoded into out unless that is nil.
func (r *running) get(path string, out any) (int, []byte) {
	r.t.Helper()
	response, err := http.Get(r.url + path)
	return r.read(response, err, out)
}

func (r *running) post(path string, body []byte, out any) (int, []byte) {
	r.t.Helper()
	return r.postAs("application/json", path, body, out)
}

func (r *running) postAs(kind, path string, body []byte, out any) (int, []byte) {
	r.t.Helper()
	response, err := http.Post(r.url+path, kind, bytes.NewReader(body))
	return r.read(response, err, out)
}

func (r *running) read(response *http.Response, err error, out any) (int, []byte) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			r.t.Fatalf("%s: %v", body, err)
		}
	}
	return response.StatusCode, body
}

// ask returns the availability of a window.
func (r *running) ask(window portolan.Span, more url.Values) availabilityAnswer {
	r.t.Helper()
	q := url.Values{"from": {window.From.String()}, "to": {window.To.String()}}
	for name, values := range more {
		q[name] = values
	}
	var answer availabilityAnswer
	if status, body := r.get("/api/v1/availability?"+q.Encode(), &answer); status != http.StatusOK {
		r.t.Fatalf("availability: %d %s", status, body)
	}
	return answer
}

// remote is an enrolled agent that makes evidence without running anything.
type remote struct {
	r      *running
	id     portolan.AgentID
	key    *ecdsa.PrivateKey
	stream portolan.Stream
	plan   portolan.Plan
	number uint64
	seq    portolan.Seq
	last   evidence.Hash
	events availability.Events
}

func (r *running) enroll(id portolan.AgentID) *remote {
	r.t.Helper()
	now := portolan.InstantOf(time.Now())
	authority, err := registry.OpenAuthority(r.data, 0, now)
	if err != nil {
		r.t.Fatal(err)
	}
	token, err := authority.NewToken(id, time.Hour, now)
	if err != nil {
		r.t.Fatal(err)
	}
	a := &remote{r: r, id: id, stream: portolan.Stream{7, id[0], id[len(id)-1]}, plan: specimenPlan(id.Port())}
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		r.t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(id)}}, a.key)
	if err != nil {
		r.t.Fatal(err)
	}
	body, err := json.Marshal(registry.Request{
		Token: token, Agent: id, CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if status, answer := r.post("/enroll/v1/agents", body, nil); status != http.StatusOK {
		r.t.Fatalf("enroll %s: %d %s", id, status, answer)
	}
	return a
}

func specimenPlan(port portolan.PortCode) portolan.Plan {
	return portolan.Plan{Port: port, Series: []portolan.PlannedSeries{{
		System: "tpac", Transaction: "primary-inspection", Share: 1, Interval: time.Minute,
		Latency: 5 * time.Second, Timeout: 30 * time.Second,
		Steps: []portolan.PlannedStep{{Step: "sign-on"}, {Step: "biometric", Dependency: "ident"}},
	}}}
}

// run makes a record of a run.
func (a *remote) run(start portolan.Instant, outcome portolan.Outcome) evidence.Record {
	a.seq++
	r := &portolan.Result{
		Seq: a.seq, System: "tpac", Transaction: "primary-inspection", Due: start, Start: start,
		Duration: 2 * time.Second, Attempt: 1, Outcome: outcome,
	}
	good := portolan.StepResult{Step: "sign-on", Duration: time.Second, Outcome: portolan.Good, Bytes: 512}
	good.Phases.Add(portolan.PhaseWait, 900*time.Millisecond)
	r.Steps = []portolan.StepResult{good}
	switch outcome {
	case portolan.Slow:
		r.Duration = 9 * time.Second
		r.Symptom = portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseWait, Kind: portolan.KindLate}
	case portolan.Failed:
		r.Symptom = portolan.Symptom{Step: "biometric", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"}
		r.Steps = append(r.Steps, portolan.StepResult{Step: "biometric", Offset: time.Second, Duration: time.Second, Outcome: portolan.Failed})
	case portolan.Good, portolan.OutcomeUnknown:
	}
	run, _ := availability.NewRun(r, availability.Origin{Stream: a.stream, Start: start, Interval: time.Minute})
	a.events.Runs = append(a.events.Runs, run)
	return evidence.Record{Result: r}
}

// send posts a batch, and returns the answer's status.
func (a *remote) send(lane portolan.Lane, records ...evidence.Record) int {
	a.r.t.Helper()
	a.number++
	sealed, err := evidence.Seal(evidence.Batch{
		Agent: a.id, Stream: a.stream, Number: a.number, Previous: a.last, Lane: lane, SentAt: portolan.InstantOf(time.Now()),
		Plan: evidence.HashPlan(&a.plan), PlanBody: &a.plan, CarriesPlan: true, Records: records,
		Clock: evidence.Clock{Age: -1},
	}, a.key)
	if err != nil {
		a.r.t.Fatal(err)
	}
	a.last = sealed.Hash
	status, body := a.r.postAs("application/vnd.portolan.batch", "/ingest/v1/batches", sealed.Bytes, nil)
	if status != http.StatusOK {
		a.r.t.Logf("batch %d: %d %s", a.number, status, body)
	}
	return status
}

// foldedAll waits until everything that was acknowledged is in the figures.
func (r *running) foldedAll() {
	r.t.Helper()
	r.await(func() bool { return metricOf(r, "portolan_projection_lag_positions") == "0" })
}

// metricOf returns the value of a sample as the exposition spells it, "" if it is not there.
func metricOf(r *running, sample string) string {
	_, body := r.get("/metrics", nil)
	for line := range bytes.Lines(body) {
		if rest, ok := bytes.CutPrefix(line, []byte(sample+" ")); ok {
			return string(bytes.TrimSpace(rest))
		}
	}
	return ""
}
