package incident

import (
	"slices"
	"strings"

	"portolan"
)

const (
	// officeSilent and nationSilent are the shares of ports that are silent when the office or the nation is.
	officeSilent = 0.8
	nationSilent = 0.5
)

// Silent says that nothing was heard of an agent since an instant, without a farewell.
func (d *Detector) Silent(agent portolan.AgentID, since portolan.Instant) {
	if m := d.fleet.agents[agent]; m != nil {
		m.silent, m.left = since, false
		d.silences = true
	}
}

// Left says that an agent said farewell.
func (d *Detector) Left(agent portolan.AgentID) {
	if m := d.fleet.agents[agent]; m != nil {
		m.silent, m.left = 0, true
	}
}

// Heard says that an agent was heard.
func (d *Detector) Heard(agent portolan.AgentID) {
	if m := d.fleet.agents[agent]; m != nil {
		if m.silent != 0 {
			m.back = d.now
		}
		m.silent, m.left = 0, false
	}
}

// silentSince returns since when all agents of a port are silent; ok is false if one is heard, or all said farewell.
func (p *place) silentSince() (since portolan.Instant, ok bool) {
	for _, m := range p.agents {
		switch {
		case m.left:
		case m.silent == 0:
			return 0, false
		default:
			since, ok = max(since, m.silent), true
		}
	}
	return since, ok
}

// findSilence opens incidents for ports all of whose agents are silent: at the office or nationwide where most are.
func (d *Detector) findSilence() {
	if !d.silences {
		return
	}
	d.silences = false
	silent := map[Scope][]*place{}
	ports := map[Scope]float64{}
	for _, p := range d.fleet.ports {
		if len(p.agents) == 0 {
			continue
		}
		since, ok := p.silentSince()
		scopes := scopesOf("", &p.Port)
		d.silences = d.silences || ok
		for _, scope := range scopes[AtPort-1:] {
			ports[scope]++
			if ok && !d.answered(p, since) {
				silent[scope] = append(silent[scope], p)
			}
		}
	}
	for _, level := range []Level{AtNation, AtOffice, AtPort} {
		for _, scope := range sortedScopes(silent, level) {
			d.openSilence(scope, silent[scope], ports[scope])
		}
	}
}

func sortedScopes(silent map[Scope][]*place, level Level) (scopes []Scope) {
	for scope := range silent {
		if scope.Level == level {
			scopes = append(scopes, scope)
		}
	}
	slices.SortFunc(scopes, func(a, b Scope) int { return strings.Compare(a.Office+string(a.Port), b.Office+string(b.Port)) })
	return scopes
}

// answered reports whether an incident of the office or the nation explains a port's silence already. The last of its ports
// may be heard some time after most of them.
func (d *Detector) answered(p *place, since portolan.Instant) bool {
	for _, t := range d.tracks {
		if t.Silent && t.Scope.Level > AtPort && t.MergedInto == 0 && t.Scope.Holds("", &p.Port) && (t.End == 0 || (since < t.End && d.now-t.late.heard < settle)) {
			return true
		}
	}
	return false
}

func (d *Detector) openSilence(scope Scope, silent []*place, ports float64) {
	share := float64(len(silent)) / ports
	switch scope.Level {
	case AtNation:
		if ports < 3 || share < nationSilent {
			return
		}
	case AtOffice:
		if ports < 2 || len(silent) < 2 || share < officeSilent {
			return
		}
	}
	var first portolan.Instant
	for _, p := range silent {
		since, _ := p.silentSince()
		if first == 0 || since < first {
			first = since
		}
		for _, t := range d.tracks {
			if t.Silent && t.End == 0 && t.Scope.Level >= scope.Level && t.Scope.Holds("", &p.Port) {
				return
			}
		}
	}
	t := d.newTrack(scope, d.fleet.component(""), first)
	t.Silent = true
	t.late = lateEvidence{waits: true, stopped: map[portolan.AgentID]bool{}}
	d.claim(t)
	if into := d.joinSilent(t); into != t {
		d.describe(into)
		d.emit(into, Grown)
		return
	}
	d.describe(t)
	d.emit(t, Opened)
}

// joinSilent joins the silence of single ports into that of their office or of the nation. The oldest goes on.
func (d *Detector) joinSilent(t *track) *track {
	into := t
	for _, u := range slices.Clone(d.tracks) {
		if u != t && u.Silent && u.End == 0 && u.MergedInto == 0 && d.fleet.contains(t.Scope, u.Scope) {
			part := into
			if u.ID > into.ID {
				part = u
			} else {
				into = u
			}
			d.join(into, part, t.Scope, t.Component)
		}
	}
	return into
}

// reviewSilent ends a silence when most of its ports are heard again, and corrects it by what they measured meanwhile.
func (d *Detector) reviewSilent(t *track) {
	if t.End == 0 {
		silent, ports := d.stillSilent(t)
		if 2*silent < ports || silent == 0 {
			d.finish(t, d.now, Closed)
		}
		return
	}
	if d.settled(t) {
		d.correct(t)
	}
}

func (d *Detector) stillSilent(t *track) (silent, ports int) {
	for _, p := range d.fleet.ports {
		if len(p.agents) == 0 || !t.Scope.Holds("", &p.Port) {
			continue
		}
		ports++
		if _, ok := p.silentSince(); ok {
			silent++
		}
	}
	return silent, ports
}
