package feed_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"portolan"
	"portolan/internal/testnet"
	"portolan/probe"
)

// steady serves a feed over a WebSocket, with one source that is always heard.
func steady(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		item := fmt.Sprintf(`{"source":"A","time":%q}`, time.Now().Format(time.RFC3339Nano))
		if c.Write(r.Context(), websocket.MessageText, []byte(item)) != nil {
			return
		}
	}
}

func run(t *testing.T, o probe.Options, source string) (portolan.Result, []*probe.Failure) {
	t.Helper()
	return probe.NewRunner(o).Run(t.Context(), transaction(t, source), 0, 1)
}

func TestConnect_RefusedWebSockets(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]portolan.ErrorKind{
		http.StatusOK: portolan.KindProtocol, http.StatusFound: portolan.KindProtocol, http.StatusUnauthorized: portolan.KindCredential,
		http.StatusForbidden: portolan.KindCredential, http.StatusNotFound: portolan.KindStatus, http.StatusServiceUnavailable: portolan.KindStatus,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		got, failures := run(t, probe.Options{}, fmt.Sprintf("{url: '%s', sources: 1}", server.URL))
		t.Log(status)
		wantSymptom(t, got, failures, portolan.PhaseCheck, want)
		server.Close()
	}
}

func TestConnect_NetworkFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		condition testnet.Condition
		kind      portolan.ErrorKind
	}{"refused": {testnet.Refusing, portolan.KindRefused}, "stalled": {testnet.Stalled, portolan.KindTimeout}} {
		for _, url := range []string{"tcp://feed.test:80", "ws://feed.test:80", "tls://feed.test:80", "wss://feed.test:80"} {
			network := testnet.New()
			network.Set("feed.test:80", c.condition)
			tr := transaction(t, fmt.Sprintf("{url: '%s', sources: 1}", url))
			tr.Timeout = 50 * time.Millisecond
			got, failures := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), tr, 0, 1)
			t.Log(name, url)
			wantSymptom(t, got, failures, portolan.PhaseConnect, c.kind)
		}
	}
}

func TestConnect_ChecksCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(steady))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	lines, err := tls.Listen("tcp", "127.0.0.1:0", server.TLS)
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	go chatterOn(lines)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	ca := strconv.Quote(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	for _, url := range []string{strings.Replace(server.URL, "https", "wss", 1), "tls://" + lines.Addr().String()} {
		source := fmt.Sprintf("{url: '%s', sources: 1, sample: {lines: 3}}", url)
		got, failures := run(t, probe.Options{TLS: &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}}}, source)
		if got.Outcome != portolan.Good {
			t.Errorf("%s, trusted: got %+v %v", url, got.Symptom, failures)
		}
		if _, reached := got.Steps[0].Phases.Get(portolan.PhaseTLS); !reached {
			t.Errorf("%s: no TLS phase in %+v", url, got.Steps[0].Phases)
		}
		got, failures = run(t, probe.Options{}, source)
		wantSymptom(t, got, failures, portolan.PhaseTLS, portolan.KindCertificate)
		trusting := strings.TrimSuffix(source, "}") + ", tls: {ca: " + ca
		if got, failures = run(t, probe.Options{}, trusting+"}}"); got.Outcome != portolan.Good {
			t.Errorf("%s, trusted by the step: got %+v %v", url, got.Symptom, failures)
		}
		got, failures = run(t, probe.Options{}, trusting+", server_name: other.test}}")
		wantSymptom(t, got, failures, portolan.PhaseTLS, portolan.KindCertificate)
	}
}

// chatterOn says an item three times to everybody who connects.
func chatterOn(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		for range 3 {
			fmt.Fprintf(c, "{\"source\":\"A\",\"time\":%q}\n", time.Now().Format(time.RFC3339Nano))
		}
		c.Close()
	}
}

func TestConnect_SubscriptionEscapesItsValues(t *testing.T) {
	t.Parallel()
	watch(t, `sources: 1, subscribe: '{"agent":"${agent}"}'`, func(s speaker) {
		if want := `{"agent":"MIA\"1\n"}`; s.subscribed != want {
			t.Errorf("got subscription %s, want %s", s.subscribed, want)
		}
	}, func(t *testing.T, got portolan.Result, failures []*probe.Failure) {
		wantSymptom(t, got, failures, portolan.PhaseWait, portolan.KindClosed)
	})
}
