package projection

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"portolan"
	"portolan/collector/ledger"
)

// Latencies are kept by hour: of runs by port, of steps for all ports. Those of all ports together are added up by hour and system,
// so that a month of the nation is some thousand counts and not millions: a part with the counts of a system's transactions, and
// one with those of its steps.

const (
	partOfRuns  = "runs/"
	partOfSteps = "steps/"
)

// latencyPart returns the part under which roll-ups keep a system's latencies.
func latencyPart(system portolan.SystemID, steps bool) string {
	if steps {
		return partOfSteps + string(system)
	}
	return partOfRuns + string(system)
}

// rollLatencies returns the roll-ups of an hour's latencies. The part of all names the systems that have any.
func (k *known) rollLatencies(hour portolan.Span) ([]ledger.Rollup, error) {
	parts, systems := map[string]*writer{}, map[portolan.SystemID]bool{}
	for _, steps := range []bool{false, true} {
		all, err := k.addLatencies(hour, steps)
		if err != nil {
			return nil, err
		}
		for _, key := range slices.SortedFunc(maps.Keys(all), compareMeasured) {
			name := latencyPart(key.System, steps)
			if parts[name] == nil {
				parts[name] = &writer{}
			}
			parts[name].text(string(key.Transaction))
			parts[name].text(string(key.Step))
			parts[name].bytes(all[key].encode())
			systems[key.System] = true
		}
	}
	parts[partOfAll] = &writer{}
	for _, id := range slices.Sorted(maps.Keys(systems)) {
		parts[partOfAll].text(string(id))
	}
	var made []ledger.Rollup
	for name, w := range parts {
		made = append(made, ledger.Rollup{Key: ledger.RollupKey{Unit: latencyUnit().name(), Part: name, Start: hour.From}, Body: w.b})
	}
	return made, nil
}

func latencyUnit() unit { return unit{kind: anHourOfLatencies} }

// addLatencies adds up what all ports have in an hour, of runs or of steps.
func (k *known) addLatencies(hour portolan.Span, steps bool) (map[ledger.SketchKey]*counts, error) {
	kept, err := k.sketches(ledger.SketchFilter{Span: hour, Steps: steps})
	if err != nil {
		return nil, err
	}
	all := map[ledger.SketchKey]*counts{}
	for _, s := range kept {
		key := s.Key
		key.Port = ""
		if all[key] == nil {
			all[key] = &counts{}
		}
		if err := all[key].decode(s.Body); err != nil {
			return nil, fmt.Errorf("read latency of %s/%s at %s: %w", s.Key.System, s.Key.Transaction, s.Key.Port, err)
		}
	}
	return all, nil
}

// compareMeasured orders what is measured in an hour.
func compareMeasured(a, b ledger.SketchKey) int {
	return cmp.Or(compareText(a.System, b.System), compareText(a.Transaction, b.Transaction), compareText(a.Step, b.Step))
}

// rolledSketches returns the latencies of all ports together, as if they were one, of the hours of a span that are rolled up, and
// the hours that are left.
func (k *known) rolledSketches(q *Query, span portolan.Span, steps bool) (found []ledger.Sketch, rest spanSet, err error) {
	rest = spanSet{span}
	rolled := k.rolls.latencies()
	if !q.nationwide() || rolled == nil {
		return nil, rest, nil
	}
	rest = slices.Clone(rolled.todo[""]).with(portolan.Span{From: rolled.upTo, To: forever})
	rest = rest.without(portolan.Span{To: max(span.From, k.rolls.first)}).without(portolan.Span{From: span.To, To: forever})
	systems := q.Systems
	if len(systems) == 0 {
		if systems, err = k.measuredSystems(span); err != nil {
			return nil, nil, err
		}
	}
	for _, system := range systems {
		stored, err := k.rollups(latencyFilter(span, latencyPart(system, steps)))
		if err != nil {
			return nil, nil, err
		}
		for _, r := range stored {
			if found, err = appendSketches(found, system, r); err != nil {
				return nil, nil, fmt.Errorf("read latencies of %s at %s: %w", system, r.Key.Start, err)
			}
		}
	}
	return found, rest, nil
}

func latencyFilter(span portolan.Span, part string) ledger.RollupFilter {
	return ledger.RollupFilter{Span: span, Ports: []portolan.PortCode{""}, Unit: latencyUnit().name(), Part: part}
}

// measuredSystems returns the systems of which roll-ups hold latencies in a span.
func (k *known) measuredSystems(span portolan.Span) ([]portolan.SystemID, error) {
	stored, err := k.rollups(latencyFilter(span, partOfAll))
	if err != nil {
		return nil, err
	}
	systems := map[portolan.SystemID]bool{}
	for _, one := range stored {
		r := reader{b: one.Body}
		for len(r.b) > 0 {
			systems[portolan.SystemID(r.text())] = true
		}
		if r.err != nil {
			return nil, fmt.Errorf("read systems measured at %s: %w", one.Key.Start, r.err)
		}
	}
	return slices.Sorted(maps.Keys(systems)), nil
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

// appendSketches appends what a system's roll-up holds.
func appendSketches(found []ledger.Sketch, system portolan.SystemID, r ledger.Rollup) ([]ledger.Sketch, error) {
	body := reader{b: r.Body}
	for len(body.b) > 0 {
		key := ledger.SketchKey{System: system, Transaction: portolan.TransactionID(body.text()), Step: portolan.StepID(body.text()), Hour: r.Key.Start}
		counted := body.bytes()
		found = append(found, ledger.Sketch{Key: key, Body: counted})
	}
	return found, body.err
}

// touchMeasured notes which roll-ups of latencies what is not stored yet may change.
func (f *folder) touchMeasured() {
	for _, c := range f.measured.dirty {
		if !f.rolls.reach(c.key.Hour) {
			continue
		}
		if c.key.Port != "" {
			f.rolls.meet(c.key.Port, c.key.Hour)
		}
		if u := f.rolls.latencies(); u != nil {
			f.rolls.remake(u, "", hourSpan(c.key.Hour))
		}
	}
}
