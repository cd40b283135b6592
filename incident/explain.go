package incident

import (
	"portolan"
)

// explains returns the open incident that a bad result belongs to, nil if there is none; else own is that of its system which may
// be slow throughout, though a dependency may also be to blame.
func (d *Detector) explains(s *series, o *Observation) (t, own *track) {
	if o.Outcome == portolan.Good || len(d.tracks) == 0 {
		return nil, nil
	}
	if t = s.narrowest(o, hit); t != nil {
		return t, nil
	}
	if own = s.narrowest(o, slow); own != nil && !late(&own.Symptom) {
		own = nil
	}
	return nil, own
}

// narrowest returns the open incident of the narrowest scope of which a result tells this, unless a wider one has the same
// component. That one masks it.
func (s *series) narrowest(o *Observation, what verdict) (found *track) {
	for level := range levels {
		for i := range s.exposures {
			e := &s.exposures[i]
			t := e.cells[level].incident
			if t == nil || t.End != 0 || s.tells(e, t.Scope.Level, o) != what {
				continue
			}
			switch {
			case found == nil:
				found = t
			case t.Component == found.Component && o.Start >= t.Start:
				found.mask(t)
				found = t
			}
		}
	}
	return found
}

// belated reports whether a bad result belongs to an incident that is over.
func (s *series) belated(o *Observation) bool {
	if o.Outcome == portolan.Good {
		return false
	}
	for i := range s.exposures {
		e := &s.exposures[i]
		for _, c := range e.cells {
			if o.Start < c.until && s.tells(e, c.scope.Level, o).against() {
				return true
			}
		}
	}
	return false
}

// recover lets the incidents that a result speaks against know of it. Another one may explain the result.
func (d *Detector) recover(s *series, o *Observation, other *track) {
	for i := range s.exposures {
		e := &s.exposures[i]
		for _, c := range e.cells {
			t := c.incident
			if t == nil || t.End != 0 {
				continue
			}
			if v := s.tells(e, t.Scope.Level, o); v == fine || (v != hit && t.component == e.component && s.cameBy(t, o, other)) {
				t.take(s, o, false, false)
			}
		}
	}
}

// cameBy reports whether a run that failed at a dependency had passed the step at which an incident of its own system hits. That
// a late run spent most of its time at a dependency does not say so by itself: the system may be slow throughout.
func (s *series) cameBy(t *track, o *Observation, other *track) bool {
	if o.Symptom.Dependency == "" || s.reached(&o.Symptom) <= s.reached(&t.Symptom) {
		return false
	}
	return !late(&o.Symptom) || !late(&t.Symptom) || (other != nil && other.Component == o.Symptom.Dependency)
}
