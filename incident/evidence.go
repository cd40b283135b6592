package incident

import (
	"math"
	"time"

	"portolan"
)

// models are the shares of bad results that the sequential test looks for: a fault that hits nearly every run, and a faint
// one that hits one run in ten.
const models = 2

var faultShares = [models]float64{0.9, 0.1}

const (
	// usualShare is the share of bad results in good times until enough were seen to know it.
	usualShare = 0.005
	// priorResults is how many results the assumption above weighs.
	priorResults = 4000
	leastShare   = 0.002
	mostShare    = 0.05
	// transfer is how long at most a sending takes to be heard and folded.
	transfer = 5 * time.Second
	// forget is how long a test stays without a result before it begins anew.
	forget = portolan.Instant(45 * time.Minute / time.Microsecond)
)

// component is what can be to blame: one system, as its own users and those of systems that depend on it see it, or, with
// no name, what lies before all systems: workstation, network.
type component struct {
	system  portolan.SystemID
	results float64 // seen in good times
	bad     float64
	// weigh is what a bad and a good result add to the score, by model.
	weighBad, weighGood [models]float64
	share               float64 // of bad results in good times
	stale               int     // results since the weights were computed
	pace                pace
	unheardFor          float64 // seconds, as in fleet
}

func newComponent(system portolan.SystemID, unheardFor time.Duration) *component {
	c := &component{system: system, results: priorResults, bad: usualShare * priorResults, unheardFor: unheardFor.Seconds()}
	c.weigh()
	return c
}

// learn takes in a result that no incident explains.
func (c *component) learn(bad bool) {
	c.results++
	if bad {
		c.bad++
	}
	if c.stale++; c.stale >= 1000 {
		c.weigh()
	}
}

// weigh computes the weights from what was learned. Old results fade, so that a system may change its ways.
func (c *component) weigh() {
	c.stale = 0
	c.share = min(mostShare, max(leastShare, c.bad/c.results))
	for m, fault := range faultShares {
		fault = max(fault, 4*c.share)
		c.weighBad[m] = math.Log(fault / c.share)
		c.weighGood[m] = math.Log((1 - fault) / (1 - c.share))
	}
	if c.results > 1e6 {
		c.results, c.bad = c.results/2, c.bad/2
	}
}

// cell is the sequential test of one component in one scope: Page's cumulative sum (E. S. Page, "Continuous Inspection
// Schemes", Biometrika 1954) of the logarithm of how much likelier each result is with a fault than without, for each
// model. It is never below zero, and where it last was zero the fault began.
type cell struct {
	scope     Scope
	component *component
	rate      float64 // results a second that its series are to give
	score     [models]float64
	onset     [models]portolan.Instant // start of the first bad run since the score was zero
	counts    [models]tally            // of results since then
	first     [models]*place           // whose bad result was the first since then
	apart     [models]bool             // bad results of other ports followed
	last      portolan.Instant         // start of the newest run
	newest    portolan.Instant         // start of the newest bad run
	incident  *track                   // that explains what is bad here
	until     portolan.Instant         // when the last incident here ended: what began before is its own, however late it comes
}

// add takes in a result. Good ones that began before the first bad one say nothing of what came after: they may arrive
// later, for what is good is sent more seldom.
func (c *cell) add(bad bool, at *place, start portolan.Instant) {
	if start-c.last > forget && c.last != 0 {
		c.clear()
	}
	c.last = max(c.last, start)
	if bad {
		c.newest = max(c.newest, start)
		for m := range models {
			if c.score[m] == 0 {
				c.onset[m], c.counts[m] = start, tally{}
				c.first[m], c.apart[m] = at, false
			}
			c.apart[m] = c.apart[m] || at != c.first[m]
			c.onset[m] = min(c.onset[m], start)
			c.score[m] += c.component.weighBad[m]
			c.counts[m].add(true)
		}
		return
	}
	for m := range models {
		if c.score[m] > 0 && start >= c.onset[m] {
			c.score[m] = max(0, c.score[m]+c.component.weighGood[m])
			c.counts[m].add(false)
		}
	}
}

// best returns the greatest score, by the model that it goes with; zero in a scope of several ports of which one alone sees
// anything bad. The score is what it will be once what is not heard yet is taken for good: what is bad is sent at once, what is
// as before within unheardFor. As many runs began since the onset as the agents' plans say, give or take two standard deviations.
func (c *cell) best() (score float64, model int) {
	for m := range models {
		s := c.score[m]
		if s == 0 || (c.scope.Level > AtPort && !c.apart[m]) {
			continue
		}
		begun := c.rate * float64(c.newest-c.onset[m]) / 1e6
		unheard := min(begun-2*math.Sqrt(begun)-c.counts[m].results, c.rate*c.component.unheardFor)
		if unheard > 0 {
			s += unheard * c.component.weighGood[m]
		}
		if s > score {
			score, model = s, m
		}
	}
	return score, model
}

func (c *cell) clear() { c.score, c.last = [models]float64{}, 0 }

// threshold returns the score above which a fault is found, so that a fleet in good times gives fewer false alarms than
// one in the time between, by Lorden's bound: a cumulative sum crosses h by chance at most once in exp(h) results (G. Lorden,
// "Procedures for Reacting to a Change in Distribution", Annals of Mathematical Statistics 1971). Each result counts in one
// cell of each level and component.
func threshold(resultsPerSecond float64, between time.Duration) float64 {
	const tests = float64(levels)
	return math.Log(max(math.E, resultsPerSecond*between.Seconds()*tests))
}

// likelihood returns how much likelier so many bad among so many results are with a fault of the share that fits best than
// in good times, as a logarithm; zero if good times explain them better.
func likelihood(bad, results, usual float64) float64 {
	if results == 0 || bad/results <= usual {
		return 0
	}
	share := min(bad/results, 0.999)
	return bad*math.Log(share/usual) + (results-bad)*math.Log((1-share)/(1-usual))
}
