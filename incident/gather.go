package incident

import (
	"slices"

	"portolan"
)

// gather joins incidents that began apart and prove to be one: those of one component in places that are a wider scope together,
// and those of most systems in one place, which are its network.
func (d *Detector) gather(t *track) {
	if t.total.bad < t.gathered*5/4 {
		return
	}
	t.gathered = t.total.bad
	if t.Component == "" {
		d.blame(t)
	}
	if t.Scope.Level < AtNation {
		d.gatherPlaces(t)
	}
	if own := d.draggedBy(t); own != nil {
		d.join(own, t, own.Scope, own.Component)
		d.describe(own)
		d.emit(own, Grown)
		return
	}
	if t.Scope.Level > AtOffice || t.MergedInto != 0 {
		return
	}
	if t.Component == "" {
		d.gatherForerunners(t)
	} else {
		d.gatherSystems(t)
	}
}

// whole is the share of a wider scope's agents, or of a place's systems, that must be hit.
const whole = 0.65

// gatherPlaces joins t with incidents of the same component in other places, if those are most of a wider scope.
func (d *Detector) gatherPlaces(t *track) {
	for _, wider := range d.fleet.wider(t.Scope) {
		parts := d.openIn(wider, func(u *track) bool {
			return u.Component == t.Component && (d.together(t, u) || t.Component == "")
		})
		if len(parts) < 2 {
			continue
		}
		exposed, hit := d.fleet.within(wider, t.Component), 0
		for _, s := range exposed {
			if slices.ContainsFunc(parts, func(u *track) bool { return u.Scope.Holds(s.agent.id, &s.agent.at.Port) }) {
				hit++
			}
		}
		if float64(hit) >= whole*float64(len(exposed)) {
			d.joinAll(parts, wider, t.Component)
			return
		}
	}
}

// gatherSystems joins t with incidents of other systems in the same place, if those are most of what is used there and nothing
// proves that the systems answered.
func (d *Detector) gatherSystems(t *track) {
	parts := d.openIn(t.Scope, func(u *track) bool {
		return u.Component != "" && (t.Scope.Level == AtAgent || u.blamesNetwork())
	})
	if len(parts) < 2 {
		return
	}
	used := d.fleet.systemsOf(t.Scope, "")
	hit := map[portolan.SystemID]bool{}
	for _, u := range parts {
		if used[u.Component] {
			hit[u.Component] = true
		}
	}
	if float64(len(hit)) >= whole*float64(len(used)) {
		d.joinAll(parts, t.Scope, "")
	}
}

// gatherForerunners joins incidents of single systems with that of the network of the same place: a network that loses little
// seems to be one system's fault at first, which may be over already.
func (d *Detector) gatherForerunners(t *track) {
	joined := false
	for _, u := range slices.Clone(d.tracks) {
		over := u.MergedInto != 0 || u.Silent || u.Signaled || (u.End != 0 && t.Start-u.End > again)
		if u == t || over || !d.fleet.contains(t.Scope, u.Scope) || (t.Scope.Level > AtAgent && !u.blamesNetwork()) {
			continue
		}
		d.join(t, u, t.Scope, "")
		joined = true
	}
	if joined {
		d.describe(t)
		d.emit(t, Grown)
	}
}

// blame names the system that is to blame for an incident that seemed to be the network's, if too few systems are hit for that.
func (d *Detector) blame(t *track) {
	hit := d.systemsHit(t)
	if float64(len(hit)) >= whole*float64(len(d.fleet.systemsOf(t.Scope, t.Component))) {
		return
	}
	best, most := t.component, 0
	for id, c := range d.fleet.components {
		if id == "" || !d.fleet.allNeed(hit, id, t.Scope) {
			continue
		}
		part, all := t.symptomsThat(func(s *portolan.Symptom) bool {
			return s.Dependency == id || (s.Dependency == "" && slices.Contains(hit, id))
		})
		if 5*part >= 4*all && (part > most || (part == most && id > best.system)) {
			best, most = c, part
		}
	}
	if best != t.component {
		t.Component, t.component = best.system, best
		d.claim(t)
		d.describe(t)
		d.emit(t, Updated)
	}
}

// allNeed reports whether each of the systems is the one that is named, or depends on it.
func (f *fleet) allNeed(systems []portolan.SystemID, on portolan.SystemID, in Scope) bool {
	exposed := f.systemsOf(in, on)
	return !slices.ContainsFunc(systems, func(id portolan.SystemID) bool { return !exposed[id] })
}

// openIn returns the open incidents in a scope for which ok holds, the oldest first.
func (d *Detector) openIn(scope Scope, ok func(*track) bool) (open []*track) {
	for _, u := range d.tracks {
		if u.measuredNow() && d.fleet.contains(scope, u.Scope) && ok(u) {
			open = append(open, u)
		}
	}
	return open
}

// joinAll makes one incident of several; the oldest goes on.
func (d *Detector) joinAll(parts []*track, scope Scope, component portolan.SystemID) {
	for _, u := range parts[1:] {
		d.join(parts[0], u, scope, component)
	}
	d.describe(parts[0])
	d.emit(parts[0], Grown)
}

func (d *Detector) together(t, u *track) bool {
	return u.Start-t.Start <= slack && t.Start-u.Start <= slack
}

// blamesNetwork reports whether the network could be behind most of the symptoms.
func (t *track) blamesNetwork() bool {
	return t.nearlyAll(func(s *portolan.Symptom) bool { return blamesNetwork(s.Kind) })
}

// wider returns the scopes that hold a scope, the narrowest first; none if its workstation or port is not known any more.
func (f *fleet) wider(s Scope) (wider []Scope) {
	at := f.ports[s.Port]
	switch m := f.agents[s.Agent]; {
	case s.Level > AtPort:
		return []Scope{{Level: AtNation}}
	case m != nil:
		at = m.at
	}
	if at == nil {
		return nil
	}
	for _, w := range scopesOf("", &at.Port) {
		if w.Level > s.Level {
			wider = append(wider, w)
		}
	}
	return wider
}
