package ledgertest

import (
	"fmt"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// Fill keeps some of everything that is evidence: what a backend's dumps of the schemas of earlier releases hold.
func Fill(t *testing.T, l ledger.Ledger) {
	t.Helper()
	key := newKey(t)
	must[ledger.Certificate](t)(l.Enroll(t.Context(), enrolment("MIA-1", "01", "k1", "n1"), entry(key, "MIA-1")))
	mia := NewSender("MIA-1")
	mustAppend(t, l, mia.Next())
	mustAppend(t, l, mia.Next())
	mia.Skip(2)
	mustAppend(t, l, mia.Next())
	copied := NewSender("MIA-1")
	copied.seq = 7
	mustAppend(t, l, copied.Next())
	refused := mia.Next()
	refused.Status, refused.Reason, refused.Detail = ledger.Refused, ledger.ReasonMalformed, "column 3 is short"
	mustAppend(t, l, refused)
	waiting := NewSender("SEA-1").Next()
	waiting.Status, waiting.Reason, waiting.Content = ledger.Waiting, ledger.ReasonVersion, ledger.Content{}
	mustAppend(t, l, waiting)
}

// CheckFilled fails the test unless the ledger holds what Fill kept, byte for byte, and goes on from there.
func CheckFilled(t *testing.T, l ledger.Ledger) {
	t.Helper()
	var got []string
	for _, link := range must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{})) {
		got = append(got, fmt.Sprintf("%s %d-%d %v %v", link.Chain.Agent, link.First, link.Number, link.Status, link.Reason))
		if link.Bytes == nil {
			continue
		}
		if e, err := evidence.Open(link.Bytes, evidence.Limits{}); err != nil || e.Hash != link.Hash {
			t.Errorf("batch %d of %s is not what was sent: %v", link.Number, link.Chain.Agent, err)
		}
	}
	equal(t, "links", got, []string{
		"MIA-1 1-1 accepted none", "MIA-1 2-2 accepted none", "MIA-1 3-4 missing never-received", "MIA-1 5-5 accepted none",
		"MIA-1 6-6 refused malformed", "SEA-1 1-1 waiting version",
	})
	var asides []ledger.Reason
	for _, a := range must[[]ledger.Aside](t)(l.Asides(t.Context(), "", 10)) {
		asides = append(asides, a.Reason)
	}
	equal(t, "asides", asides, []ledger.Reason{ledger.ReasonMalformed, ledger.ReasonFork})
	agents := must[[]ledger.Agent](t)(l.EnrolledAgents(t.Context(), ""))
	if len(agents) != 1 || len(agents[0].Certificates) != 1 || agents[0].Agent != "MIA-1" {
		t.Errorf("agents: got %+v", agents)
	}
	if entries := must[[]evidence.Entry](t)(l.ReadJournal(t.Context(), 0, 10)); len(entries) != 1 || entries[0].Subject != "MIA-1" {
		t.Errorf("journal: got %+v", entries)
	}
	changes := must[[]ledger.PlanChange](t)(l.PlanChanges(t.Context(), "MIA-1"))
	if len(changes) != 1 {
		t.Fatalf("changes of plan: got %+v, want one", changes)
	}
	must[*portolan.Plan](t)(l.Plan(t.Context(), changes[0].Plan))
	goOn(t, l)
}

// goOn appends to a chain that an earlier release began, takes in what waits, and stores what is derived.
func goOn(t *testing.T, l ledger.Ledger) {
	t.Helper()
	head := must[[]ledger.Head](t)(l.Heads(t.Context(), "MIA-1"))[0]
	mia := NewSender("MIA-1")
	mia.number, mia.hash, mia.seq = head.Number, head.Hash, 20
	wantVerdict(t, mustAppend(t, l, mia.Next()), ledger.Stored, ledger.Accepted)
	sea := NewSender("SEA-1").Next()
	if err := l.TakeIn(t.Context(), sea.Chain, 1, sea.Content); err != nil {
		t.Errorf("take in what waited: %v", err)
	}
	key := newKey(t)
	second := enrolment("MIA-1", "02", "k2", "n2")
	second.At = Start.Add(time.Minute)
	must[ledger.Certificate](t)(l.Enroll(t.Context(), second, entry(key, "MIA-1")))
}
