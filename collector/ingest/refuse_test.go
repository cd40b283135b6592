package ingest_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"portolan/collector/ingest"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// refusal is one way to be refused, what it leaves behind, and how the agent goes on.
type refusal struct {
	name   string
	secure bool
	// spoil returns the bytes to send; the agent has had its first batch accepted.
	spoil  func(t *testing.T, c *center, a *agent) []byte
	status int
	code   string
	counts ingest.Result
	stub   ledger.Reason // of the link it leaves; ReasonNone for none
	asides int
	// after is the status of the agent's next batch; zero for 200.
	after int
}

func refusals() []refusal {
	return []refusal{
		{name: "unsigned-over-plain-http", spoil: unsigned, status: 401, code: "unsigned", counts: ingest.Unsigned},
		{name: "signed-by-another", spoil: forged, status: 400, code: "bad_signature", counts: ingest.BadSignature},
		{
			name: "signed-by-another-under-the-own-certificate", secure: true, spoil: forged,
			status: 400, code: "bad_signature", counts: ingest.BadSignature, stub: ledger.ReasonBadSignature, asides: 1,
		},
		{name: "unknown-agent", spoil: stranger, status: 403, code: "unknown_agent", counts: ingest.UnknownAgent},
		{name: "revoked", spoil: revoked, status: 403, code: "revoked", counts: ingest.UnknownAgent, after: 403},
		{name: "revoked-certificate", secure: true, spoil: revoked, status: 403, code: "revoked", counts: ingest.UnknownAgent, after: 403},
		{name: "another-agents-batch", secure: true, spoil: anothers, status: 403, code: "unknown_agent", counts: ingest.UnknownAgent},
		{name: "not-a-batch", spoil: noise, status: 400, code: "malformed", counts: ingest.Malformed},
		{name: "not-a-batch-under-a-certificate", secure: true, spoil: noise, status: 400, code: "malformed", counts: ingest.Malformed, asides: 1},
		{
			name: "body-that-cannot-be-read", spoil: unreadable,
			status: 400, code: "malformed", counts: ingest.Malformed, stub: ledger.ReasonMalformed, asides: 1,
		},
		{
			name: "plan-of-another-port", spoil: foreign,
			status: 400, code: "malformed", counts: ingest.Malformed, stub: ledger.ReasonForeign, asides: 1,
		},
		{name: "too-large", spoil: large, status: 413, code: "too_large", counts: ingest.TooLarge},
		{name: "fork", spoil: fork, status: 409, code: "fork", counts: ingest.Fork, asides: 1},
		{
			name: "broken-chain", spoil: broken,
			status: 409, code: "broken_chain", counts: ingest.BrokenChain, stub: ledger.ReasonBrokenChain, asides: 1,
		},
		{
			name: "unknown-plan", spoil: unknownPlan,
			status: 422, code: "unknown_plan", counts: ingest.UnknownPlan, stub: ledger.ReasonUnknownPlan,
		},
	}
}

func TestIngest_RefusesAndTheAgentGoesOn(t *testing.T) {
	t.Parallel()
	for _, want := range refusals() {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			c := newCenter(t, want.secure, nil)
			a := c.enroll(t, "MIA-1")
			if status, r := a.send(t, a.seal(t, 1, a.key).Bytes); status != http.StatusOK {
				t.Fatalf("first batch: %d %+v", status, r)
			}
			body := want.spoil(t, c, a)
			want.check(t, c, a, body)
			next := a.seal(t, 1, a.key)
			if status, r := a.send(t, next.Bytes); status != cmp.Or(want.after, http.StatusOK) {
				t.Errorf("the next batch: %d %+v", status, r)
			}
			if len(c.failures) != 0 {
				t.Errorf("failures: %v", c.failures)
			}
		})
	}
}

func (want refusal) check(t *testing.T, c *center, a *agent, body []byte) {
	t.Helper()
	status, r := a.send(t, body)
	if status != want.status || r.Error.Code != want.code || r.Error.Message == "" || c.last() != want.counts {
		t.Fatalf("got %d %+v, counted %v", status, r, c.last())
	}
	links := c.links(t)
	if want.stub == ledger.ReasonNone && len(links) != 1 {
		t.Errorf("it left a link: %+v", links[1:])
	}
	if want.stub != ledger.ReasonNone {
		if len(links) != 2 || links[1].Status != ledger.Refused || links[1].Reason != want.stub || links[1].Number != r.Number {
			t.Fatalf("kept: %+v, want a stub of batch %d", links, r.Number)
		}
		if !slices.Equal(c.refused, []ingest.Result{want.counts}) {
			t.Errorf("the operator was told of %v, want %v once", c.refused, want.counts)
		}
		// Sent again because the answer was lost, it gets the same answer.
		if again, r := a.send(t, body); again != want.status || r.Error.Code != want.code || c.last() != ingest.Duplicate {
			t.Errorf("again: %d %+v, counted %v", again, r, c.last())
		}
	}
	asides, err := c.Asides(t.Context(), "", 10)
	if err != nil || len(asides) != want.asides {
		t.Errorf("%d were set aside, %v; want %d", len(asides), err, want.asides)
	}
	if want.asides == 1 && len(asides) == 1 {
		if a, err := c.Aside(t.Context(), asides[0].Chain.Agent, asides[0].ID); err != nil || string(a.Bytes) != string(body) {
			t.Errorf("what was set aside is not what was sent: %v", err)
		}
	}
}

func unsigned(t *testing.T, _ *center, a *agent) []byte { return a.seal(t, 1, nil).Bytes }

func forged(t *testing.T, _ *center, a *agent) []byte { return a.seal(t, 1, newKey(t)).Bytes }

func stranger(t *testing.T, _ *center, a *agent) []byte {
	other := *a
	other.next.Agent = "MIA-9"
	return other.seal(t, 1, newKey(t)).Bytes
}

func revoked(t *testing.T, c *center, a *agent) []byte {
	if err := c.registry.Revoke(t.Context(), a.id, wallClock()); err != nil {
		t.Fatal(err)
	}
	return a.seal(t, 1, a.key).Bytes
}

func anothers(t *testing.T, c *center, a *agent) []byte {
	other := *c.enroll(t, "MIA-2")
	return other.seal(t, 1, other.key).Bytes
}

func noise(*testing.T, *center, *agent) []byte { return []byte("GET / HTTP/1.1") }

// unreadable returns a batch that was damaged before it was signed.
func unreadable(t *testing.T, _ *center, a *agent) []byte {
	return a.sealChanged(t, func(content []byte) {
		for n := range 8 {
			content[len(content)-1-n] ^= 0xff
		}
	})
}

// sealChanged returns the next batch of the chain, its content changed before it was signed.
func (a *agent) sealChanged(t *testing.T, change func(content []byte)) []byte {
	t.Helper()
	sealed := a.seal(t, 1, nil).Bytes
	_, _, tag := protowire.ConsumeTag(sealed)
	content, _ := protowire.ConsumeBytes(sealed[tag:])
	change(content)
	hash := sha256.Sum256(content)
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	a.next.Previous = hash
	body := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), content)
	return protowire.AppendBytes(protowire.AppendTag(body, 2, protowire.BytesType), signature)
}

func foreign(t *testing.T, _ *center, a *agent) []byte {
	own := a.next
	plan := planOf("SEA-1")
	a.next.Plan, a.next.PlanBody, a.next.CarriesPlan = evidence.HashPlan(plan), plan, true
	body := a.seal(t, 1, a.key).Bytes
	a.next.Plan, a.next.PlanBody = own.Plan, own.PlanBody
	return body
}

func large(*testing.T, *center, *agent) []byte { return []byte(strings.Repeat("x", 1<<20+1)) }

func fork(t *testing.T, _ *center, a *agent) []byte {
	copied := *a
	copied.next.Number, copied.next.Previous = 1, evidence.Hash{}
	return copied.seal(t, 5, a.key).Bytes
}

func broken(t *testing.T, _ *center, a *agent) []byte {
	a.next.Previous[0] ^= 1
	return a.seal(t, 1, a.key).Bytes
}

func unknownPlan(t *testing.T, _ *center, a *agent) []byte {
	plan := planOf("MIA-1")
	plan.Series[0].Share = 2
	a.next.Plan, a.next.PlanBody = evidence.HashPlan(plan), plan
	body := a.seal(t, 1, a.key).Bytes
	a.next.CarriesPlan = true // the next one carries it
	return body
}

func TestIngest_RefusesARequestThatIsNotOfTheProtocol(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, nil)
	a := c.enroll(t, "MIA-1")
	url := c.server.URL + "/ingest/v1/batches"
	if status, _ := post(t, a.client, url, "text/plain", a.seal(t, 1, a.key).Bytes); status != http.StatusUnsupportedMediaType {
		t.Errorf("another content type: %d", status)
	}
	response, err := a.client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("another method: %d", response.StatusCode)
	}
}

func TestIngest_CertificateOfAnotherCenterIsNobodys(t *testing.T) {
	t.Parallel()
	c, other := newCenter(t, true, nil), newCenter(t, true, nil)
	a, impostor := c.enroll(t, "MIA-1"), other.enroll(t, "MIA-1")
	body := a.seal(t, 1, nil).Bytes
	a.client = c.client(&tls.Certificate{Certificate: [][]byte{impostor.cert}, PrivateKey: impostor.key})
	if status, r := a.send(t, body); status != http.StatusForbidden || r.Error.Code != "unknown_agent" {
		t.Errorf("got %d %+v", status, r)
	}
}
