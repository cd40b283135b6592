package tn3270_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"testing"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

// certified returns a certificate for example.com, and who trusts it.
func certified(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server.TLS.Certificates[0], pool
}

func TestWay_SpeaksTLS(t *testing.T) {
	t.Parallel()
	certificate, roots := certified(t)
	network := listens(t, func(conn net.Conn) {
		secured := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}})
		defer secured.Close()
		stream, _, err := datastream.NewHost(secured)
		if err != nil {
			return // the terminal does not trust this host
		}
		h := &host{t, secured, stream}
		h.show("SIGN ON")
		h.hear()
	})
	for _, c := range []struct {
		name, step string
		roots      *x509.CertPool
		want       portolan.Symptom
	}{
		{"trusted", "{connect: 'telnets://${host}', tls: {server_name: example.com}, wait: {text: SIGN ON}}", roots, portolan.Symptom{}},
		{"another-name", "{connect: 'telnets://${host}'}", roots,
			portolan.Symptom{Step: "a", Phase: portolan.PhaseTLS, Kind: portolan.KindCertificate}},
		{"not-trusted", "{connect: 'telnets://${host}', tls: {server_name: example.com}}", nil,
			portolan.Symptom{Step: "a", Phase: portolan.PhaseTLS, Kind: portolan.KindCertificate}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := transaction(t, c.step)
			tr.Values["host"] = address
			options := probe.Options{Dial: network.DialContext, TLS: &tls.Config{RootCAs: c.roots}}
			got, failures := probe.NewRunner(options).Run(t.Context(), tr, 0, 1)
			if got.Symptom != c.want {
				t.Errorf("got %+v, want %+v: %v", got.Symptom, c.want, failures)
			}
			if want := "connect tls wait read check"; c.name == "trusted" && reached(got.Steps[0]) != want {
				t.Errorf("reached %q, want %q", reached(got.Steps[0]), want)
			}
		})
	}
}
