package ledgertest

import (
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

func enrolment(agent portolan.AgentID, serial, key, nonce string) ledger.Enrolment {
	e := ledger.Enrolment{
		Agent: agent, Port: agent.Port(), At: Start, Expires: Start.Add(time.Hour),
		Certificate: ledger.Certificate{
			Serial: serial, NotBefore: Start, NotAfter: Start.Add(24 * time.Hour), DER: []byte("der " + serial), PublicKey: []byte(key),
		},
	}
	if nonce != "" {
		e.Nonce = []byte(nonce)
	}
	return e
}

func enrollAndRevoke(t *testing.T, l ledger.Ledger) {
	key := newKey(t)
	first, renewed := enrolment("MIA-1", "01", "k1", "n1"), enrolment("MIA-1", "02", "k2", "")
	renewed.At = Start.Add(time.Hour)
	for _, e := range []ledger.Enrolment{first, enrolment("SEA-1", "03", "k3", "n3"), renewed} {
		must[ledger.Certificate](t)(l.Enroll(t.Context(), e, entry(key, string(e.Agent))))
	}
	want := ledger.Agent{Agent: "MIA-1", Port: "MIA", EnrolledAt: Start, Certificates: []ledger.Certificate{first.Certificate, renewed.Certificate}}
	agents := must[[]ledger.Agent](t)(l.EnrolledAgents(t.Context(), ""))
	if len(agents) != 2 {
		t.Fatalf("got %d agents, want 2", len(agents))
	}
	equal(t, "agent", agents[0], want)
	equal(t, "one agent", must[[]ledger.Agent](t)(l.EnrolledAgents(t.Context(), "MIA-1")), []ledger.Agent{want})

	at := Start.Add(2 * time.Hour)
	for range 2 { // the second time changes nothing, in the journal neither
		if err := l.Revoke(t.Context(), "MIA-1", at, entry(key, "MIA-1")); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, "revoke a stranger", l.Revoke(t.Context(), "IAD-1", at, entry(key, "IAD-1")), ledger.ErrNotFound)
	wantJournal(t, l, key, 4)
	revoked := must[[]ledger.Agent](t)(l.EnrolledAgents(t.Context(), "MIA-1"))[0]
	if revoked.RevokedAt != at || revoked.Certificates[0].RevokedAt != at || revoked.Certificates[1].RevokedAt != at {
		t.Errorf("got %+v, want all revoked", revoked)
	}
	for _, agent := range []portolan.AgentID{"MIA-1", "IAD-1"} {
		_, err := l.Enroll(t.Context(), enrolment(agent, "05", "k5", ""), entry(key, string(agent)))
		wantError(t, "renew a revoked agent or a stranger", err, ledger.ErrNotFound)
	}
	must[ledger.Certificate](t)(l.Enroll(t.Context(), enrolment("MIA-1", "04", "k4", "n4"), entry(key, "MIA-1")))
	again := must[[]ledger.Agent](t)(l.EnrolledAgents(t.Context(), "MIA-1"))[0]
	if again.RevokedAt != 0 || again.EnrolledAt != Start || again.Certificates[0].RevokedAt != at || again.Certificates[2].RevokedAt != 0 {
		t.Errorf("got %+v, want the agent back with its new certificate only", again)
	}
}

func enrollToken(t *testing.T, l ledger.Ledger) {
	key := newKey(t)
	next := entry(key, "MIA-1")
	first := must[ledger.Certificate](t)(l.Enroll(t.Context(), enrolment("MIA-1", "01", "k1", "n1"), next))
	again := must[ledger.Certificate](t)(l.Enroll(t.Context(), enrolment("MIA-1", "02", "k1", "n1"), next))
	equal(t, "certificate when the answer was lost", again, first)
	_, err := l.Enroll(t.Context(), enrolment("MIA-1", "03", "another", "n1"), next)
	wantError(t, "enroll with a used token", err, ledger.ErrTokenUsed)
	if err := l.Revoke(t.Context(), "MIA-1", Start, next); err != nil {
		t.Fatal(err)
	}
	_, err = l.Enroll(t.Context(), enrolment("MIA-1", "04", "k1", "n1"), next)
	wantError(t, "enroll with the token of a revoked certificate", err, ledger.ErrTokenUsed)
	wantJournal(t, l, key, 2)
}
