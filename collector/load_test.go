package collector

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portolan"
	"portolan/collector/registry"
	"portolan/evidence"
	"portolan/internal/pgtest"
	"portolan/internal/ways"
)

// heapGrowth is by how many percent the command lets a heap grow in which as little lives as here.
const heapGrowth = 800

// BenchmarkLoad plays agents against a whole collector over TLS: each batch of 15 results with five steps is sealed,
// sent, durable in SQLite before it is answered, and folded. Generator and collector share the machine.
func BenchmarkLoad(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(heapGrowth))
	for _, agents := range []int{64, 256} {
		b.Run(fmt.Sprintf("agents-%d", agents), func(b *testing.B) {
			center := startLoaded(b, "")
			center.playAll(b, center.enrollAll(b, agents))
		})
	}
	b.Run("without-steps", func(b *testing.B) {
		center := startLoaded(b, "")
		agents := center.enrollAll(b, 64)
		for _, a := range agents {
			a.bare = true
		}
		center.playAll(b, agents)
	})
}

// BenchmarkLoadPostgres is BenchmarkLoad with PostgreSQL on the same machine, which syncs each commit.
func BenchmarkLoadPostgres(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(heapGrowth))
	server, err := pgtest.Start(pgtest.Options{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := server.Remove(); err != nil {
			b.Error(err)
		}
	}()
	databases := 0
	b.Run("agents-64", func(b *testing.B) {
		databases++ // this runs again with a larger b.N
		name := fmt.Sprintf("load%d", databases)
		if err := server.Create(name); err != nil {
			b.Fatal(err)
		}
		center := startLoaded(b, server.URL(name))
		center.playAll(b, center.enrollAll(b, 64))
	})
}

// playAll has the agents send b.N batches, each as fast as it is answered.
func (l *loaded) playAll(b *testing.B, agents []*loader) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	spent := cpuTime(b, os.Getpid())
	behind := l.watchLag(b)
	var group sync.WaitGroup
	for _, a := range agents {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				a.send(b)
			}
		})
	}
	group.Wait()
	b.StopTimer()
	behind()
	b.ReportMetric(float64(b.N)*float64(agents[0].results())/b.Elapsed().Seconds(), "results/s")
	b.ReportMetric(float64((cpuTime(b, os.Getpid())-spent).Microseconds())/float64(b.N), "cpu-us/batch")
	size, err := l.c.ledger.Size(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size)/float64(b.N*agents[0].results()), "bytes/result")
}

const resultsABatch = 15

type loaded struct {
	url       string
	c         *collector
	authority *registry.Authority
}

// startLoaded starts a collector on a database, or on SQLite if that is "".
func startLoaded(b *testing.B, database string) *loaded {
	config := DefaultConfig()
	config.Data, config.TLS.Hosts = b.TempDir(), []string{"127.0.0.1"}
	config.Store.URL = database
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ready := make(chan struct{})
	o := Options{Config: config, Ways: ways.All(), Listener: listener, Ready: func() { close(ready) }}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var center loaded
	o.started = func(c *collector) { center.c = c }
	go func() { ended <- Run(ctx, o) }()
	select {
	case <-ready:
	case err := <-ended:
		b.Fatal(err)
	}
	b.Cleanup(func() { cancel(); <-ended })
	center.url = "https://" + listener.Addr().String()
	center.authority, err = registry.OpenAuthority(config.Data, 0, portolan.InstantOf(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	return &center
}

func (l *loaded) enrollAll(b *testing.B, count int) []*loader {
	agents := make([]*loader, count)
	for n := range agents {
		agents[n] = l.enroll(b, portolan.AgentID(fmt.Sprintf("MIA-%d", n+1)))
	}
	return agents
}

// loader is an agent that seals and sends.
type loader struct {
	turns int  // results of each series in a batch; zero for one
	bare  bool // results have no steps

	in    *bufio.Reader
	out   *bufio.Writer
	key   *ecdsa.PrivateKey
	next  evidence.Batch
	seq   portolan.Seq
	start portolan.Instant
}

func (l *loaded) enroll(b *testing.B, id portolan.AgentID) *loader {
	now := portolan.InstantOf(time.Now())
	token, err := l.authority.NewToken(id, time.Hour, now)
	if err != nil {
		b.Fatal(err)
	}
	plan := loadPlan(id.Port())
	a := &loader{start: now, next: evidence.Batch{
		Agent: id, Stream: portolan.Stream([]byte(fmt.Sprintf("%016s", id))), Plan: evidence.HashPlan(&plan), PlanBody: &plan,
		CarriesPlan: true, Lane: portolan.Live, Clock: evidence.Clock{Age: -1},
	}}
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		b.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(id)}}, a.key)
	if err != nil {
		b.Fatal(err)
	}
	body, _ := json.Marshal(registry.Request{Token: token, Agent: id, CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr}))})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(l.authority.Certificate())
	enrolling := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer enrolling.CloseIdleConnections()
	response, err := enrolling.Post(l.url+"/enroll/v1/agents", "application/json", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	response.Body.Close()
	var issued registry.Issued
	if err := json.Unmarshal(answer, &issued); err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("enroll: %s", answer)
	}
	block, _ := pem.Decode([]byte(issued.Certificate))
	conn, err := tls.Dial("tcp", strings.TrimPrefix(l.url, "https://"), &tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{{Certificate: [][]byte{block.Bytes}, PrivateKey: a.key}},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	a.in, a.out = bufio.NewReader(conn), bufio.NewWriter(conn)
	return a
}

func loadPlan(port portolan.PortCode) portolan.Plan {
	plan := portolan.Plan{Port: port}
	for n := range resultsABatch {
		s := portolan.PlannedSeries{
			System: portolan.SystemID(fmt.Sprintf("system-%d", n%5)), Transaction: portolan.TransactionID(fmt.Sprintf("work-%d", n)),
			Share: 1, Interval: time.Minute, Latency: 5 * time.Second, Timeout: 30 * time.Second,
		}
		for step := range 5 {
			s.Steps = append(s.Steps, portolan.PlannedStep{Step: portolan.StepID(fmt.Sprintf("step-%d", step))})
		}
		plan.Series = append(plan.Series, s)
	}
	return plan
}

// results is how many there are in a batch.
func (a *loader) results() int { return max(1, a.turns) * len(a.next.PlanBody.Series) }

// send seals and delivers a batch, and returns how long the answer took.
func (a *loader) send(b *testing.B) time.Duration {
	sealed := a.seal(b)
	begun := time.Now()
	if err := a.post(sealed.Bytes); err != nil {
		b.Errorf("batch %d: %v", a.next.Number, err)
	}
	return time.Since(begun)
}

// seal makes the next batch, with results of each series a minute apart. Every fourth is signed, as agents sign at least
// every minute.
func (a *loader) seal(b *testing.B) evidence.Sealed {
	a.next.Number++
	a.next.Records = a.next.Records[:0]
	for range max(1, a.turns) {
		a.start = a.start.Add(time.Minute)
		for n := range a.next.PlanBody.Series {
			a.next.Records = append(a.next.Records, evidence.Record{Result: a.draw(n)})
		}
	}
	a.next.SentAt = a.start.Add(15 * time.Second)
	var signer crypto.Signer
	if a.next.Number%4 == 1 {
		signer = a.key
	}
	sealed, err := evidence.Seal(a.next, signer)
	if err != nil {
		b.Error(err)
	}
	a.next.Previous, a.next.CarriesPlan = sealed.Hash, false
	return sealed
}

// draw makes the next result of the n-th series.
func (a *loader) draw(n int) *portolan.Result {
	a.seq++
	planned := &a.next.PlanBody.Series[n]
	start := a.start.Add(time.Duration(n) * 700 * time.Millisecond)
	r := &portolan.Result{Seq: a.seq, System: planned.System, Transaction: planned.Transaction, Due: start, Start: start,
		Attempt: 1, Outcome: portolan.Good, Duration: time.Second}
	if a.bare {
		return r
	}
	r.Duration, r.Steps = 0, make([]portolan.StepResult, 0, len(planned.Steps))
	for i, step := range planned.Steps {
		s := portolan.StepResult{Step: step.Step, Offset: r.Duration, Outcome: portolan.Good, Bytes: 600}
		for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
			s.Phases.Add(p, time.Duration(100+(int(a.seq)*7919+i*104729+int(p)*31)%40000)*time.Microsecond)
		}
		s.Duration = s.Phases.Sum()
		r.Duration += s.Duration
		r.Steps = append(r.Steps, s)
	}
	return r
}

// post delivers a batch over the agent's one connection, again if it is told to come later. It speaks HTTP by itself,
// since the goroutines of net/http's client would take as much of the machine as the collector.
func (a *loader) post(body []byte) error {
	for {
		fmt.Fprintf(a.out, "POST /ingest/v1/batches HTTP/1.1\r\nHost: collector\r\nContent-Type: %s\r\n%s: %s\r\nContent-Length: %d\r\n\r\n",
			evidence.MediaType, evidence.LaneHeader, a.next.Lane, len(body))
		a.out.Write(body)
		if err := a.out.Flush(); err != nil {
			return err
		}
		response, err := http.ReadResponse(a.in, nil)
		if err != nil {
			return err
		}
		answer, err := io.ReadAll(response.Body)
		switch {
		case err == nil && response.StatusCode == http.StatusOK:
			return nil
		case err != nil || response.StatusCode != http.StatusServiceUnavailable:
			return fmt.Errorf("answered %d %s %w", response.StatusCode, answer, err)
		}
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		wait(context.Background(), time.Duration(seconds)*time.Second)
	}
}
