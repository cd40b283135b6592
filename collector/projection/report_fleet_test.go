package projection

import (
	"context"
	"fmt"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// ReportMonth is the month that reports are measured on: it lies within what figuresFleet knows.
const ReportMonth = "2026-01"

// ReportNow is when reports are asked for.
func ReportNow() portolan.Instant { return figuresNow() }

// ReportFleet is figuresFleet with all that a report of ReportMonth reads besides: days, hours, minutes and latencies of the
// nation, of runs and of five steps of each transaction, and changes.
func ReportFleet(b *testing.B, changes int) (*Projection, ledger.Ledger) {
	b.Helper()
	p := figuresFleet(b)
	rolls := figuresState()
	from := portolan.InstantOf(time.Date(2025, time.November, 1, 0, 0, 0, 0, time.UTC))
	span := portolan.Span{From: from, To: portolan.InstantOf(time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC))}
	err := p.ledger.Update(context.Background(), func(tx ledger.Tx) error {
		for _, u := range rolls.units {
			if err := putNation(tx, u, span); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for n := range changes {
		at := time.Date(2026, time.January, 2+n*2, 15, 0, 0, 0, time.UTC)
		journal(b, p.ledger, ReportNow(), evidence.EntryAnnotation, "", Annotation{
			System: figureSystem(n), From: at, To: at, Text: fmt.Sprintf("release %d", n), By: "release desk",
		})
	}
	again, err := New(context.Background(), Options{Ledger: p.ledger})
	if err != nil {
		b.Fatal(err)
	}
	return again, p.ledger
}

// putNation keeps the nation's roll-ups of a unit.
func putNation(tx ledger.Tx, u *unitState, span portolan.Span) error {
	var bodies [16]map[string][]byte
	for variant := range bodies {
		bodies[variant] = nationBodies(u, variant)
	}
	var made []ledger.Rollup
	for one := range u.within(span) {
		for part, body := range bodies[len(made)%len(bodies)] {
			made = append(made, ledger.Rollup{Key: ledger.RollupKey{Unit: u.name(), Part: part, Start: one.From}, Body: body})
		}
	}
	return tx.PutRollups(made...)
}

// nationBodies are the parts of one roll-up of the nation.
func nationBodies(u *unitState, variant int) map[string][]byte {
	parts := map[string][]byte{}
	switch u.kind {
	case anHourOfMinutes:
		parts[partOfAll] = drawnMinutes(variant)
		for n := range figureSystems {
			id := figureSystem(n)
			parts[partOf(id)] = drawnMinutes(variant + n)
		}
	case anHourOfLatencies:
		var names writer
		for n := range figureSystems {
			id := figureSystem(n)
			var w writer
			var steps writer
			for _, transaction := range []string{"primary", "secondary"} {
				w.text(transaction)
				w.text("")
				w.bytes(drawnCounts(variant+n, 200))
				for step := range 5 {
					steps.text(transaction)
					steps.text(fmt.Sprintf("step-%d", step))
					steps.bytes(drawnCounts(variant+step, 150))
				}
			}
			names.text(string(id))
			parts[latencyPart(id, false)], parts[latencyPart(id, true)] = w.b, steps.b
		}
		parts[partOfAll] = names.b
	case anHour, aDay, aMonth:
		for _, l := range levels() {
			parts[l.name] = drawnBody(l, u, variant)
		}
	}
	return parts
}

// drawnCounts is latencies in so many bins.
func drawnCounts(variant, bins int) []byte {
	var c counts
	for bin := range bins {
		c.add(bin + variant)
		c.bins[bin+variant-c.first] += uint64(1 + (bin*7+variant)%90)
	}
	return c.encode()
}
