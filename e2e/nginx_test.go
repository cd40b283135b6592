package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"portolan"
	"portolan/internal/ways"
	"portolan/probe"
	"portolan/targets"
)

// front is nginx with TLS before an upstream, as it stands before many a real system.
type front struct {
	*process
	address string
	roots   *x509.CertPool
}

// newFront starts nginx before an address.
func newFront(t *testing.T, upstream string) front {
	t.Helper()
	dir := t.TempDir()
	f := front{address: freeAddress(t), roots: x509.NewCertPool()}
	host, _, _ := net.SplitHostPort(f.address)
	f.roots.AddCert(selfSigned(t, dir, host))
	config := fmt.Sprintf(`daemon off; pid %[1]s/nginx.pid; error_log stderr; user root;
events {}
http {
	access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s ssl; ssl_certificate %[1]s/server.crt; ssl_certificate_key %[1]s/server.key;
		location / {
			proxy_pass http://%[3]s; proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
		}
	}
}
`, dir, f.address, upstream)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	f.process = start(t, dir, "nginx", "nginx", "-p", dir, "-c", path, "-e", "stderr")
	until(t, 10*time.Second, "nginx to serve", func() error {
		conn, err := net.Dial("tcp", f.address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	return f
}

// selfSigned writes a certificate for an address and its key into dir.
func selfSigned(t *testing.T, dir, address string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(address)}}
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"server.crt": {Type: "CERTIFICATE", Bytes: made}, "server.key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(made)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// newSystem starts the simulator with one system for one workstation, and returns its admin address and the
// system's own.
func newSystem(t *testing.T, system portolan.SystemID) (admin, address string) {
	t.Helper()
	admin = freeAddress(t)
	p := launch(t, t.TempDir(), "sim", "portolan-sim", "serve", "--listen", admin, "--ports", "MIA", "--systems", string(system))
	var listed struct {
		Systems []struct {
			System  portolan.SystemID `json:"system"`
			Address string            `json:"address"`
		} `json:"systems"`
	}
	until(t, 30*time.Second, "the simulator to serve", func() error {
		if p.ended() {
			p.showLog()
			t.Fatal("the simulator ended")
		}
		return getJSON("http://"+admin+"/admin/v1/systems", &listed)
	})
	for _, s := range listed.Systems {
		if s.System == system {
			return admin, s.Address
		}
	}
	t.Fatalf("no %s in %+v", system, listed)
	return "", ""
}

// try runs a transaction of the catalogue once against an endpoint.
func try(t *testing.T, o probe.Options, system portolan.SystemID, transaction portolan.TransactionID, endpoint string) portolan.Result {
	t.Helper()
	catalogue, err := targets.Load(targets.Options{
		Ways: ways.All(), CheckCron: func(string, string) error { return nil },
		Endpoints: map[targets.EndpointID]string{targets.NewEndpointID(system, ""): endpoint},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Values = map[string]string{"agent": "MIA-1", "port": "MIA"}
	result, failures := probe.NewRunner(o).Run(t.Context(), catalogue.System(system).Transaction(transaction), 1, 1)
	t.Log(failures)
	return result
}

// A WebSocket through a real server with TLS: what its users see when it, or what is behind it, breaks.
func TestNginx_WebSocketOverTLS(t *testing.T) {
	t.Parallel()
	_, address := newSystem(t, "amoss")
	f := newFront(t, address)
	trusting := probe.Options{TLS: &tls.Config{RootCAs: f.roots}}
	watch := func(o probe.Options, endpoint string) portolan.Symptom {
		t.Helper()
		result := try(t, o, "amoss", "web-picture", endpoint)
		return result.Symptom
	}
	failed := func(phase portolan.Phase, kind portolan.ErrorKind) portolan.Symptom {
		return portolan.Symptom{Step: "web-picture", Phase: phase, Kind: kind}
	}
	if got := watch(trusting, "https://"+f.address); got != (portolan.Symptom{}) {
		t.Errorf("got %+v of a good feed", got)
	}
	if got, want := watch(probe.Options{}, "https://"+f.address), failed(portolan.PhaseTLS, portolan.KindCertificate); got != want {
		t.Errorf("without trust: got %+v, want %+v", got, want)
	}
	gone := newFront(t, freeAddress(t))
	if got, want := watch(probe.Options{TLS: &tls.Config{RootCAs: gone.roots}}, "https://"+gone.address), failed(portolan.PhaseCheck, portolan.KindStatus); got != want {
		t.Errorf("nothing behind nginx: got %+v, want %+v", got, want)
	}
	if got, want := watch(trusting, "http://"+f.address), failed(portolan.PhaseCheck, portolan.KindStatus); got != want {
		t.Errorf("plain to a port for TLS: got %+v, want %+v", got, want)
	}
	f.end(syscall.SIGTERM)
	if got, want := watch(trusting, "https://"+f.address), failed(portolan.PhaseConnect, portolan.KindRefused); got != want {
		t.Errorf("nginx stopped: got %+v, want %+v", got, want)
	}
}
