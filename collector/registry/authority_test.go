package registry_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/registry"
)

// emptyLedger is a ledger without agents.
type emptyLedger struct{ registry.Ledger }

func (emptyLedger) EnrolledAgents(context.Context, portolan.AgentID) ([]ledger.Agent, error) {
	return nil, nil
}

func (emptyLedger) Heads(context.Context, portolan.AgentID) ([]ledger.Head, error) { return nil, nil }

func (emptyLedger) Enroll(_ context.Context, e ledger.Enrolment, _ ledger.NextEntry) (ledger.Certificate, error) {
	return e.Certificate, nil
}

func TestOpenAuthority_KeepsItsKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	const racers = 4
	authorities := make([]*registry.Authority, racers)
	var group sync.WaitGroup
	for n := range racers { // a tool may start beside the collector, on an empty folder
		group.Go(func() {
			a, err := registry.OpenAuthority(dir, 0, now)
			if err != nil {
				t.Error(err)
			}
			authorities[n] = a
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	for _, a := range authorities[1:] {
		if !bytes.Equal(a.Certificate(), authorities[0].Certificate()) || !bytes.Equal(a.JournalCertificate(), authorities[0].JournalCertificate()) {
			t.Error("two authorities in one folder")
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode() != 0o600 {
			t.Errorf("%s has mode %v, want it readable by its owner only", f.Name(), info.Mode())
		}
	}
	if got := strings.Join(names, " "); got != "ca.crt ca.key journal.crt journal.key token.secret" {
		t.Errorf("files: %s", got)
	}
}

func TestOpenAuthority_RefusesDamagedFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ca.crt", "ca.key", "journal.crt", "journal.key", "token.secret"} {
		dir := t.TempDir()
		if _, err := registry.OpenAuthority(dir, 0, now); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := registry.OpenAuthority(dir, 0, now); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
	}
}

func TestAuthority_ServerTLSIsTrustedByItsAgents(t *testing.T) {
	t.Parallel()
	a, err := registry.OpenAuthority(t.TempDir(), 0, portolan.InstantOf(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", a.ServerTLS([]string{"collector.example", "127.0.0.1"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake() // the client says whether it went well
			conn.Close()
		}
	}()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.Certificate())
	for host, trusted := range map[string]bool{"collector.example": true, "127.0.0.1": true, "other.example": false} {
		raw, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		conn := tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: host, GetClientCertificate: func(q *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = len(q.AcceptableCAs)
			return &tls.Certificate{}, nil
		}})
		if err := conn.Handshake(); (err == nil) != trusted {
			t.Errorf("%s: got %v, want trusted to be %v", host, err, trusted)
		}
		if trusted && asked != 1 {
			t.Errorf("%s: asked for a certificate of %d authorities, want the collector's own: others are asked of people", host, asked)
		}
		conn.Close()
	}
}
