package projection

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// eventful makes a day's worth of everything that can happen to an agent.
func eventful(f *fake, rng *rand.Rand) {
	for hour := range 5 {
		from := day.Add(time.Duration(hour) * time.Hour)
		f.minutes(rng, "primary", portolan.Span{From: from, To: from.Add(time.Duration(20+rng.IntN(20)) * time.Minute)})
		f.minutes(rng, "lookup", portolan.Span{From: from.Add(time.Second), To: from.Add(35 * time.Minute)})
		switch rng.IntN(4) {
		case 0:
			gap := portolan.Span{From: from.Add(41 * time.Minute), To: from.Add(47 * time.Minute)}
			f.record(evidence.Record{Gap: &portolan.Gap{Span: gap, Reason: portolan.GapKilled}})
		case 1:
			f.record(evidence.Record{Farewell: &portolan.Farewell{At: from.Add(43 * time.Minute)}})
		case 2:
			f.record(evidence.Record{Excuse: &portolan.Excuse{
				System: "tpac", Transaction: "primary", Reason: portolan.SkipBackOff,
				Span: portolan.Span{From: from.Add(45 * time.Minute), To: from.Add(50 * time.Minute)},
			}})
		}
		f.minutes(rng, "primary", portolan.Span{From: from.Add(50 * time.Minute), To: from.Add(60 * time.Minute)})
	}
}

func TestProjection_AnyArrivalGivesTheSameTimelineAndARebuildTheSameBytes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			l := openLedger(t)
			f := newFake(t, l, "MIA-1", planOf("primary", "lookup"))
			eventful(f, rng)
			f.sendShuffled(rng, 60)
			p := newProjection(t, l)

			window := portolan.Span{From: day, To: day.Add(6 * time.Hour)}
			for _, transaction := range []portolan.TransactionID{"primary", "lookup"} {
				name := f.series(transaction)
				if diff := cmp.Diff(segmentsOf(t, p, name, window), f.oracle(name, window)); diff != "" {
					t.Fatalf("%s differs from a fold of everything (-got +want):\n%s", name, diff)
				}
			}
			if got, want := dueIn(t, p, window), dueOfInOrder(t, f, window); got != want {
				t.Errorf("due runs: got %+v, in order %+v", got, want)
			}
			first := dumpOf(t, l)
			if err := p.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(dumpOf(t, l), first); diff != "" {
				t.Errorf("rebuild differs (-rebuilt +first):\n%s", diff)
			}
		})
	}
}

// Folding one link at a time, each time from what was stored, must give what folding all at once does.
func TestProjection_StoppedAfterEveryLinkGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 3))
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary", "lookup"))
	eventful(f, rng)
	order := rng.Perm(len(f.made))
	received := day
	for len(order) > 0 {
		n := min(len(order), 40)
		var records []evidence.Record
		for _, i := range order[:n] {
			records = append(records, f.made[i])
			received = max(received, f.made[i].At().Add(time.Minute))
		}
		order = order[n:]
		f.send(portolan.Backlog, received, records...)
		newProjection(t, l)
	}
	stepwise := dumpOf(t, l)
	p := newProjection(t, l)
	if err := p.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dumpOf(t, l), stepwise); diff != "" {
		t.Errorf("folding at once differs from folding link by link (-at once +link by link):\n%s", diff)
	}
}

func dueIn(t *testing.T, p *Projection, window portolan.Span) availability.Due {
	t.Helper()
	return ask(t, p, Query{Window: window, Group: []Dimension{ByNation}, Now: window.To}).Rows[0].Due
}

// dueOfInOrder sends what an agent made once more, to a ledger of its own, a record at a time in the order of the stream.
func dueOfInOrder(t *testing.T, f *fake, window portolan.Span) availability.Due {
	t.Helper()
	l := openLedger(t)
	again := newFake(t, l, f.chain.Agent, f.plan)
	made := slices.Clone(f.made)
	slices.SortStableFunc(made, func(a, b evidence.Record) int { return int(a.At() - b.At()) })
	for chunk := range slices.Chunk(made, 25) {
		again.send(portolan.Backlog, window.To, chunk...)
	}
	return dueIn(t, newProjection(t, l), window)
}

// What an earlier release stored in another form is folded again from the ledger, never read as if it were ours.
func TestProjection_OtherFormatIsFoldedAgain(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 1))
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary", "lookup"))
	eventful(f, rng)
	f.sendShuffled(rng, 60)
	newProjection(t, l)
	want := dumpOf(t, l)
	for name, stored := range map[string][]byte{"before-formats": {42}, "a-later-one": {format + 1, 42}, "none": nil} {
		err := l.Update(t.Context(), func(tx ledger.Tx) error { return tx.PutValues(ledger.Value{Key: positionKey(), Body: stored}) })
		if err != nil {
			t.Fatal(err)
		}
		newProjection(t, l)
		if diff := cmp.Diff(dumpOf(t, l), want); diff != "" {
			t.Errorf("%s: folded again it differs (-got +want):\n%s", name, diff)
		}
	}
}
