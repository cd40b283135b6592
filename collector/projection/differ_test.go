package projection

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// recomputed folds what the stored projection was folded from.
func recomputed(t *testing.T, l ledger.Ledger) *Recomputed {
	t.Helper()
	var cut Cut
	err := l.View(t.Context(), func(v ledger.View) (err error) {
		cut, err = StoredCut(v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Recompute(t.Context(), l, cut)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// differencesOf compares what is stored with what was recomputed.
func differencesOf(t *testing.T, l ledger.Ledger, r *Recomputed) []string {
	t.Helper()
	var found []string
	err := l.View(t.Context(), func(v ledger.View) (err error) {
		found, err = r.Differences(v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What is stored is what the evidence gives; one flipped bit in any roll-up, row, state or sketch is found and named.
func TestRecomputed_FindsAFlippedBit(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 3))
	h := newHistory(t, rng, openLedger(t))
	p, err := New(t.Context(), Options{Ledger: h.ledger, Zones: zonesOf(t, "UTC", "Asia/Kolkata")})
	if err != nil {
		t.Fatal(err)
	}
	for h.now < beginning.Add(2*24*time.Hour) {
		h.pass(9 * time.Hour)
		catchUp(t, p)
		rollUp(t, p, h.now)
	}
	r := recomputed(t, h.ledger)
	if found := differencesOf(t, h.ledger, r); len(found) > 0 {
		t.Fatalf("nothing was changed, and found:\n%s", strings.Join(found, "\n"))
	}
	all := dumpOf(t, h.ledger)
	var rollups []ledger.Rollup
	err = h.ledger.View(t.Context(), func(v ledger.View) (err error) {
		rollups, err = v.Rollups(ledger.RollupFilter{Span: portolan.Span{To: forever}})
		return err
	})
	if err != nil || len(rollups) < 300 {
		t.Fatalf("%d roll-ups, %v; want many", len(rollups), err)
	}
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		return b
	}
	change := func(name string, put func(tx ledger.Tx, harm bool) error) {
		t.Helper()
		for _, harm := range []bool{true, false} {
			if err := h.ledger.Update(t.Context(), func(tx ledger.Tx) error { return put(tx, harm) }); err != nil {
				t.Fatal(err)
			}
			if !harm {
				continue
			}
			if found := differencesOf(t, h.ledger, r); len(found) != 1 || !strings.Contains(found[0], name) {
				t.Errorf("%s was harmed: found %q", name, found)
			}
		}
	}
	for _, i := range rng.Perm(len(rollups))[:6] {
		r := rollups[i]
		change(r.Key.Unit, func(tx ledger.Tx, harm bool) error {
			one := r
			if harm {
				one.Body = flip(r.Body)
			}
			return tx.PutRollups(one)
		})
	}
	row, state, sketch := all.Rows[rng.IntN(len(all.Rows))], all.States[0], all.Sketches[rng.IntN(len(all.Sketches))]
	change("hour "+row.Hour.String(), func(tx ledger.Tx, harm bool) error {
		one := row
		if harm {
			one.Body = flip(row.Body)
		}
		return tx.PutHours(one)
	})
	change("state of "+state.Series.String(), func(tx ledger.Tx, harm bool) error {
		one := state
		if harm {
			one.State = flip(state.State)
		}
		return tx.PutSeries(one)
	})
	change("latency of", func(tx ledger.Tx, harm bool) error {
		one := sketch
		if harm {
			one.Body = flip(sketch.Body)
		}
		return tx.PutSketches(one)
	})
	change("is not stored", func(tx ledger.Tx, harm bool) error {
		if harm {
			k := rollups[0].Key
			return tx.DropRollups(ledger.RollupFilter{
				Ports: []portolan.PortCode{k.Port}, Unit: k.Unit, Part: k.Part, Span: portolan.Span{From: k.Start, To: k.Start + 1},
			})
		}
		return tx.PutRollups(rollups[0])
	})
	if found := differencesOf(t, h.ledger, r); len(found) > 0 {
		t.Errorf("all harm was undone, and found %q", found)
	}
}
