package incident

import (
	"math"
)

// narrow looks for a narrower scope that explains the incident's results much better than the one it has.
func (d *Detector) narrow(t *track) bool {
	if t.Scope.Level <= AtAgent || t.total.bad < 4 || t.total.results < t.narrowed*5/4 {
		return false
	}
	t.narrowed = t.total.results
	sums := map[Scope]*tally{}
	for agent, count := range t.tallies {
		m := d.fleet.agents[agent]
		for _, scope := range scopesOf(agent, &m.at.Port) {
			if scope.Level > t.Scope.Level {
				continue
			}
			if sums[scope] == nil {
				sums[scope] = &tally{}
			}
			sums[scope].merge(count)
		}
	}
	own := sums[t.Scope]
	if own == nil {
		return false
	}
	best, greatest := t.Scope, likelihood(own.bad, own.results, t.component.share)+margin
	for scope, sum := range sums {
		if scope.Level > AtPort && d.fleet.isOnePort(scope) {
			continue // the port says it better
		}
		l := likelihood(sum.bad, sum.results, t.component.share)
		if l > greatest+1e-9 || (math.Abs(l-greatest) <= 1e-9 && scope.Level > best.Level && best != t.Scope) {
			best, greatest = scope, l
		}
	}
	if best == t.Scope {
		return false
	}
	t.Scope = best
	for agent := range t.tallies {
		if m := d.fleet.agents[agent]; !best.Holds(agent, &m.at.Port) {
			delete(t.tallies, agent)
		}
	}
	t.recount()
	d.claim(t)
	return true
}

// recount makes the totals those of the agents that are left.
func (t *track) recount() {
	t.total = tally{}
	for _, count := range t.tallies {
		t.total.merge(count)
	}
	t.total.results -= min(t.pending, t.total.results-t.total.bad)
}
