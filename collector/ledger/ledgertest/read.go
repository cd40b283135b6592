package ledgertest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func readInOrder(t *testing.T, l ledger.Ledger) {
	mia, sea := NewSender("MIA-1"), NewSender("SEA-1")
	for _, s := range []*Sender{mia, sea, mia, sea, mia} {
		mustAppend(t, l, s.Next())
	}
	all := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{}))
	if len(all) != 5 || all[4].Bytes == nil {
		t.Fatalf("got %d links, want 5 with their bytes", len(all))
	}
	read := func(q ledger.Query) (numbers []uint64) {
		q.WithoutBytes = true
		for _, link := range must[[]ledger.Link](t)(l.Read(t.Context(), q)) {
			if link.Bytes != nil {
				t.Error("got bytes that were not asked for")
			}
			numbers = append(numbers, link.Number)
		}
		return numbers
	}
	equal(t, "after", read(ledger.Query{After: all[1].Position}), []uint64{2, 2, 3})
	equal(t, "up to", read(ledger.Query{After: all[0].Position, UpTo: all[2].Position}), []uint64{1, 2})
	equal(t, "limit", read(ledger.Query{Limit: 2}), []uint64{1, 1})
	equal(t, "agent", read(ledger.Query{Chain: ledger.Chain{Agent: "MIA-1"}}), []uint64{1, 2, 3})
	equal(t, "chain", read(ledger.Query{Chain: mia.Chain, After: all[0].Position}), []uint64{2, 3})
	equal(t, "other chain", read(ledger.Query{Chain: ledger.Chain{Agent: "MIA-1", Stream: sea.Chain.Stream}}), []uint64(nil))
	equal(t, "waiting", read(ledger.Query{Status: ledger.Waiting}), []uint64(nil))
}

func readWhileWriting(t *testing.T, l ledger.Ledger) {
	const writers, batches = 4, 20
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			s := NewSender(agentNumber(n + 1))
			for range batches {
				if _, err := l.Append(t.Context(), s.Next()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := 0
	for after := ledger.Position(0); seen < writers*batches && !t.Failed(); {
		links := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{After: after, Limit: 7}))
		for _, link := range links {
			after = link.Position
			seen++
		}
	}
	group.Wait()
	if all := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{})); len(all) != seen {
		t.Errorf("a reader that followed saw %d links, there are %d", seen, len(all))
	}
}

func overlapping(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	spans := []portolan.Span{ // in minutes after Start, then as the batch's span
		{From: 0, To: 1}, {From: 5, To: 5}, {From: 30, To: 600}, {From: -3000, To: 100_000}, {From: 50, To: 70}, {From: 110, To: 130},
	}
	var positions []ledger.Position
	for _, minutes := range spans {
		o := s.Next()
		o.Content.Span = minutesAfter(minutes)
		positions = append(positions, mustAppend(t, l, o).Link.Position)
	}
	mustAppend(t, l, NewSender("SEA-1").Next())
	find := func(from, to portolan.Instant, upTo ledger.Position) (numbers []uint64) {
		for link, err := range l.Overlapping(t.Context(), "MIA-1", minutesAfter(portolan.Span{From: from, To: to}), upTo) {
			if err != nil {
				t.Fatal(err)
			}
			if link.Chain.Agent != "MIA-1" || link.Bytes == nil {
				t.Fatalf("got %+v, want a batch of MIA-1 with its bytes", link)
			}
			numbers = append(numbers, link.Number)
		}
		return numbers
	}
	equal(t, "first hour", find(0, 60, 0), []uint64{1, 2, 3, 4, 5})
	equal(t, "second hour", find(60, 120, 0), []uint64{3, 4, 5, 6})
	equal(t, "second hour, at a cut", find(60, 120, positions[3]), []uint64{3, 4})
	equal(t, "an instant", find(5, 6, 0), []uint64{2, 4})
	equal(t, "long before", find(-9000, -8000, 0), []uint64(nil))
	equal(t, "long after", find(90_000, 90_060, 0), []uint64{4})
	for range l.Overlapping(t.Context(), "MIA-1", minutesAfter(portolan.Span{From: 0, To: 60}), 0) {
		break // a reader may stop at any time
	}
}

func minutesAfter(s portolan.Span) portolan.Span {
	return portolan.Span{
		From: Start.Add(time.Duration(s.From) * time.Minute), To: Start.Add(time.Duration(s.To) * time.Minute),
	}
}

func heads(t *testing.T, l ledger.Ledger) {
	mia, sea := NewSender("MIA-1"), NewSender("SEA-1")
	first := mia.Next()
	mustAppend(t, l, first)
	second := mia.Next()
	second.Content.Backlog = 44
	r := mustAppend(t, l, second)
	mustAppend(t, l, sea.Next())
	first.ReceivedAt = second.ReceivedAt.Add(time.Minute)
	mustAppend(t, l, first) // sent again: heard again
	got := must[[]ledger.Head](t)(l.Heads(t.Context(), "MIA-1"))
	equal(t, "heads of an agent", got, []ledger.Head{{
		Chain: mia.Chain, Number: 2, Hash: second.Hash, Position: r.Link.Position, HeardAt: first.ReceivedAt, Newest: second.Content,
	}})
	if all := must[[]ledger.Head](t)(l.Heads(t.Context(), "")); len(all) != 2 || all[1].Chain != sea.Chain {
		t.Errorf("got %+v, want both chains", all)
	}
}

func plans(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	first := s.Next()
	mustAppend(t, l, first)
	got := must[*portolan.Plan](t)(l.Plan(t.Context(), first.Content.Plan))
	equal(t, "plan", evidence.HashPlan(got), first.Content.Plan)
	mustAppend(t, l, s.Next())
	changed := s.Next()
	plan := *s.Plan
	plan.Series = append([]portolan.PlannedSeries(nil), plan.Series...)
	plan.Series[0].Interval = 2 * time.Minute
	changed.Content.Plan, changed.Content.PlanBody = evidence.HashPlan(&plan), &plan
	third := mustAppend(t, l, changed)
	empty := s.Next()
	empty.Content.Plan = evidence.PlanHash{} // no results: it names no plan
	mustAppend(t, l, empty)
	changes := must[[]ledger.PlanChange](t)(l.PlanChanges(t.Context(), "MIA-1"))
	equal(t, "plan changes", changes, []ledger.PlanChange{
		{Chain: s.Chain, Position: 1, Number: 1, SentAt: first.Content.SentAt, Offset: 20 * time.Millisecond, Plan: first.Content.Plan},
		{Chain: s.Chain, Position: third.Link.Position, Number: 3, SentAt: changed.Content.SentAt, Offset: 20 * time.Millisecond, Plan: changed.Content.Plan},
	})
	if head := must[[]ledger.Head](t)(l.Heads(t.Context(), "MIA-1")); head[0].Newest.Plan != changed.Content.Plan {
		t.Error("a batch without results ended the plan in force")
	}
	_, err := l.Plan(t.Context(), evidence.PlanHash{1})
	wantError(t, "read an unknown plan", err, ledger.ErrNotFound)
}

func takeIn(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	o := s.Next()
	waiting := o
	waiting.Status, waiting.Reason, waiting.Content = ledger.Waiting, ledger.ReasonVersion, ledger.Content{}
	wantVerdict(t, mustAppend(t, l, waiting), ledger.Stored, ledger.Waiting)
	wantVerdict(t, mustAppend(t, l, waiting), ledger.Duplicate, ledger.Waiting)
	second := mustAppend(t, l, s.Next())
	found := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{Status: ledger.Waiting}))
	if len(found) != 1 || string(found[0].Bytes) != string(o.Bytes) {
		t.Fatalf("waiting: got %+v, want the batch with its bytes", found)
	}
	for range 2 { // the second time changes nothing
		if err := l.TakeIn(t.Context(), o.Chain, 1, o.Content); err != nil {
			t.Fatal(err)
		}
	}
	links := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{After: second.Link.Position}))
	if len(links) != 1 || links[0].Number != 1 || links[0].Status != ledger.Accepted || links[0].Content.Records != 1 {
		t.Fatalf("after the second: got %+v, want the first, taken in", links)
	}
	if _, err := l.Plan(t.Context(), o.Content.Plan); err != nil {
		t.Errorf("its plan: %v", err)
	}
	wantError(t, "take in what is not there", l.TakeIn(t.Context(), o.Chain, 9, o.Content), ledger.ErrNotFound)
	wantVerdict(t, mustAppend(t, l, s.Next()), ledger.Stored, ledger.Accepted)
}

func asideBound(t *testing.T, l ledger.Ledger) {
	set := func(agent portolan.AgentID, number uint64, size int) {
		a := ledger.Aside{
			Chain: NewSender(agent).Chain, Number: number, Reason: ledger.ReasonMalformed, Detail: "x", ReceivedAt: Start,
			Bytes: make([]byte, size),
		}
		if err := l.SetAside(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(agent portolan.AgentID) (numbers []uint64) {
		for _, a := range must[[]ledger.Aside](t)(l.Asides(t.Context(), agent, 100)) {
			numbers = append(numbers, a.Number)
		}
		return numbers
	}
	set("SEA-1", 1, 100)
	for number := range uint64(6) {
		set("MIA-1", number+1, AsideBytes/4)
	}
	equal(t, "newest that fit", kept("MIA-1"), []uint64{6, 5, 4, 3})
	set("MIA-1", 7, 2*AsideBytes)
	equal(t, "one that does not fit", kept("MIA-1"), []uint64{7})
	equal(t, "another agent", kept("SEA-1"), []uint64{1})
}
