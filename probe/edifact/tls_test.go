package edifact_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
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
