package projection

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// Latencies are kept by port and hour. Those of all ports together are added up by hour, so that a month of the nation is
// some thousand counts and not millions: a part for each system, with the counts of each of its transactions.

// rollLatencies returns the roll-ups of an hour's latencies.
func (k *known) rollLatencies(hour portolan.Span) ([]ledger.Rollup, error) {
	kept, err := k.sketches(ledger.SketchFilter{Span: hour})
	if err != nil {
		return nil, err
	}
	type transaction struct {
		system portolan.SystemID
		id     portolan.TransactionID
	}
	all := map[transaction]*counts{}
	for _, s := range kept {
		of := transaction{s.Key.System, s.Key.Transaction}
		if all[of] == nil {
			all[of] = &counts{}
		}
		if err := all[of].decode(s.Body); err != nil {
			return nil, fmt.Errorf("read latency of %s/%s at %s: %w", s.Key.System, s.Key.Transaction, s.Key.Port, err)
		}
	}
	parts := map[string]*writer{}
	for _, of := range slices.SortedFunc(maps.Keys(all), func(a, b transaction) int {
		return cmp.Or(compareText(a.system, b.system), compareText(a.id, b.id))
	}) {
		name := partOf(of.system)
		if parts[name] == nil {
			parts[name] = &writer{}
		}
		parts[name].text(string(of.id))
		parts[name].bytes(all[of].encode())
	}
	if len(parts) == 0 {
		parts[partOfAll] = &writer{} // the hour was looked at
	}
	var made []ledger.Rollup
	for name, w := range parts {
		made = append(made, ledger.Rollup{
			Key: ledger.RollupKey{Unit: unit{kind: anHourOfLatencies}.name(), Part: name, Start: hour.From}, Body: w.b,
		})
	}
	return made, nil
}

// rolledSketches returns the latencies of all ports together, as if they were one, of the hours of a span that are rolled up, and
// the hours that are left.
func (k *known) rolledSketches(q *Query, span portolan.Span) (found []ledger.Sketch, rest spanSet, err error) {
	rest = spanSet{span}
	rolled := k.rolls.latencies()
	if !q.nationwide() || rolled == nil {
		return nil, rest, nil
	}
	rest = slices.Clone(rolled.todo[""]).with(portolan.Span{From: rolled.upTo, To: forever})
	rest = rest.without(portolan.Span{To: max(span.From, k.rolls.first)}).without(portolan.Span{From: span.To, To: forever})
	systems := q.Systems
	if len(systems) == 0 {
		systems = []portolan.SystemID{""}
	}
	for _, system := range systems {
		filter := ledger.RollupFilter{Span: span, Ports: []portolan.PortCode{""}, Unit: rolled.name()}
		if system != "" {
			filter.Part = partOf(system)
		}
		stored, err := k.rollups(filter)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range stored {
			if found, err = appendSketches(found, r); err != nil {
				return nil, nil, fmt.Errorf("read latencies of %s: %w", r.Key.Start, err)
			}
		}
	}
	return found, rest, nil
}

// nationwide reports whether a query tells no ports apart.
func (q *Query) nationwide() bool {
	apart := func(d Dimension) bool { return d == ByPort || d == ByOffice || d == ByKind }
	return len(q.Ports)+len(q.Offices)+len(q.Kinds) == 0 && !slices.ContainsFunc(q.Group, apart)
}

// latencies returns the unit of latencies, nil if there is none.
func (s *rollState) latencies() *unitState {
	if s == nil || s.first == 0 {
		return nil
	}
	for _, u := range s.units {
		if u.kind == anHourOfLatencies {
			return u
		}
	}
	return nil
}

// appendSketches appends what a roll-up holds.
func appendSketches(found []ledger.Sketch, r ledger.Rollup) ([]ledger.Sketch, error) {
	system, ok := systemOf(r.Key.Part)
	for body := (reader{b: r.Body}); ok && len(body.b) > 0; {
		key := ledger.SketchKey{System: system, Transaction: portolan.TransactionID(body.text()), Hour: r.Key.Start}
		counted := body.bytes()
		if body.err != nil {
			return nil, body.err
		}
		found = append(found, ledger.Sketch{Key: key, Body: counted})
	}
	return found, nil
}

// touchMeasured notes which roll-ups of latencies what is not stored yet may change.
func (f *folder) touchMeasured() {
	for _, c := range f.measured.dirty {
		if c.key.Port == "" || !f.rolls.reach(c.key.Hour) {
			continue
		}
		f.rolls.meet(c.key.Port, c.key.Hour)
		if u := f.rolls.latencies(); u != nil {
			f.rolls.remake(u, "", portolan.Span{From: c.key.Hour, To: c.key.Hour.Add(time.Hour)})
		}
	}
}
