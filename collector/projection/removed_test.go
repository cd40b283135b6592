package projection

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/collector/ledger"
)

// removeBefore removes what was received, and tells of nothing, since an instant, and returns what a stub says of it.
func removeBefore(t *testing.T, l ledger.Ledger, before portolan.Instant) *Held {
	t.Helper()
	links, err := l.Read(t.Context(), ledger.Query{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var held *Held
	err = l.View(t.Context(), func(v ledger.View) (err error) {
		held, err = Hold(v, portolan.Span{From: beginning.Hour(), To: before.Hour()}, links[len(links)-1].ReceivedAt)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	old := slices.DeleteFunc(links, func(k ledger.Link) bool { return k.ReceivedAt >= before || k.Content.Span.To >= before })
	if len(old) == 0 {
		t.Fatal("nothing is old enough")
	}
	if err := l.Forget(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	return held
}

// adopted recomputes from what is left.
func adopted(t *testing.T, l ledger.Ledger, held *Held) (r *Recomputed, found []string) {
	t.Helper()
	r = recomputed(t, l)
	err := l.View(t.Context(), func(v ledger.View) (err error) {
		r.Adopt(v)
		if found, err = r.Differences(v); err != nil {
			return err
		}
		more, _, err := held.Differences(v)
		found = append(found, more...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, found
}

// When old evidence is removed, all later hours, states, latencies and roll-ups are still made anew, bit for bit, and so they
// are as more evidence comes; the older ones are held by the stub.
func TestRecomputed_AdoptsWhatAStubStandsFor(t *testing.T) {
	t.Parallel()
	for seed := range histories(1) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, rand.New(rand.NewPCG(seed, 54)), openLedger(t))
			p, err := New(t.Context(), Options{Ledger: h.ledger, Zones: zonesOf(t, "UTC", "Asia/Kolkata")})
			if err != nil {
				t.Fatal(err)
			}
			goOn := func(until time.Duration) {
				for h.now < beginning.Add(until) {
					h.pass(9 * time.Hour)
				}
				catchUp(t, p)
				rollUp(t, p, h.now)
			}
			goOn(4 * 24 * time.Hour)
			held := removeBefore(t, h.ledger, beginning.Add(2*24*time.Hour))
			r, found := adopted(t, h.ledger, held)
			if len(found) > 0 {
				t.Fatalf("what is left gives something else:\n%s", strings.Join(found, "\n"))
			}
			if until := r.HeldUntil(); until <= beginning.Add(24*time.Hour) || until > h.now {
				t.Errorf("figures are held until %s", until)
			}
			goOn(5 * 24 * time.Hour)
			if _, found := adopted(t, h.ledger, held); len(found) > 0 {
				t.Errorf("after more evidence:\n%s", strings.Join(found, "\n"))
			}
			rebuiltBeside(t, p, h, held)
			goOn(6 * 24 * time.Hour)
			if _, found := adopted(t, h.ledger, held); len(found) > 0 {
				t.Errorf("after a rebuild and more evidence:\n%s", strings.Join(found, "\n"))
			}
			if seed == 0 {
				flipHeld(t, h.ledger, held)
				keptByAnotherRelease(t, h.ledger)
			}
		})
	}
}

// rebuiltBeside harms what the remaining evidence gives, and rebuilds: everything is as it was, what was held included.
func rebuiltBeside(t *testing.T, p *Projection, h *history, held *Held) {
	t.Helper()
	was, rollups := dumpOf(t, h.ledger), rollupsOf(t, h.ledger)
	newest := slices.MaxFunc(was.Rows, func(a, b ledger.HourRow) int { return int(a.Hour - b.Hour) })
	newest.Body = slices.Clone(newest.Body)
	newest.Body[len(newest.Body)-1] ^= 1
	if err := h.ledger.Update(t.Context(), func(tx ledger.Tx) error { return tx.PutHours(newest) }); err != nil {
		t.Fatal(err)
	}
	if err := p.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	catchUp(t, p)
	rollUp(t, p, h.now)
	if diff := cmp.Diff(was, dumpOf(t, h.ledger)); diff != "" {
		t.Errorf("hours, states and latencies (-was +rebuilt):\n%s", diff)
	}
	if diff := cmp.Diff(rollups, rollupsOf(t, h.ledger)); diff != "" {
		t.Errorf("roll-ups (-was +rebuilt):\n%s", diff)
	}
	if _, found := adopted(t, h.ledger, held); len(found) > 0 {
		t.Errorf("after a rebuild:\n%s", strings.Join(found, "\n"))
	}
}

// keptByAnotherRelease stores the projection in another form: a projection does not begin, for it could not fold again what was removed.
func keptByAnotherRelease(t *testing.T, l ledger.Ledger) {
	t.Helper()
	was := dumpOf(t, l)
	err := l.Update(t.Context(), func(tx ledger.Tx) error {
		return tx.PutValues(ledger.Value{Key: positionKey(), Body: []byte{format + 1, 1}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), Options{Ledger: l}); !errors.Is(err, errFormat) {
		t.Errorf("begun on what another release stored: %v", err)
	}
	if diff := cmp.Diff(was, dumpOf(t, l)); diff != "" {
		t.Errorf("-was +after that:\n%s", diff)
	}
}

// flipHeld flips a bit in a row that a stub stands for, and in one that the evidence still gives.
func flipHeld(t *testing.T, l ledger.Ledger, held *Held) {
	t.Helper()
	rows := dumpOf(t, l).Rows
	rows = slices.DeleteFunc(rows, func(r ledger.HourRow) bool { return slices.Contains(held.Open, rowName(r.Series, r.Hour)) })
	slices.SortFunc(rows, func(a, b ledger.HourRow) int { return int(a.Hour - b.Hour) })
	for _, one := range []struct {
		row  ledger.HourRow
		want string
	}{
		{rows[len(rows)/10], "hours of port "}, {rows[len(rows)*9/10], " is not what the evidence gives"},
	} {
		harmed := one.row
		harmed.Body = slices.Clone(one.row.Body)
		harmed.Body[len(harmed.Body)-1] ^= 1
		for _, row := range []ledger.HourRow{harmed, one.row} {
			if err := l.Update(t.Context(), func(tx ledger.Tx) error { return tx.PutHours(row) }); err != nil {
				t.Fatal(err)
			}
			if _, found := adopted(t, l, held); strings.Contains(strings.Join(found, "\n"), one.want) == (row.Body[len(row.Body)-1] == one.row.Body[len(one.row.Body)-1]) {
				t.Errorf("%s at %s: found %q, want %q where it is harmed", row.Series, row.Hour, found, one.want)
			}
		}
	}
}
