package incident

import (
	"slices"

	"portolan"
)

// absorb joins a new incident with open ones that it explains too: they began together, one scope holds the other, and the
// new component explains the symptoms of both; or its system is slow throughout. The oldest one goes on with the new one's scope,
// or with its own if it is that whose system is slow throughout. It returns the one that goes on.
func (d *Detector) absorb(t *track) *track {
	into := t
	for _, u := range slices.Clone(d.tracks) {
		if u == t || u.End != 0 || u.MergedInto != 0 || u.Silent != t.Silent || !(d.explainsAll(t, u) || d.dragsAlong(t, u)) {
			continue
		}
		d.join(u, into, t.Scope, t.Component)
		into = u
	}
	if own := d.draggedBy(into); own != nil {
		d.join(own, into, own.Scope, own.Component)
		into = own
	}
	return into
}

// absorbConsequences joins incidents of systems that are themselves hit by this one: what depends on a system that fails for
// want of another fails too.
func (d *Detector) absorbConsequences(t *track) {
	for _, u := range slices.Clone(d.tracks) {
		if u == t || !u.measuredNow() || t.Component == "" || u.Component == t.Component {
			continue
		}
		if d.together(t, u) && slices.Contains(t.Systems, u.Component) && d.fleet.contains(t.Scope, u.Scope) && u.seenByOthers() {
			d.join(t, u, t.Scope, t.Component)
			d.describe(t)
			d.emit(t, Grown)
		}
	}
}

// seenByOthers reports whether most symptoms are of systems that depend on the incident's.
func (t *track) seenByOthers() bool {
	return t.nearlyAll(func(s *portolan.Symptom) bool { return s.Dependency == t.Component })
}

// explainsAll reports whether incident t explains what u saw.
func (d *Detector) explainsAll(t, u *track) bool {
	if !d.together(t, u) || !d.fleet.contains(t.Scope, u.Scope) {
		return false
	}
	if t.Component == u.Component {
		return true
	}
	return u.nearlyAll(func(s *portolan.Symptom) bool {
		return (t.Component == "" && blamesNetwork(s.Kind)) || (t.Component != "" && s.Dependency == t.Component)
	})
}

func late(s *portolan.Symptom) bool { return s.Kind == portolan.KindLate }

// dragsAlong reports whether t's system is slow throughout, and u the incident of one of its dependencies that none but this
// system's users see: late runs name the longest of their steps, now this one and now another.
func (d *Detector) dragsAlong(t, u *track) bool {
	if t.Component == "" || t.Component == u.Component || t.Start-u.Start > again {
		return false
	}
	others := func(system portolan.SystemID) bool { return system != t.Component }
	return t.nearlyAll(late) && u.nearlyAll(late) && t.slowElsewhere(u) && !slices.ContainsFunc(d.systemsHit(u), others) && d.hitsWithin(u, t.Scope)
}

// hitsWithin reports whether every agent that an incident hit lies in a scope.
func (d *Detector) hitsWithin(t *track, scope Scope) bool {
	for agent, n := range t.tallies {
		if m := d.fleet.agents[agent]; n.bad > 0 && (m == nil || !scope.Holds(agent, &m.at.Port)) {
			return false
		}
	}
	return true
}

// draggedBy returns the open incident of a system that is slow throughout, of which t is a part; nil if there is none.
func (d *Detector) draggedBy(t *track) *track {
	for _, u := range d.tracks {
		if u != t && u.measuredNow() && d.dragsAlong(u, t) {
			return u
		}
	}
	return nil
}

// slowElsewhere reports whether other steps than those of u's system were slow after u began.
func (t *track) slowElsewhere(u *track) bool {
	for dependency, newest := range t.newestBad {
		if dependency != u.Component && newest > u.Start {
			return true
		}
	}
	return false
}

// join makes one incident part of another, which gets the given scope and component.
func (d *Detector) join(into, part *track, scope Scope, component portolan.SystemID) {
	into.Start = min(into.Start, part.Start)
	into.Scope, into.Component, into.component = scope, component, d.fleet.component(component)
	for agent, n := range part.tallies {
		into.tallyOf(agent).merge(n)
	}
	for system, n := range part.systems {
		into.systemOf(system).merge(n)
	}
	for s, n := range part.symptoms {
		into.symptoms[s] += n
	}
	for dependency, newest := range part.newestBad {
		into.newestBad[dependency] = max(into.newestBad[dependency], newest)
	}
	into.total.merge(&part.total)
	into.recovery, into.recovered, into.pending = 0, 0, 0
	for _, id := range append(part.also, part.Component) {
		if id != "" && id != component && !slices.Contains(into.also, id) {
			into.also = append(into.also, id)
		}
	}
	part.MergedInto = into.ID
	if part.End == 0 {
		part.End = max(d.now, part.Start+1)
	}
	for _, c := range part.cells {
		c.incident = nil
	}
	part.cells = nil
	d.claim(into)
	if part.Revision > 0 {
		d.emit(part, Merged)
	}
}

// contains reports whether scope a holds all of scope b.
func (f *fleet) contains(a, b Scope) bool {
	if a == b || a.Level == AtNation {
		return true
	}
	if a.Level < b.Level {
		return false
	}
	switch b.Level {
	case AtAgent:
		m := f.agents[b.Agent]
		return m != nil && a.Holds(b.Agent, &m.at.Port)
	case AtPort:
		p := f.ports[b.Port]
		return p != nil && a.Level != AtAgent && a.Holds("", &p.Port)
	case AtOffice:
		return a.Level == AtKind && f.officeOf(b.Office, a.Kind)
	default:
		return false
	}
}

// officeOf reports whether all ports of an office are of one kind.
func (f *fleet) officeOf(office string, kind portolan.PortKind) bool {
	for _, p := range f.ports {
		if p.Office == office && p.Kind != kind {
			return false
		}
	}
	return true
}
