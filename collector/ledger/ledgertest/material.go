package ledgertest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// Start is when the batches of a Sender begin.
const Start = portolan.Instant(1_483_394_400_000_000) // 2017-01-02T22:00:00Z

// Sender makes the batches of one agent's chain, one after the other, each with one result a minute.
type Sender struct {
	Chain  ledger.Chain
	Plan   *portolan.Plan
	number uint64
	hash   evidence.Hash
	seq    portolan.Seq
}

// NewSender returns the sender of an agent's chain.
func NewSender(agent portolan.AgentID) *Sender {
	sum := sha256.Sum256([]byte(agent))
	return &Sender{
		Chain: ledger.Chain{Agent: agent, Stream: portolan.Stream(sum[:16])},
		Plan: &portolan.Plan{Port: agent.Port(), Series: []portolan.PlannedSeries{{
			System: "tpac", Transaction: "primary-inspection", Share: 1,
			Interval: time.Minute, Latency: 4 * time.Second, Timeout: 30 * time.Second,
			Steps: []portolan.PlannedStep{{Step: "sign-on"}},
		}}},
	}
}

// Next returns the next batch of the chain as an offer to be accepted.
func (s *Sender) Next() ledger.Offer {
	s.seq++
	start := Start.Add(time.Duration(s.seq-1) * time.Minute)
	b := evidence.Batch{
		Agent: s.Chain.Agent, Stream: s.Chain.Stream, Number: s.number + 1, Previous: s.hash, Lane: portolan.Live,
		SentAt: start.Add(10 * time.Second), Plan: evidence.HashPlan(s.Plan), PlanBody: s.Plan, CarriesPlan: s.number == 0,
		Records: []evidence.Record{{Result: &portolan.Result{
			Seq: s.seq, System: "tpac", Transaction: "primary-inspection", Due: start, Start: start,
			Duration: time.Second, Attempt: 1, Outcome: portolan.Good,
			Steps: []portolan.StepResult{{Step: "sign-on", Duration: time.Second, Outcome: portolan.Good}},
		}}},
	}
	sealed, err := evidence.Seal(b, nil)
	if err != nil {
		panic(err) // the batch is this function's own
	}
	s.number, s.hash = b.Number, sealed.Hash
	o := ledger.Offer{
		Chain: s.Chain, Number: b.Number, Hash: sealed.Hash, Previous: b.Previous, Lane: b.Lane,
		ReceivedAt: b.SentAt.Add(time.Second), Bytes: sealed.Bytes, Status: ledger.Accepted, KeepAside: true,
		Content: ledger.Content{
			Plan: b.Plan, Span: portolan.Span{From: start, To: start.Add(time.Second)}, Records: 1, SentAt: b.SentAt,
			ClockOffset: 20 * time.Millisecond, ClockUncertainty: 5 * time.Millisecond,
		},
	}
	if b.CarriesPlan {
		o.Content.PlanBody = s.Plan
	}
	return o
}

// Skip makes as many batches that the ledger never sees.
func (s *Sender) Skip(n int) {
	for range n {
		s.Next()
	}
}

func mustAppend(t *testing.T, l ledger.Batches, o ledger.Offer) ledger.Receipt {
	t.Helper()
	r, err := l.Append(t.Context(), o)
	if err != nil {
		t.Fatalf("append batch %d: %v", o.Number, err)
	}
	return r
}

func wantVerdict(t *testing.T, got ledger.Receipt, want ledger.Verdict, status ledger.Status) {
	t.Helper()
	if got.Verdict != want || got.Link.Status != status {
		t.Fatalf("batch %d: got %v, kept as %v; want %v, kept as %v", got.Link.Number, got.Verdict, got.Link.Status, want, status)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantError(t *testing.T, doing string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%s: got error %v, want %v", doing, got, want)
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

// entry returns what makes the next journal entry, about an agent.
func entry(key *ecdsa.PrivateKey, subject string) ledger.NextEntry {
	return func(newest *evidence.Entry) (evidence.Entry, error) {
		draft := evidence.Entry{At: Start, Kind: evidence.EntryAgent, Subject: subject, Body: []byte(`{}`)}
		return evidence.NextEntry(newest, draft, key)
	}
}

func update(t *testing.T, l ledger.Projection, fn func(ledger.Tx) error) {
	t.Helper()
	if err := l.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func look(t *testing.T, l ledger.Projection, fn func(ledger.View) error) {
	t.Helper()
	if err := l.View(t.Context(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

func seriesOf(agent portolan.AgentID, transaction portolan.TransactionID) portolan.Series {
	return portolan.Series{Agent: agent, System: "tpac", Transaction: transaction}
}

func agentNumber(n int) portolan.AgentID { return portolan.AgentID(fmt.Sprintf("MIA-%d", n)) }

func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
