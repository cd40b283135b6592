package projection

import (
	"context"
	"errors"
	"fmt"

	"portolan"
	"portolan/collector/ledger"
)

// RollUp adds up what is over and is not added up yet, so that figures over months need not read every hour: hours, days
// and months, of each port and of the nation. It does at most so many steps, each a fraction of a second, and
// reports whether more are to be done. A roll-up that late evidence touches was dropped with it, and is made again here.
// Where another collector leads it does nothing.
func (p *Projection) RollUp(ctx context.Context, now portolan.Instant, steps int) (more bool, err error) {
	p.folding.Lock()
	defer p.folding.Unlock()
	if p.failed || p.following {
		return false, nil
	}
	if err := p.store(ctx); err != nil {
		p.drop()
		return false, err
	}
	p.folder.rolls.advance(now)
	for left := steps; left > 0; {
		done, err := p.rollSome(ctx, left)
		if err != nil {
			p.drop()
			return true, fmt.Errorf("roll up: %w", err)
		}
		if done == 0 {
			return false, nil
		}
		left -= done
	}
	return true, nil
}

// rollSome does at most so many jobs of one unit, of ports or of the nation, which do not need each other, and stores what came of them with the
// state that says so.
func (p *Projection) rollSome(ctx context.Context, most int) (done int, err error) {
	rolls := p.folder.rolls
	var made []ledger.Rollup
	err = p.ledger.View(ctx, func(v ledger.View) error {
		first, ok := rolls.next()
		for j := first; ok && j.unit == first.unit && j.nation() == first.nation() && done < most; j, ok = rolls.next() {
			k := &known{shelf: viewShelf{v}, facts: p.facts, at: j.span.To.Add(rollLag), rolls: rolls}
			some, err := k.roll(j)
			if err != nil {
				return fmt.Errorf("%s %s: %w", j.unit.name(), j.span.From, err)
			}
			made = append(made, some...)
			rolls.did(j)
			done++
		}
		return nil
	})
	if err != nil || done == 0 {
		return done, err
	}
	err = p.ledger.Update(ctx, func(tx ledger.Tx) error {
		if err := p.fence(tx); err != nil {
			return err
		}
		return errors.Join(tx.PutRollups(made...), rolls.put(tx))
	})
	if err != nil {
		return 0, err
	}
	rolls.stored()
	return done, nil
}

// put stores the state, and drops what is no longer so.
func (s *rollState) put(tx ledger.Tx) error {
	if !s.changed {
		return nil
	}
	if err := tx.DropRollups(s.drops...); err != nil {
		return err
	}
	return tx.PutValues(ledger.Value{Key: rollKey(), Body: s.encode()})
}

// stored says that the state was stored as it is.
func (s *rollState) stored() { s.changed, s.drops = false, nil }

// rollState returns the state of the roll-ups as it was stored.
func (k *known) rollState() (*rollState, error) {
	b, err := k.value(rollKey())
	if err != nil {
		return nil, err
	}
	return readRollState(b)
}

// rolling is what a job's groups are added up to, by the level's name; keys hold the port.
type rolling map[string]map[Key]*group

// roll returns the roll-ups that a job asks for.
func (k *known) roll(j job) ([]ledger.Rollup, error) {
	switch j.unit.kind {
	case anHourOfMinutes:
		return k.rollMinutes(j.span)
	case anHourOfLatencies:
		return k.rollLatencies(j.span)
	case anHour, aDay, aMonth:
	}
	into := rolling{}
	for _, l := range levels() {
		into[l.name] = map[Key]*group{}
	}
	var err error
	hours := k.rolls.units[0]
	portHours := j.span.From >= hours.keptFrom("any")
	switch {
	case j.unit.kind == anHour && !(j.nation() && portHours), j.unit.kind == aDay && !j.nation() && !portHours:
		err = k.rollRows(j, j.span, into)
	case j.unit.kind == anHour:
		err = k.rollMerged(j, hours.unit, k.rolls.ports, into)
	case j.unit.kind == aDay, j.nation():
		err = k.rollMerged(j, hours.unit, j.ports, into)
	default:
		err = k.rollDays(j, into)
	}
	if err != nil {
		return nil, err
	}
	return k.made(j, into), nil
}

// made packs what a job came to.
func (k *known) made(j job, into rolling) []ledger.Rollup {
	place := func(code portolan.PortCode) int { return k.rolls.place[code] }
	if !j.nation() {
		place = func(portolan.PortCode) int { return 0 }
	}
	var made []ledger.Rollup
	for _, l := range levels() {
		byPort := map[portolan.PortCode]map[Key]*group{}
		for key, g := range into[l.name] {
			if byPort[key.Port] == nil {
				byPort[key.Port] = map[Key]*group{}
			}
			byPort[key.Port][key] = g
		}
		for _, port := range j.ports {
			made = append(made, ledger.Rollup{
				Key:  ledger.RollupKey{Port: port, Unit: j.unit.name(), Part: l.name, Start: j.span.From},
				Body: encodeGroups(byPort[port], j.span.To, place),
			})
		}
	}
	return made
}

// nation reports whether the job is about all ports together.
func (j *job) nation() bool { return j.ports[0] == "" }

// rollRows adds up the rows of whole hours in a job's span.
func (k *known) rollRows(j job, hours portolan.Span, into rolling) error {
	filter := ledger.HourFilter{Span: hours}
	if !j.nation() {
		filter.Ports = j.ports
	}
	return k.each(filter, func(r *readings) {
		for _, l := range levels() {
			q := Query{Window: j.span, Group: l.by, everyWeight: true}
			if !j.nation() {
				q.Group = append([]Dimension{ByPort}, l.by...)
			}
			t := &tallies{query: &q, known: k, groups: into[l.name]}
			t.add(r, hours, j.span)
		}
	})
}

// rollDays adds up ports' months from their days, and from the hours that are in none.
func (k *known) rollDays(j job, into rolling) error {
	days := unit{aDay, j.unit.zone}
	if err := k.rollMerged(j, days, j.ports, into); err != nil {
		return err
	}
	rest := spanSet{j.span}
	for day := range days.within(j.span) {
		rest = rest.without(day)
	}
	for _, hours := range rest {
		if err := k.rollRows(j, hours, into); err != nil {
			return err
		}
	}
	return nil
}

// rollMerged adds up smaller roll-ups of a job's span: those of the same ports, or all ports' for the nation.
func (k *known) rollMerged(j job, smaller unit, ports []portolan.PortCode, into rolling) error {
	if len(ports) == 0 {
		return nil
	}
	stored, err := k.rollups(ledger.RollupFilter{Span: j.span, Ports: ports, Unit: smaller.name()})
	if err != nil {
		return err
	}
	q := Query{everyWeight: true}
	for _, s := range stored {
		t := &tallies{query: &q, known: k, groups: into[s.Key.Part]}
		named, key := k.rolls.named(s.Key.Port), Key{Port: s.Key.Port}
		if j.nation() {
			key.Port = ""
		}
		err := readParts(s.Body, smaller.after(s.Key.Start).To, func(p *part) error {
			key.System, key.Transaction = p.system, p.transaction
			return t.group(key, j.span).merge(p, named)
		})
		if err != nil {
			return fmt.Errorf("read %s %s of port %q: %w", smaller.name(), s.Key.Start, s.Key.Port, err)
		}
	}
	return nil
}

// named returns the ports that the bits of a port's roll-ups stand for.
func (s *rollState) named(port portolan.PortCode) []portolan.PortCode {
	if port == "" {
		return s.ports
	}
	return []portolan.PortCode{port}
}
