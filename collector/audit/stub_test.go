package audit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/collector/audit"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
)

// months makes batches received on the 10th and the 25th of each of four months; the second of the first month tells of
// something in the third.
func months() *chains {
	c := &chains{}
	chain := ledger.Chain{Agent: "MIA-1", Stream: portolan.Stream{1}}
	for n := range 8 {
		at := portolan.InstantOf(time.Date(2026, time.Month(1+n/2), 10+15*(n%2), 0, 0, 0, 0, time.UTC))
		l := ledger.Link{
			Position: ledger.Position(2 * (n + 1)), Chain: chain, First: uint64(n + 1), Number: uint64(n + 1), Hash: evidence.Hash{byte(n + 1)},
			Previous: evidence.Hash{byte(n)}, Status: ledger.Accepted, ReceivedAt: at, Bytes: []byte{1},
		}
		l.Content.Span = portolan.Span{From: at.Add(-time.Hour), To: at}
		if n == 1 {
			l.Content.Span.To = at.Add(40 * 24 * time.Hour)
		}
		c.links = append(c.links, l)
	}
	return c
}

func TestNextStub_StandsForAMonthAtATime(t *testing.T) {
	t.Parallel()
	c := months()
	var newest *audit.Stub
	for _, want := range []struct {
		before      string
		batches     uint64
		first, last uint64
	}{
		{"2026-02-01T00:00:00Z", 1, 1, 1},
		{"2026-03-01T00:00:00Z", 2, 3, 4},
		{"2026-03-15T00:00:00Z", 1, 5, 5}, // cut by what is kept
	} {
		stub, err := audit.NextStub(t.Context(), c, newest, portolan.InstantOf(time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)))
		if err != nil || stub == nil {
			t.Fatalf("the stub before %s: %v, %v", want.before, stub, err)
		}
		chain := stub.Chains[0]
		if got := stub.Before.Format(time.RFC3339); got != want.before || stub.Batches != want.batches || chain.First != want.first || chain.Last != want.last {
			t.Errorf("got %d batches from %d to %d before %s, want %+v", stub.Batches, chain.First, chain.Last, got, want)
		}
		newest = stub
	}
	if stub, err := audit.NextStub(t.Context(), c, newest, portolan.InstantOf(newest.Before)); err != nil || stub != nil {
		t.Errorf("nothing is left: got %+v, %v", stub, err)
	}
}

// What a stub says of a removed batch is held against the batch's line: one changed bit in either is named, and so is a batch
// that was removed without a stub.
func TestCheck_HoldsRemovedBatchesAgainstTheirStub(t *testing.T) {
	t.Parallel()
	c := newChains(t)
	for i := range c.links {
		c.links[i].ReceivedAt = portolan.Instant(i + 1)
	}
	stub, err := audit.NextStub(t.Context(), c, nil, 4) // three of six, of which one is a stub already
	if err != nil || stub == nil || stub.Batches != 2 {
		t.Fatalf("the stub: %+v, %v", stub, err)
	}
	stub.Held = &projection.Held{}
	for i := range c.links {
		if stub.Covers(&c.links[i]) {
			c.links[i].Status, c.links[i].Bytes = ledger.Forgotten, nil
		}
	}
	wantFault(t, c, "batch 1 of MIA-1", "no signed stub stands for it")
	body, err := json.Marshal(stub)
	if err != nil {
		t.Fatal(err)
	}
	e, err := evidence.NextEntry(&c.entries[3], evidence.Entry{At: 9, Kind: evidence.EntryRemoved, Body: body}, c.signer)
	if err != nil {
		t.Fatal(err)
	}
	c.entries = append(c.entries, e)
	report, err := audit.Check(t.Context(), c, c.heads, c.cut(), c.keys)
	if err != nil || len(report.Faults) > 0 || report.Removed != 2 || len(report.Held) != 1 {
		t.Fatalf("nothing was changed: %+v, %v", report, err)
	}
	for name, change := range map[string]func(l *ledger.Link){
		"hash":     func(l *ledger.Link) { l.Hash[5] ^= 1 },
		"received": func(l *ledger.Link) { l.ReceivedAt ^= 1 },
		"span":     func(l *ledger.Link) { l.Content.Span.From ^= 1 },
	} {
		was := c.links[1]
		change(&c.links[1])
		wantFault(t, c, "stub for what was received before", "are not those that it names")
		if c.links[1] = was; t.Failed() {
			t.Fatalf("when its %s was changed", name)
		}
	}
}

func wantFault(t *testing.T, c *chains, words ...string) {
	t.Helper()
	report, err := audit.Check(t.Context(), c, c.heads, c.cut(), c.keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range report.Faults {
		if strings.Contains(fault, words[0]) && strings.Contains(fault, words[1]) {
			return
		}
	}
	t.Errorf("got %q, want %q", report.Faults, words)
}
