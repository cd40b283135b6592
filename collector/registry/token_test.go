package registry_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/registry"
)

func TestEnroll_TokenIsSpentOnce(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, openLedger(t))
	key := newKey(t)
	q := request(t, "MIA-1", key, token(t, r, "MIA-1", now))
	first, err := r.Enroll(t.Context(), q, now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Enroll(t.Context(), request(t, "MIA-1", key, q.Token), now)
	if err != nil || again.Certificate != first.Certificate {
		t.Errorf("the same key again: %v, want the same certificate", err)
	}
	if _, err := r.Enroll(t.Context(), request(t, "MIA-1", newKey(t), q.Token), now); !errors.Is(err, ledger.ErrTokenUsed) {
		t.Errorf("another key: got %v", err)
	}
}

func TestEnroll_Refuses(t *testing.T) {
	t.Parallel()
	r, other := newRegistry(t, openLedger(t)), newRegistry(t, openLedger(t))
	key := newKey(t)
	good := token(t, r, "MIA-1", now)
	parts := strings.Split(good, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	longer := strings.Replace(string(payload), `"expires":1`, `"expires":9`, 1)
	if longer == string(payload) {
		t.Fatal("the forged token is the good one")
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(longer))
	wrongCSR := request(t, "MIA-1", key, good)
	wrongCSR.CSR = strings.Replace(wrongCSR.CSR, "M", "N", 3)
	for _, c := range []struct {
		name string
		q    registry.Request
		at   portolan.Instant
		want error
	}{
		{"no token", request(t, "MIA-1", key, ""), now, registry.ErrToken},
		{"not a token", request(t, "MIA-1", key, "a.b.c"), now, registry.ErrToken},
		{"huge", request(t, "MIA-1", key, strings.Repeat("a.", 9999)), now, registry.ErrToken},
		{"another collector's", request(t, "MIA-1", key, token(t, other, "MIA-1", now)), now, registry.ErrToken},
		{"prolonged", request(t, "MIA-1", key, strings.Join(parts, ".")), now, registry.ErrToken},
		{"another agent's", request(t, "MIA-2", key, good), now, registry.ErrToken},
		{"expired", request(t, "MIA-1", key, good), now.Add(time.Hour), registry.ErrTokenExpired},
		{"request names another", registry.Request{Token: good, Agent: "MIA-1", CSR: request(t, "MIA-2", key, "").CSR}, now, registry.ErrRequest},
		{"request is no PEM", registry.Request{Token: good, Agent: "MIA-1", CSR: "x"}, now, registry.ErrRequest},
		{"request is damaged", wrongCSR, now, registry.ErrRequest},
	} {
		if _, err := r.Enroll(t.Context(), c.q, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if n := len(r.Agents()); n != 0 {
		t.Errorf("%d agents were enrolled", n)
	}
}

func TestEnroll_AfterRevocationNeedsANewToken(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, openLedger(t))
	enroll(t, r, "MIA-1", newKey(t), now)
	spare := token(t, r, "MIA-1", now)
	if err := r.Revoke(t.Context(), "MIA-1", now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	later := now.Add(2 * time.Minute)
	if _, err := r.Enroll(t.Context(), request(t, "MIA-1", newKey(t), spare), later); !errors.Is(err, registry.ErrRevoked) {
		t.Errorf("a spare token: got %v", err)
	}
	certificate := enroll(t, r, "MIA-1", newKey(t), later)
	if _, err := r.Identify(t.Context(), certificate, later); err != nil {
		t.Errorf("a new token: %v", err)
	}
}

func TestNewToken_RefusesWhatIsNoAgent(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, openLedger(t))
	if _, err := r.Authority().NewToken("nobody", time.Hour, now); err == nil {
		t.Error("made a token for an agent that cannot be")
	}
}

func FuzzEnroll(f *testing.F) {
	a, err := registry.OpenAuthority(f.TempDir(), 0, now)
	if err != nil {
		f.Fatal(err)
	}
	good, err := a.NewToken("MIA-1", time.Hour, now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "MIA-1", "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n")
	f.Add("portolan1.e30.x", "", "")
	f.Fuzz(func(t *testing.T, token, agent, csr string) {
		r, err := registry.New(t.Context(), emptyLedger{}, a, now)
		if err != nil {
			t.Fatal(err)
		}
		q := registry.Request{Token: token, Agent: portolan.AgentID(agent), CSR: csr}
		if _, err := r.Enroll(t.Context(), q, now); err == nil && token != good {
			t.Errorf("token %q was taken", token)
		}
	})
}
