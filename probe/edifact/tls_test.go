package edifact_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"portolan"
	"portolan/probe"
)

func TestWay_TLS(t *testing.T) {
	t.Parallel()
	// The test server's certificate serves both; it is for example.com and 127.0.0.1.
	server := httptest.NewTLSServer(nil)
	server.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go serveLine(t, l, good)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	run := func(c *tls.Config) (portolan.Result, []*probe.Failure) {
		tr := transaction(t, "tls://"+l.Addr().String(), definition)
		return probe.NewRunner(probe.Options{TLS: c}).Run(t.Context(), tr, 0, 1)
	}
	got, failures := run(&tls.Config{RootCAs: roots})
	if got.Outcome != portolan.Good || reached(got.Steps[0]) != "connect tls request wait read check" {
		t.Errorf("got %+v %s: %v", got.Symptom, reached(got.Steps[0]), failures)
	}
	got, failures = run(nil)
	wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindCertificate)
	got, failures = run(&tls.Config{RootCAs: roots, ServerName: "other.test"})
	wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindCertificate)
	got, failures = ask(t, strings.Replace(lined(t, good), "tcp:", "tls:", 1), definition)
	wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindClosed)
}

// TestWay_TLSOfItsOwn trusts the server by the step alone, over a line and by HTTP.
func TestWay_TLSOfItsOwn(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(answering(t, good))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates, MaxVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go serveLine(t, l, good)
	ca := strconv.Quote(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	trusting := func(more string) string { return definition + "tls: {ca: " + ca + more + "}\n" }
	for _, endpoint := range []string{"tls://" + l.Addr().String(), server.URL} {
		got, failures := ask(t, endpoint, trusting(""), trusting(""))
		if got.Outcome != portolan.Good {
			t.Fatalf("%s: got %+v: %v", endpoint, got.Symptom, failures)
		}
		if _, again := got.Steps[1].Phases.Get(portolan.PhaseTLS); again {
			t.Errorf("%s: the second step had a handshake of its own", endpoint)
		}
		got, failures = ask(t, endpoint, trusting(""), definition)
		wantSymptom(t, got, failures, "b", portolan.PhaseTLS, portolan.KindCertificate) // not on the connection of who trusts
		got, failures = ask(t, endpoint, trusting(", server_name: other.test"))
		wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindCertificate)
	}
	got, failures := ask(t, "tls://"+l.Addr().String(), trusting(`, min_version: "1.3"`))
	wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindHandshake)
}
