package netpath_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"portolan"
	"portolan/probe"
)

func TestNetpath_CertificatesMatterWhereTheyAreChecked(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	step := func(mode string) string {
		return fmt.Sprintf("{to: '%s', tls: %s, trips: {count: 1}}", server.URL, mode)
	}
	got, failures, _ := run(t, probe.Options{}, step("checked"))
	wantSymptom(t, got, failures, portolan.PhaseTLS, portolan.KindCertificate)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for mode, o := range map[string]probe.Options{"any": {}, "checked": {TLS: &tls.Config{RootCAs: roots, NextProtos: []string{"h3"}}}} {
		got, failures, _ := run(t, o, step(mode))
		if _, reached := got.Steps[0].Phases.Get(portolan.PhaseTLS); got.Outcome != portolan.Good || !reached {
			t.Errorf("%s: got %v %+v %v", mode, got.Outcome, got.Symptom, failures)
		}
	}
}
