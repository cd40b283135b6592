package peer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"portolan"
)

// authority issues certificates as the center does: for clients.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key = newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "center"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func (a *authority) issue(agent portolan.AgentID) *tls.Certificate {
	a.t.Helper()
	key := newKey(a.t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: string(agent)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serve serves a circle and returns its address.
func serve(t *testing.T, c *Circle) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: c.Handler(), ErrorLog: nil}
	go func() { _ = server.Serve(tls.NewListener(listener, c.ServerTLS())) }()
	t.Cleanup(func() { server.Close() })
	return listener.Addr().String()
}

func circle(a *authority, agent portolan.AgentID, certificate *tls.Certificate, peers ...Peer) *Circle {
	return New(Options{
		Peers: peers, Roots: a.roots(), Certificate: func() (*tls.Certificate, error) { return certificate, nil },
		States: func() States {
			return States{Agent: agent, Systems: []State{{System: "tpac", State: portolan.Down, Since: 7, Network: true}}}
		},
	})
}

func TestCircle_PeersTellEachOther(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	second := circle(a, "MIA-2", a.issue("MIA-2"), Peer{Agent: "MIA-1"})
	first := circle(a, "MIA-1", a.issue("MIA-1"), Peer{Agent: "MIA-2", Address: serve(t, second)})
	done := make(chan struct{})
	go func() { first.Run(t.Context()); close(done) }()
	deadline := time.Now().Add(10 * time.Second)
	for len(first.Heard()) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the peer was not heard within 10 s")
		}
		ask(t.Context(), http.DefaultClient, Peer{Address: "127.0.0.1:1"}) // takes the time that a sleep would waste
	}
	if got := first.Heard()[0]; got.Agent != "MIA-2" || got.Systems[0] != (State{System: "tpac", State: portolan.Down, Since: 7, Network: true}) {
		t.Errorf("got %+v", got)
	}
}

func TestCircle_OnlyListedPeersOfTheAuthority(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t), newAuthority(t)
	second := circle(a, "MIA-2", a.issue("MIA-2"), Peer{Agent: "MIA-1"})
	address := serve(t, second)
	for name, c := range map[string]struct {
		asks *tls.Certificate
		of   portolan.AgentID
	}{
		"not listed there":       {a.issue("MIA-3"), "MIA-2"},
		"of another authority":   {other.issue("MIA-1"), "MIA-2"},
		"another than was meant": {a.issue("MIA-1"), "MIA-4"},
	} {
		asking := circle(a, "MIA-1", c.asks, Peer{Agent: c.of, Address: address})
		if _, err := ask(t.Context(), asking.client(asking.options.Peers[0]), asking.options.Peers[0]); err == nil {
			t.Errorf("%s: was answered", name)
		}
	}
}

func TestDecode_RefusesWhatIsNotThePeers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{`, `{"agent":"MIA-3","systems":[]}`, `{"agent":"MIA-2","systems":[` + strings.Repeat(`{},`, 300) + `{}]}`, `{"agent":"MIA-2","systems":[{"state":"sideways"}]}`} {
		if _, err := decode(strings.NewReader(text), "MIA-2"); err == nil {
			t.Errorf("%.40s: was taken", text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"agent":"MIA-2","systems":[{"system":"tpac","state":"down","since":7,"network":true}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := decode(strings.NewReader(text), "MIA-2"); err == nil && s.Agent != "MIA-2" {
			t.Errorf("%q was taken for the peer's", text)
		}
	})
}
