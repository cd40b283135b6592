package main

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
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"portolan"
	"portolan/collector"
	"portolan/collector/registry"
	"portolan/evidence"
	"portolan/internal/clitest"
	"portolan/internal/ways"
)

// Each script asks a collector of its own: $COLLECTOR is its address, $DATA its data folder. One agent at MIA has told
// it of three runs of TPAC in the last three minutes: good, slow, and one that failed at IDENT. Officers there pressed "slow"
// twice, which is an incident.
func TestCollectorScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/collector",
		RequireExplicitExec: true,
		Setup:               setupCollector,
		Cmds:                map[string]clitest.Command{"exits": clitest.Exits, "shows": clitest.Shows},
		UpdateScripts:       *update,
	})
}

func setupCollector(env *testscript.Env) error {
	config := collector.DefaultConfig()
	config.Data = filepath.Join(env.WorkDir, "data")
	at, stop, err := startCollector(config)
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := stop(); err != nil {
			env.T().Log(err)
		}
	})
	env.Setenv("COLLECTOR", at)
	env.Setenv("DATA", config.Data)
	env.Setenv("FROM", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	env.Setenv("MONTH", time.Now().Add(-5*time.Minute).UTC().Format("2006-01"))
	env.Setenv("TO", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	return tell(at, config.Data)
}

// startCollector runs a collector in this process until stop is called, and returns its address.
func startCollector(config collector.Config) (at string, stop func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	config.Ports = filepath.Join("..", "..", "configs", "ports.yaml")
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- collector.Run(ctx, collector.Options{
			Config: config, Ways: ways.All(), Listener: listener, StoreEvery: 1, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
		return "http://" + listener.Addr().String(), func() error { cancel(); return <-ended }, nil
	case err := <-ended:
		cancel()
		return "", nil, err
	}
}

// tell enrolls MIA-1 and sends its three runs, as an agent does, and waits until they are in the figures.
func tell(at, data string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := enrollAt(at, data, key); err != nil {
		return err
	}
	plan := tpacPlan()
	now := portolan.InstantOf(time.Now())
	sealed, err := evidence.Seal(evidence.Batch{
		Agent: "MIA-1", Stream: portolan.Stream{1}, Number: 1, Lane: portolan.Live, SentAt: now,
		Plan: evidence.HashPlan(&plan), PlanBody: &plan, CarriesPlan: true, Clock: evidence.Clock{Age: -1},
		Records: threeRuns(now, 1),
	}, key)
	if err != nil {
		return err
	}
	if err := send(at+"/ingest/v1/batches", "application/vnd.portolan.batch", sealed.Bytes); err != nil {
		return err
	}
	if err := filled(at + "/api/v1/state"); err != nil {
		return err
	}
	for range 2 {
		if err := send(at+"/api/v1/signals", "application/json", []byte(`{"system":"tpac","port":"MIA","state":"slow"}`)); err != nil {
			return err
		}
	}
	return filled(at + "/api/v1/incidents")
}

func tpacPlan() portolan.Plan {
	return portolan.Plan{Port: "MIA", Class: "primary-booth", Series: []portolan.PlannedSeries{{
		System: "tpac", Transaction: "primary-inspection", Share: 1, Interval: time.Minute, Latency: 5 * time.Second,
		Steps: []portolan.PlannedStep{{Step: "sign-on"}, {Step: "biometric", Dependency: "ident"}},
	}}}
}

func enrollAt(at, data string, key *ecdsa.PrivateKey) error {
	now := portolan.InstantOf(time.Now())
	authority, err := registry.OpenAuthority(data, 0, now)
	if err != nil {
		return err
	}
	token, err := authority.NewToken("MIA-1", time.Hour, now)
	if err != nil {
		return err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "MIA-1"}}, key)
	if err != nil {
		return err
	}
	request, err := json.Marshal(registry.Request{
		Token: token, Agent: "MIA-1", CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		return err
	}
	return send(at+"/enroll/v1/agents", "application/json", request)
}

// threeRuns are records of runs that ended before now, numbered from first.
func threeRuns(now portolan.Instant, first portolan.Seq) []evidence.Record {
	late := portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseWait, Kind: portolan.KindLate}
	hung := portolan.Symptom{Step: "biometric", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"}
	var records []evidence.Record
	for i, r := range []portolan.Result{
		{Outcome: portolan.Good, Duration: 2 * time.Second},
		{Outcome: portolan.Slow, Duration: 9 * time.Second, Symptom: late},
		{Outcome: portolan.Failed, Duration: 30 * time.Second, Symptom: hung},
	} {
		r.Seq, r.System, r.Transaction, r.Attempt = first+portolan.Seq(i), "tpac", "primary-inspection", 1
		r.Start = now.Add(time.Duration(i-3) * time.Minute)
		r.Due = r.Start
		r.Steps = []portolan.StepResult{{Step: "sign-on", Duration: time.Second, Outcome: portolan.Good, Bytes: 80}}
		r.Steps[0].Phases.Add(portolan.PhaseWait, 700*time.Millisecond)
		records = append(records, evidence.Record{Result: &r})
	}
	return records
}

func send(url, kind string, body []byte) error {
	response, err := http.Post(url, kind, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}

// filled asks until an answer has rows.
func filled(url string) error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		var answer struct{ Rows []any }
		response, err := http.Get(url)
		if err != nil {
			return err
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		response.Body.Close()
		if err != nil || len(answer.Rows) > 0 {
			return err
		}
	}
	return fmt.Errorf("%s has no rows within 20 s", url)
}
