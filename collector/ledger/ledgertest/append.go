package ledgertest

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

func appendKeepsBytes(t *testing.T, l ledger.Ledger) {
	o := NewSender("MIA-1").Next()
	r := mustAppend(t, l, o)
	wantVerdict(t, r, ledger.Stored, ledger.Accepted)
	got := must[ledger.Link](t)(l.Link(t.Context(), o.Chain, 1))
	want := ledger.Link{
		Position: r.Link.Position, Chain: o.Chain, First: 1, Number: 1, Hash: o.Hash, Status: ledger.Accepted,
		ReceivedAt: o.ReceivedAt, Lane: portolan.Live, Content: o.Content, Bytes: o.Bytes,
	}
	want.Content.PlanBody = nil
	equal(t, "link", got, want)
	if _, err := evidence.Open(got.Bytes, evidence.Limits{}); err != nil {
		t.Errorf("open what was kept: %v", err)
	}
	if size := must[int64](t)(l.Size(t.Context())); size < int64(len(o.Bytes)) {
		t.Errorf("the ledger takes %d bytes, less than what it keeps", size)
	}
	_, err := l.Link(t.Context(), o.Chain, 2)
	wantError(t, "read a batch beyond the head", err, ledger.ErrNotFound)
}

func appendDuplicate(t *testing.T, l ledger.Ledger) {
	o := NewSender("MIA-1").Next()
	first := mustAppend(t, l, o)
	o.ReceivedAt = o.ReceivedAt.Add(1e9)
	again := mustAppend(t, l, o)
	wantVerdict(t, again, ledger.Duplicate, ledger.Accepted)
	if again.Link.Position != first.Link.Position || again.Link.ReceivedAt != first.Link.ReceivedAt {
		t.Errorf("duplicate: got %+v, want the link as first kept", again.Link)
	}
	if end := must[ledger.Position](t)(l.End(t.Context())); end != first.Link.Position {
		t.Errorf("a duplicate moved the end to %d", end)
	}
}

func appendFork(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	first := s.Next()
	mustAppend(t, l, first)
	copied := NewSender("MIA-1")
	copied.seq = 7 // another history under the same identity
	o := copied.Next()
	r := mustAppend(t, l, o)
	wantVerdict(t, r, ledger.Forked, ledger.Accepted)
	if r.Link.Hash != first.Hash {
		t.Error("the fork took the place of what was kept")
	}
	asides := must[[]ledger.Aside](t)(l.Asides(t.Context(), "MIA-1", 10))
	if len(asides) != 1 || asides[0].Reason != ledger.ReasonFork || asides[0].Size != int64(len(o.Bytes)) || asides[0].Hash != o.Hash {
		t.Fatalf("asides: got %+v, want the fork", asides)
	}
	if asides[0].Bytes != nil {
		t.Error("the list carries the bytes of what it lists")
	}
	want := asides[0]
	want.Bytes = o.Bytes
	equal(t, "the aside by itself", must[ledger.Aside](t)(l.Aside(t.Context(), "MIA-1", want.ID)), want)
	_, err := l.Aside(t.Context(), "MIA-2", want.ID)
	wantError(t, "another agent's aside", err, ledger.ErrNotFound)
	wantVerdict(t, mustAppend(t, l, s.Next()), ledger.Stored, ledger.Accepted)
}

func appendBroken(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	mustAppend(t, l, s.Next())
	o := s.Next()
	o.Previous[0] ^= 1
	wantVerdict(t, mustAppend(t, l, o), ledger.Broken, ledger.Refused)
	link := must[ledger.Link](t)(l.Link(t.Context(), o.Chain, 2))
	if link.Reason != ledger.ReasonBrokenChain || link.Bytes != nil || link.Hash != o.Hash {
		t.Errorf("got %+v, want a stub with the hash", link)
	}
	if asides := must[[]ledger.Aside](t)(l.Asides(t.Context(), "", 10)); len(asides) != 1 {
		t.Errorf("got %d asides, want the broken batch", len(asides))
	}
	wantVerdict(t, mustAppend(t, l, o), ledger.Duplicate, ledger.Refused)
	wantVerdict(t, mustAppend(t, l, s.Next()), ledger.Stored, ledger.Accepted)
}

func appendGap(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	mustAppend(t, l, s.Next())
	s.Skip(2)
	late := s.Next() // number 4
	o := s.Next()
	r := mustAppend(t, l, o)
	wantVerdict(t, r, ledger.Stored, ledger.Accepted)
	if r.Missing != 3 {
		t.Errorf("got %d missing, want 3", r.Missing)
	}
	for number := uint64(2); number <= 4; number++ {
		link := must[ledger.Link](t)(l.Link(t.Context(), o.Chain, number))
		if link.Status != ledger.Missing || link.First != 2 || link.Number != 4 || link.Hash != o.Previous {
			t.Errorf("batch %d: got %+v, want missing from 2 to 4", number, link)
		}
	}
	wantVerdict(t, mustAppend(t, l, late), ledger.Broken, ledger.Missing)
	asides := must[[]ledger.Aside](t)(l.Asides(t.Context(), "MIA-1", 10))
	if len(asides) != 1 || asides[0].Reason != ledger.ReasonNeverReceived {
		t.Errorf("asides: got %+v, want the late one", asides)
	}
	// The very first batch that is seen of a chain may have any number: the collector came back from a backup.
	other := NewSender("SEA-1")
	other.Skip(4)
	if r := mustAppend(t, l, other.Next()); r.Verdict != ledger.Stored || r.Missing != 4 {
		t.Errorf("first of a chain: got %v with %d missing, want stored with 4", r.Verdict, r.Missing)
	}
}

func appendRefused(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	o := s.Next()
	o.Status, o.Reason, o.Detail = ledger.Refused, ledger.ReasonMalformed, "column 3 is short"
	wantVerdict(t, mustAppend(t, l, o), ledger.Stored, ledger.Refused)
	link := must[ledger.Link](t)(l.Link(t.Context(), o.Chain, 1))
	if link.Bytes != nil || link.Reason != ledger.ReasonMalformed || link.Detail != o.Detail || link.Content != (ledger.Content{}) {
		t.Errorf("got %+v, want a stub with its reason", link)
	}
	o.KeepAside = false
	wantVerdict(t, mustAppend(t, l, o), ledger.Duplicate, ledger.Refused)
	if _, err := l.Plan(t.Context(), o.Content.Plan); err == nil {
		t.Error("a refused batch left its plan")
	}
	if asides := must[[]ledger.Aside](t)(l.Asides(t.Context(), "MIA-1", 10)); len(asides) != 1 {
		t.Errorf("got %d asides, want 1", len(asides))
	}
	wantVerdict(t, mustAppend(t, l, s.Next()), ledger.Stored, ledger.Accepted)
}

func appendImpossible(t *testing.T, l ledger.Ledger) {
	for name, spoil := range map[string]func(*ledger.Offer){
		"number zero":    func(o *ledger.Offer) { o.Number = 0 },
		"number 2^63":    func(o *ledger.Offer) { o.Number = math.MaxInt64 + 1 },
		"status missing": func(o *ledger.Offer) { o.Status = ledger.Missing },
		"no status":      func(o *ledger.Offer) { o.Status = ledger.StatusUnknown },
	} {
		o := NewSender("MIA-1").Next()
		spoil(&o)
		if _, err := l.Append(t.Context(), o); err == nil || !strings.Contains(err.Error(), "MIA-1") {
			t.Errorf("%s: got error %v, want one that names the agent", name, err)
		}
	}
}

func appendConcurrently(t *testing.T, l ledger.Ledger) {
	const agents, batches = 8, 25
	var group sync.WaitGroup
	for n := range agents {
		group.Go(func() {
			s := NewSender(agentNumber(n + 1))
			for range batches {
				if r, err := l.Append(t.Context(), s.Next()); err != nil || r.Verdict != ledger.Stored {
					t.Errorf("append: %v, %v", r.Verdict, err)
				}
			}
		})
	}
	group.Wait()
	links := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{WithoutBytes: true}))
	if len(links) != agents*batches {
		t.Fatalf("got %d links, want %d", len(links), agents*batches)
	}
	next := make(map[ledger.Chain]uint64)
	for i, link := range links {
		if next[link.Chain]++; link.Number != next[link.Chain] || i > 0 && links[i-1].Position >= link.Position {
			t.Fatalf("link %d of %q at position %d is out of order", link.Number, link.Chain.Agent, link.Position)
		}
	}
}

func appendRivals(t *testing.T, l ledger.Ledger) {
	const rivals = 8
	verdicts := make([]ledger.Verdict, rivals)
	var group sync.WaitGroup
	for n := range rivals {
		group.Go(func() {
			s := NewSender("MIA-1")
			s.seq = portolan.Seq(n)
			r, err := l.Append(t.Context(), s.Next())
			if err != nil {
				t.Error(err)
			}
			verdicts[n] = r.Verdict
		})
	}
	group.Wait()
	count := make(map[ledger.Verdict]int)
	for _, v := range verdicts {
		count[v]++
	}
	if count[ledger.Stored] != 1 || count[ledger.Forked] != rivals-1 {
		t.Errorf("got %v, want one stored and %d forked", count, rivals-1)
	}
}

func appendEndedContext(t *testing.T, l ledger.Ledger) {
	_, err := l.Append(ended(t), NewSender("MIA-1").Next())
	wantError(t, "append", err, context.Canceled)
	if end := must[ledger.Position](t)(l.End(t.Context())); end != 0 {
		t.Errorf("the ledger ends at %d, want it empty", end)
	}
}
