package registry_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
	"portolan/collector/registry"
	"portolan/evidence"
)

const now = portolan.Instant(1_483_394_400_000_000) // 2017-01-02T22:00:00Z

func openLedger(t *testing.T) *sqlite.Ledger {
	t.Helper()
	l, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func newRegistry(t *testing.T, l *sqlite.Ledger) *registry.Registry {
	t.Helper()
	a, err := registry.OpenAuthority(t.TempDir(), 0, now)
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.New(t.Context(), l, a, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func request(t *testing.T, agent portolan.AgentID, key *ecdsa.PrivateKey, token string) registry.Request {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(agent)}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return registry.Request{
		Token: token, Agent: agent, CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})),
	}
}

func token(t *testing.T, r *registry.Registry, agent portolan.AgentID, at portolan.Instant) string {
	t.Helper()
	text, err := r.Authority().NewToken(agent, time.Hour, at)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func enroll(t *testing.T, r *registry.Registry, agent portolan.AgentID, key *ecdsa.PrivateKey, at portolan.Instant) *x509.Certificate {
	t.Helper()
	issued, err := r.Enroll(t.Context(), request(t, agent, key, token(t, r, agent, at)), at)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, issued.Certificate)
}

func parse(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestRegistry_EnrollIssuesWhatTheAuthorityVouchesFor(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	r := newRegistry(t, l)
	key := newKey(t)
	certificate := enroll(t, r, "MIA-1", key, now)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(r.Authority().Certificate())
	_, err := certificate.Verify(x509.VerifyOptions{
		Roots: roots, CurrentTime: now.Time(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	if !key.PublicKey.Equal(certificate.PublicKey) || certificate.Subject.CommonName != "MIA-1" ||
		len(certificate.URIs) != 1 || certificate.URIs[0].String() != "portolan://port/MIA" ||
		!certificate.NotAfter.Equal(now.Time().Add(registry.DefaultValidity)) {
		t.Errorf("certificate: %v %v until %v", certificate.Subject, certificate.URIs, certificate.NotAfter)
	}
	agent, err := r.Identify(t.Context(), certificate, now)
	if err != nil || agent != "MIA-1" {
		t.Errorf("identify: %q, %v", agent, err)
	}
	entry, err := l.LastJournal(t.Context(), evidence.EntryAgent, "MIA-1")
	if err != nil || entry.Number != 1 {
		t.Fatalf("journal: entry %d, %v", entry.Number, err)
	}
	journal := parse(t, string(r.Authority().JournalCertificate()))
	err = evidence.VerifyJournal(func(yield func(evidence.Entry, error) bool) { yield(entry, nil) }, journal.PublicKey)
	if err != nil {
		t.Errorf("verify journal: %v", err)
	}
}

func TestRegistry_IdentifyRefuses(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	r, stranger := newRegistry(t, l), newRegistry(t, openLedger(t))
	mine, revoked := enroll(t, r, "MIA-1", newKey(t), now), enroll(t, r, "MIA-2", newKey(t), now)
	if err := r.Revoke(t.Context(), "MIA-2", now); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		certificate *x509.Certificate
		at          portolan.Instant
		want        error
	}{
		{"expired", mine, now.Add(registry.DefaultValidity), registry.ErrExpired},
		{"not yet valid", mine, now.Add(-time.Hour), registry.ErrExpired},
		{"revoked", revoked, now, registry.ErrRevoked},
		{"same name from elsewhere", enroll(t, stranger, "MIA-1", newKey(t), now), now, registry.ErrUnknown},
		{"unknown name", enroll(t, stranger, "SEA-1", newKey(t), now), now, registry.ErrUnknown},
	} {
		if _, err := r.Identify(t.Context(), c.certificate, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestRegistry_KeysOutliveARenewal(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, openLedger(t))
	first, second := newKey(t), newKey(t)
	enroll(t, r, "MIA-1", first, now)
	later := now.Add(80 * 24 * time.Hour)
	if _, err := r.Renew(t.Context(), request(t, "MIA-1", second, ""), later); err != nil {
		t.Fatal(err)
	}
	expired := later.Add(20 * 24 * time.Hour) // the first certificate has, the second has not
	keys, err := r.Keys(t.Context(), "MIA-1", expired)
	if err != nil || len(keys) != 2 || !keys[0].Equal(&second.PublicKey) || !keys[1].Equal(&first.PublicKey) {
		t.Errorf("got %d keys, %v; want the second and the first", len(keys), err)
	}
	if _, err := r.Keys(t.Context(), "MIA-1", later.Add(registry.DefaultValidity)); !errors.Is(err, registry.ErrExpired) {
		t.Errorf("when both have expired: got %v", err)
	}
	if _, err := r.Keys(t.Context(), "SEA-1", now); !errors.Is(err, registry.ErrUnknown) {
		t.Errorf("a stranger: got %v", err)
	}
	if err := r.Revoke(t.Context(), "MIA-1", expired); err != nil {
		t.Fatal(err)
	}
	if keys, err := r.Keys(t.Context(), "MIA-1", expired); !errors.Is(err, registry.ErrRevoked) || len(keys) != 0 {
		t.Errorf("revoked: got %d keys, %v", len(keys), err)
	}
	if _, err := r.Renew(t.Context(), request(t, "MIA-1", newKey(t), ""), expired); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("renew after a revocation: got %v", err)
	}
}

func TestRegistry_SeesWhatAnotherCollectorEnrolled(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	here, there := newRegistry(t, l), newRegistry(t, l)
	certificate := enroll(t, there, "SEA-1", newKey(t), now)
	if _, err := here.Identify(t.Context(), certificate, now); err != nil {
		t.Errorf("at once: %v", err)
	}
	if _, err := here.Keys(t.Context(), "MIA-1", now); !errors.Is(err, registry.ErrUnknown) {
		t.Errorf("a stranger: got %v", err)
	}
	certificate = enroll(t, there, "MIA-1", newKey(t), now)
	if _, err := here.Identify(t.Context(), certificate, now); !errors.Is(err, registry.ErrUnknown) {
		t.Errorf("at once after it was sought: got %v, want strangers not to make the ledger be read all the time", err)
	}
	if _, err := here.Identify(t.Context(), certificate, now.Add(time.Second)); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestRegistry_AgentsTellWhenTheyWereHeard(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	r := newRegistry(t, l)
	enroll(t, r, "SEA-1", newKey(t), now)
	enroll(t, r, "MIA-1", newKey(t), now)
	r.Heard("MIA-1", now.Add(time.Minute))
	r.Heard("MIA-1", now) // an older request that was served later
	r.Heard("XXX-1", now) // unknown: ignored
	agents := r.Agents()
	if len(agents) != 2 || agents[0].Agent != "MIA-1" || agents[0].HeardAt != now.Add(time.Minute) || agents[1].HeardAt != 0 ||
		agents[0].Port != "MIA" || agents[0].ValidUntil != now.Add(registry.DefaultValidity) {
		t.Errorf("got %+v", agents)
	}
	if err := r.Reload(t.Context(), "", now); err != nil || r.Agents()[0].HeardAt == 0 {
		t.Errorf("reload forgot when agents were heard: %v", err)
	}
}
