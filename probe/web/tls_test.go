package web_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/probe"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// trusting returns a step's definition that trusts the authority, with more of its part "tls".
func trusting(a *authority, more string) string {
	return "url: ${endpoint}\ntls:\n  ca: |\n" + indent(a.pem) + more
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}

func TestLink_TLSTakesItsPhase(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	pair, _, _ := a.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	got := mustAsk(t, serveTLS(t, configOf(pair)), trusting(a, ""), trusting(a, ""))
	if phases := reached(got.Steps[0]); phases != "connect tls request wait read check" {
		t.Errorf("reached %q", phases)
	}
	if phases := reached(got.Steps[1]); phases != "request wait read check" {
		t.Errorf("on the connection that is open: reached %q", phases)
	}
}

func TestLink_CertificateThatIsNotRightIsTold(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t), newAuthority(t)
	for name, test := range map[string]struct {
		host  string
		until time.Duration
		step  string
	}{
		"expired":     {"127.0.0.1", -time.Minute, trusting(a, "")},
		"wrong-name":  {"tpac.test", time.Hour, trusting(a, "")},
		"not-trusted": {"127.0.0.1", time.Hour, trusting(other, "")},
		"other-name":  {"127.0.0.1", time.Hour, trusting(a, "  server_name: ident.test\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pair, _, _ := a.issue(t, test.host, time.Now().Add(test.until))
			got, failures := ask(t, serveTLS(t, configOf(pair)), test.step)
			wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindCertificate)
			if phases := reached(got.Steps[0]); phases != "connect tls" {
				t.Errorf("reached %q", phases)
			}
		})
	}
}

func TestLink_ServerNameReplacesThatOfTheAddress(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	pair, _, _ := a.issue(t, "tpac.test", time.Now().Add(time.Hour))
	mustAsk(t, serveTLS(t, configOf(pair)), trusting(a, "  server_name: tpac.test\n"))
}

func TestLink_HandshakeThatFailsOtherwiseIsAHandshake(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	pair, _, _ := a.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	old := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12})
	plain := strings.Replace(serve(t, func(http.ResponseWriter, *http.Request) {}), "http:", "https:", 1)
	for name, test := range map[string]struct{ endpoint, step string }{
		"version-too-old": {old, trusting(a, "  min_version: '1.3'\n")},
		"no-tls-at-all":   {plain, trusting(a, "")},
	} {
		got, failures := ask(t, test.endpoint, test.step)
		t.Log(name)
		wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindHandshake)
	}
	mustAsk(t, old, trusting(a, "  min_version: '1.2'\n"))
}

func TestLink_ClosedInTheHandshakeIsClosedInTLS(t *testing.T) {
	t.Parallel()
	got, failures := ask(t, "https://"+raw(t, after("", nil)), "url: ${endpoint}")
	wantSymptom(t, got, failures, "a", portolan.PhaseTLS, portolan.KindClosed)
}

func TestLink_ClientCertificateIsShown(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	pair, _, _ := a.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(a.pem))
	endpoint := serveTLS(t, &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
	})
	_, certificate, key := a.issue(t, "MIA-1", time.Now().Add(time.Hour))
	dir := t.TempDir()
	files := map[string]string{"ca.pem": a.pem, "agent.pem": certificate, "agent-key.pem": key}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustAsk(t, endpoint, "url: ${endpoint}\nexpect: [body == 'MIA-1']\ntls:\n  ca: '"+filepath.Join(dir, "ca.pem")+
		"'\n  certificate: '"+filepath.Join(dir, "agent.pem")+"'\n  key: '"+filepath.Join(dir, "agent-key.pem")+"'\n")

	got, failures := ask(t, endpoint, trusting(a, ""))
	if got.Symptom.Kind != portolan.KindHandshake {
		t.Errorf("without a certificate: got %+v, want a handshake that failed: %v", got.Symptom, failures)
	}
}

func TestLink_RunnersTLSIsTheBase(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	pair, _, _ := a.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	endpoint := serveTLS(t, configOf(pair))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(a.pem))
	base := &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}}
	tr := transaction(t, "url: "+endpoint)
	got, failures := probe.NewRunner(probe.Options{TLS: base}).Run(t.Context(), tr, 0, 1)
	if got.Outcome != portolan.Good {
		t.Errorf("got %+v: %v", got.Symptom, failures)
	}
	if len(base.NextProtos) != 1 || base.ServerName != "" {
		t.Error("the runner's configuration was changed")
	}
}
