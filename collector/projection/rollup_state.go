package projection

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// rollState says what of the past is rolled up, and what is to be. A unit of a port, or of the nation, that ended by its
// unit's upTo has a roll-up in the ledger exactly if no instant of it is in the port's todo.
type rollState struct {
	first portolan.Instant    // start of the oldest hour of which anything is known; zero if there is none
	ports []portolan.PortCode // in the order in which they were met: roll-ups name them by their places
	place map[portolan.PortCode]int
	units []*unitState     // each after those that it is added up from
	end   portolan.Instant // the latest of the units' upTo

	changed bool // not stored as it is
	drops   []ledger.RollupFilter
}

type unitState struct {
	unit
	upTo portolan.Instant
	todo map[portolan.PortCode]spanSet // the nation's under the empty code
}

// rollZones bounds what a stored state may name.
const rollZones = 16

// newRollState returns the state before anything was folded; days and months are those of the zones.
func newRollState(zones []*time.Location) *rollState {
	s := &rollState{place: map[portolan.PortCode]int{}}
	s.addUnit(unit{kind: anHour})
	for _, kind := range []unitKind{aDay, aMonth} {
		for _, zone := range zones {
			s.addUnit(unit{kind, zone})
		}
	}
	s.addUnit(unit{kind: anHourOfMinutes})
	s.addUnit(unit{kind: anHourOfLatencies})
	return s
}

func (s *rollState) addUnit(u unit) *unitState {
	added := &unitState{unit: u, todo: map[portolan.PortCode]spanSet{}}
	s.units = append(s.units, added)
	return added
}

// portHours is how long hours of ports are kept rolled up: for the figures of the last days. Older hours are read from
// their rows.
const portHours = 72 * time.Hour

// keptFrom returns from when on there are roll-ups of the unit for a port, or for the nation.
func (u *unitState) keptFrom(port portolan.PortCode) portolan.Instant {
	switch {
	case port == "":
		return 0
	case u.kind == anHour:
		return u.upTo.Add(-portHours)
	case u.kind == anHourOfMinutes, u.kind == anHourOfLatencies:
		return forever
	default:
		return 0
	}
}

// meet notes that something is known of a port from an hour on.
func (s *rollState) meet(port portolan.PortCode, hour portolan.Instant) {
	if s.first == 0 || hour < s.first {
		before := s.first
		s.first, s.changed = hour, true
		if before != 0 {
			for _, code := range append([]portolan.PortCode{""}, s.ports...) {
				s.redo(code, portolan.Span{From: hour, To: before})
			}
		}
	}
	if _, met := s.place[port]; !met {
		s.place[port] = len(s.ports)
		s.ports, s.changed = append(s.ports, port), true
		s.redo(port, portolan.Span{From: s.first, To: forever})
	}
}

// reach reports whether anything from an instant on is, or is to be, rolled up.
func (s *rollState) reach(from portolan.Instant) bool { return from < s.end }

// touch notes that what is known of a port in a span may have changed.
func (s *rollState) touch(port portolan.PortCode, span portolan.Span) {
	for _, u := range s.units {
		if u.kind != anHourOfLatencies { // which follow from latencies alone
			s.remake(u, port, span)
			s.remake(u, "", span)
		}
	}
}

// touchAll notes that what is known of every port from an instant on may have changed.
func (s *rollState) touchAll(from portolan.Instant) {
	for _, port := range s.ports {
		s.touch(port, portolan.Span{From: from.Hour(), To: forever})
	}
}

// touchFacts notes what entries of the journal after the given one may have changed: planned work from its declaration
// on, and volumes from when they are known.
func (s *rollState) touchFacts(facts *Facts, after uint64) {
	for i := range facts.Maintenance {
		if m := &facts.Maintenance[i]; m.ID > after {
			s.touchAll(portolan.InstantOf(m.Declared))
		}
	}
	for i := range facts.ports {
		if v := &facts.ports[i]; v.number > after {
			s.touchAll(v.at)
		}
	}
}

// redo has all roll-ups of a port that overlap a span dropped and made again.
func (s *rollState) redo(port portolan.PortCode, span portolan.Span) {
	for _, u := range s.units {
		s.remake(u, port, span)
	}
}

// remake has the roll-ups of one unit and port that overlap a span dropped and made again.
func (s *rollState) remake(u *unitState, port portolan.PortCode, span portolan.Span) {
	here := portolan.Span{From: max(span.From, s.first, u.keptFrom(port)), To: min(span.To, u.upTo)}
	if here.Empty() || u.todo[port].covers(here) {
		return
	}
	u.todo[port] = u.todo[port].with(here)
	s.drops = append(s.drops, ledger.RollupFilter{
		Ports: []portolan.PortCode{port}, Unit: u.name(),
		Span: portolan.Span{From: min(here.From, u.after(here.From).From), To: here.To},
	})
	s.changed = true
}

// rollLag is how long after its end a unit is rolled up: what arrives until then costs nothing.
const rollLag = mostGrace

// advance adds to what is to be done the units that ended long enough ago.
func (s *rollState) advance(now portolan.Instant) {
	if s.first == 0 {
		return
	}
	for _, u := range s.units {
		upTo := u.after(now.Add(-rollLag)).From
		span := portolan.Span{From: max(s.first, u.upTo), To: upTo}
		if span.Empty() {
			continue
		}
		u.upTo, s.end, s.changed = upTo, max(s.end, upTo), true
		u.todo[""] = u.todo[""].with(span)
		for _, port := range s.ports {
			from := max(span.From, u.keptFrom(port))
			if from >= upTo {
				break
			}
			u.todo[port] = u.todo[port].with(portolan.Span{From: from, To: upTo}).without(portolan.Span{To: u.keptFrom(port)})
		}
		if u.kind == anHour && len(s.ports) > 0 {
			s.drops = append(s.drops, ledger.RollupFilter{
				Ports: slices.Clone(s.ports), Unit: u.name(), Span: portolan.Span{To: u.keptFrom(s.ports[0])},
			})
		}
	}
}

// job is one unit to be rolled up, of ports or of the nation.
type job struct {
	unit  *unitState
	span  portolan.Span
	ports []portolan.PortCode // the nation alone is the empty code
}

// portsAJob bounds the ports that are rolled up together.
const portsAJob = 64

// next returns what is to be done first; ok is false if there is nothing. Newer units go first, and the ones that others
// are added up from.
func (s *rollState) next() (j job, ok bool) {
	for _, u := range s.units {
		for _, set := range u.todo {
			if one, found := u.newest(set); found && (!ok || one.From > j.span.From) {
				j, ok = job{unit: u, span: one}, true
			}
		}
		if ok {
			break
		}
	}
	if !ok {
		return j, false
	}
	for _, port := range slices.Sorted(maps.Keys(j.unit.todo)) {
		if port != "" && len(j.ports) < portsAJob && j.unit.todo[port].overlaps(j.span) {
			j.ports = append(j.ports, port)
		}
	}
	if len(j.ports) == 0 {
		j.ports = []portolan.PortCode{""}
	}
	return j, true
}

// did notes that a job was done.
func (s *rollState) did(j job) {
	span := j.span
	if before := j.unit.after(span.From - 1); before == span {
		span.From = span.From.Add(-time.Hour) // an hour that is in no unit
	}
	for _, port := range j.ports {
		if j.unit.todo[port] = j.unit.todo[port].without(span); len(j.unit.todo[port]) == 0 {
			delete(j.unit.todo, port)
		}
	}
	s.changed = true
}

// rollKey is that of the value which holds the state of the roll-ups.
func rollKey() ledger.ValueKey { return ledger.ValueKey{Name: "rollups"} }

func (s *rollState) encode() []byte {
	var w writer
	w.at(s.first)
	w.uint(uint64(len(s.ports)))
	for _, port := range s.ports {
		w.text(string(port))
	}
	w.uint(uint64(len(s.units)))
	for _, u := range s.units {
		w.uint(uint64(u.kind))
		w.text(u.zone.String())
		w.at(u.upTo)
		w.uint(uint64(len(u.todo)))
		for _, port := range slices.Sorted(maps.Keys(u.todo)) {
			w.text(string(port))
			u.todo[port].encode(&w)
		}
	}
	return w.b
}

// readRollState reads what encode wrote; nothing is the state before anything was folded.
func readRollState(b []byte) (*rollState, error) {
	s := newRollState(nil)
	if len(b) == 0 {
		return s, nil
	}
	r := reader{b: b}
	s.first = r.at()
	for range r.count() {
		port := portolan.PortCode(r.text())
		s.place[port] = len(s.ports)
		s.ports = append(s.ports, port)
	}
	s.units = nil
	for range min(r.count(), 3+2*rollZones) {
		kind := unitKind(r.uint())
		zone, err := time.LoadLocation(r.text())
		if err != nil || kind > anHourOfLatencies {
			return nil, fmt.Errorf("%w: unit %d of roll-ups, %v", errStored, kind, err)
		}
		u := s.addUnit(unit{kind, zone})
		u.upTo = r.at()
		s.end = max(s.end, u.upTo)
		for range r.count() {
			port := portolan.PortCode(r.text())
			u.todo[port] = readSpanSet(&r)
		}
	}
	return s, r.err
}

// setZones makes the days and months those of the zones: what is new is rolled up by and by, and what is no longer
// wanted is dropped.
func (s *rollState) setZones(zones []*time.Location) {
	wanted := newRollState(zones).units
	for _, u := range s.units {
		at := slices.IndexFunc(wanted, func(w *unitState) bool { return w.name() == u.name() })
		if at >= 0 {
			wanted[at] = u
			continue
		}
		s.drops = append(s.drops, ledger.RollupFilter{Unit: u.name(), Span: portolan.Span{To: forever}})
		s.changed = true
	}
	s.changed = s.changed || len(wanted) != len(s.units)
	s.units = wanted
}
