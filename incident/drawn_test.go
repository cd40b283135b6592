package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"portolan"
)

// draw fills the world with faults of every kind and scope, a number an hour. No two of the same component and of scopes that
// overlap come within half an hour of one another: those would be one incident that flaps.
func (w *world) draw(perHour float64) {
	kinds := drawnFaultKinds()
	for at := 90 * time.Minute; at < w.length-3*time.Hour; {
		at += time.Duration(w.rand.ExpFloat64() * float64(time.Hour) / perHour)
		f := kinds[w.rand.IntN(len(kinds))](w)
		f.from = at.Truncate(time.Microsecond)
		f.to = f.from + 12*time.Minute + w.within(40*time.Minute)
		if f.faint {
			f.to += 2 * time.Hour
		}
		if f.ratio == 0 {
			f.ratio = 1
		}
		if !slices.ContainsFunc(w.faults, func(g *drawnFault) bool { return w.clash(f, g) }) {
			w.faults = append(w.faults, f)
		}
	}
	w.annotate()
}

// clash reports whether two faults could not be told apart by anyone.
func (w *world) clash(f, g *drawnFault) bool {
	const apart = 35 * time.Minute
	near := f.start() < g.to+apart && g.start() < f.to+apart
	if !near {
		return false
	}
	overlap := slices.ContainsFunc(w.agents, func(a *drawnAgent) bool { return f.where(a) && g.where(a) })
	same := f.component() == g.component() || f.component() == "" || g.component() == ""
	return overlap && same
}

func (f *drawnFault) start() time.Duration {
	if f.effect == "load" {
		return f.rampFrom()
	}
	return f.from
}

// annotate gives faults their notes, and the world some that have nothing to do with them.
func (w *world) annotate() {
	for _, f := range w.faults {
		switch f.cause {
		case Changed:
			at := f.from - w.within(4*time.Minute)
			f.note = &Note{System: f.component(), Span: portolan.Span{From: instant(at), To: instant(at + time.Minute)}, Text: "release 7.2"}
		case Planned:
			f.note = &Note{System: f.component(), Span: portolan.Span{From: instant(f.from - time.Minute), To: instant(f.to + time.Minute)}, Text: "disks are changed", Planned: true}
		}
	}
}

func (w *world) pickAgent() *drawnAgent { return w.agents[w.rand.IntN(len(w.agents))] }

func (w *world) pickSystem() portolan.SystemID {
	return drawnSystems[w.rand.IntN(len(drawnSystems))].id
}

func everywhere(*drawnAgent) bool { return true }

func drawnFaultKinds() []func(*world) *drawnFault {
	var kinds []func(*world) *drawnFault
	nation := func(name, effect string, ratio float64, cause Cause) {
		kinds = append(kinds, func(w *world) *drawnFault {
			return &drawnFault{name: name, where: everywhere, scope: Scope{Level: AtNation}, system: w.serviceOnly(), effect: effect, ratio: ratio, cause: cause, faint: ratio > 0 && ratio < 0.3}
		})
	}
	for _, effect := range []string{"outage", "hang", "slow", "drags", "wrong"} {
		nation("service "+effect, effect, 1, Service)
	}
	nation("service error 0.6", "error", 0.6, Service)
	nation("service error 0.1", "error", 0.1, Service)
	nation("service stale", "stale", 1, UpstreamData)
	nation("service credential", "credential", 1, Credential)
	nation("service change", "slow", 1, Changed)
	nation("service maintenance", "outage", 1, Planned)
	nation("service load", "load", 1, Load)
	for _, effect := range []string{"outage", "hang", "slow", "error"} {
		kinds = append(kinds, func(w *world) *drawnFault {
			deps := []portolan.SystemID{"ident", "tecs-platform", "apis", "eid"}
			f := &drawnFault{name: "dependency " + effect, where: everywhere, scope: Scope{Level: AtNation}, dep: deps[w.rand.IntN(len(deps))], effect: effect, cause: Dependency}
			if effect == "error" {
				f.ratio = 0.6
			}
			return f
		})
	}
	kinds = append(kinds, scopedKinds()...)
	return append(kinds, networkKinds()...)
}

// serviceOnly picks a system on which no other depends.
func (w *world) serviceOnly() portolan.SystemID {
	for {
		if s := w.pickSystem(); s != "ident" && s != "apis" {
			return s
		}
	}
}

func scopedKinds() []func(*world) *drawnFault {
	scoped := func(name, effect string, level Level) func(*world) *drawnFault {
		return func(w *world) *drawnFault {
			a := w.pickAgent()
			scope := scopesOf(a.id, a.port)[level-1]
			system := a.series[w.rand.IntN(len(a.series))].planned.System
			for system == "ident" || system == "apis" {
				system = a.series[w.rand.IntN(len(a.series))].planned.System
			}
			cause := Service
			if level == AtAgent {
				cause = Workstation
			}
			return &drawnFault{name: name, where: func(b *drawnAgent) bool { return scope.Holds(b.id, b.port) }, scope: scope, system: system, effect: effect, cause: cause}
		}
	}
	return []func(*world) *drawnFault{
		scoped("service at kind outage", "outage", AtKind), scoped("service at kind slow", "slow", AtKind),
		scoped("service at office hang", "hang", AtOffice), scoped("service at office slow", "slow", AtOffice),
		scoped("service at port outage", "outage", AtPort), scoped("service at port slow", "slow", AtPort), scoped("service at port drags", "drags", AtPort),
		scoped("one system at workstation", "error", AtAgent),
	}
}

func networkKinds() []func(*world) *drawnFault {
	network := func(name, effect string, level Level, ratio float64, cause Cause) func(*world) *drawnFault {
		return func(w *world) *drawnFault {
			a := w.pickAgent()
			scope := scopesOf(a.id, a.port)[level-1]
			return &drawnFault{name: name, where: func(b *drawnAgent) bool { return scope.Holds(b.id, b.port) }, scope: scope, effect: effect, ratio: ratio, cause: cause, faint: ratio < 0.2}
		}
	}
	return []func(*world) *drawnFault{
		network("port cut off", "partition", AtPort, 1, PortNetwork), network("office cut off", "partition", AtOffice, 1, OfficeCircuit),
		network("port loses packets", "loss", AtPort, 0.4, PortNetwork), network("office loses packets", "loss", AtOffice, 0.4, OfficeCircuit),
		network("wide area loses packets", "loss", AtNation, 0.4, WideArea), network("port loses 5 %", "loss", AtPort, 0.1, PortNetwork),
		network("workstation hangs", "hang", AtAgent, 1, Workstation), network("workstation slow", "slow", AtAgent, 1, Workstation),
		network("workstation asleep", "asleep", AtAgent, 1, Undetermined),
	}
}

// score holds what a detector made of the drawn faults.
type score struct {
	faults, found, false_, scope, cause, times int
	waits                                      []time.Duration // of nationwide faults, from the first word to the incident
	misses                                     []string
	confusion                                  map[string]map[Cause]int
}

// judge compares incidents with the truth.
func (w *world) judge(incidents []Incident) *score {
	s := &score{confusion: map[string]map[Cause]int{}}
	used := map[ID]bool{}
	for _, f := range w.faults {
		if f.effect == "asleep" {
			continue
		}
		s.faults++
		best := w.match(f, incidents, used)
		if best == nil {
			s.misses = append(s.misses, fmt.Sprintf("missed: %s %s %q %s-%s", f.name, f.scope, f.component(), f.from, f.to))
			continue
		}
		used[best.ID] = true
		s.found++
		w.grade(s, f, best)
	}
	for i := range incidents {
		if inc := &incidents[i]; !used[inc.ID] {
			s.false_++
			s.misses = append(s.misses, fmt.Sprintf("false: %s %s %q %v %s-%s: %s", inc.ID, inc.Scope, inc.Component, inc.Cause, since(inc.Start), since(inc.End), inc.Why))
		}
	}
	return s
}

func since(at portolan.Instant) time.Duration { return at.Sub(epoch) }

// match returns the incident that lies in a fault's time and place and fits it best.
func (w *world) match(f *drawnFault, incidents []Incident, used map[ID]bool) (best *Incident) {
	greatest := 0
	for i := range incidents {
		inc := &incidents[i]
		if used[inc.ID] || since(inc.Start) > f.to+2*time.Minute || (inc.End != 0 && since(inc.End) < f.from) || since(inc.Start) < f.start()-20*time.Minute {
			continue
		}
		if !slices.ContainsFunc(w.agents, func(a *drawnAgent) bool { return f.where(a) && inc.Scope.Holds(a.id, a.port) }) {
			continue
		}
		fit := 1
		if inc.Component == f.component() {
			fit += 4
		}
		if w.sameScope(f, inc) {
			fit += 2
		}
		if inc.Component != f.component() && inc.Component != "" && f.component() != "" {
			continue
		}
		if fit > greatest {
			best, greatest = inc, fit
		}
	}
	return best
}

// sameScope reports whether the same agents that use the system lie in both.
func (w *world) sameScope(f *drawnFault, inc *Incident) bool {
	for _, a := range w.agents {
		uses := f.component() == "" || slices.ContainsFunc(a.series, func(s *drawnSeries) bool {
			return s.planned.System == f.component() || slices.ContainsFunc(s.planned.Steps, func(p portolan.PlannedStep) bool { return p.Dependency == f.component() })
		})
		if uses && f.where(a) != inc.Scope.Holds(a.id, a.port) {
			return false
		}
	}
	return true
}

// grade compares an incident with the fault that it is.
func (w *world) grade(s *score, f *drawnFault, inc *Incident) {
	if s.confusion[f.name] == nil {
		s.confusion[f.name] = map[Cause]int{}
	}
	s.confusion[f.name][inc.Cause]++
	var wrong []string
	check := func(right bool, count *int, what string) {
		if right {
			*count++
		} else {
			wrong = append(wrong, what)
		}
	}
	check(w.sameScope(f, inc), &s.scope, "scope")
	check(inc.Cause == f.cause, &s.cause, "cause")
	check(near(since(inc.Start), f.from) && near(since(inc.End), f.to), &s.times, "times")
	if len(wrong) > 0 {
		s.misses = append(s.misses, fmt.Sprintf("%v wrong: %s %s %q %s-%s; found %s %q %v %s-%s: %s", wrong, f.name, f.scope, f.component(), f.from, f.to,
			inc.Scope, inc.Component, inc.Cause, since(inc.Start), since(inc.End), inc.Why))
	}
	if f.scope.Level == AtNation && !f.faint && f.firstWord > 0 {
		s.waits = append(s.waits, since(inc.Known)-f.firstWord)
	}
}

func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Minute }

// follow plays the world and returns every incident as it was last told, those that were merged left out.
func (w *world) follow() ([]Incident, int) {
	last := map[ID]Incident{}
	results := w.play(New(Options{}), func(events []Event) {
		for _, e := range events {
			last[e.Incident.ID] = e.Incident
		}
	})
	var incidents []Incident
	for _, id := range slices.Sorted(maps.Keys(last)) {
		if last[id].MergedInto == 0 {
			incidents = append(incidents, last[id])
		}
	}
	return incidents, results
}

// A day of faults of all kinds on a small fleet: nearly every one is found, with its scope, its cause and its times.
func TestDetector_FindsDrawnFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(7, 80, 30*time.Hour)
	w.draw(1.5)
	incidents, _ := w.follow()
	s := w.judge(incidents)
	t.Log(s)
	if s.faults < 20 || s.found < s.faults || s.false_ > 0 || s.scope < s.found || s.cause < s.found {
		t.Errorf("%d faults, %d found, %d false alarms; %d scopes and %d causes are right:\n%s",
			s.faults, s.found, s.false_, s.scope, s.cause, strings.Join(s.misses, "\n"))
	}
}

// String returns the shares that the benchmark reports, and what went wrong.
func (s *score) String() string {
	return fmt.Sprintf("%d faults: found %.4f, false %.4f, scope %.4f, cause %.4f, times %.4f\n%s\n%s", s.faults, s.ratio(s.found, s.faults),
		s.ratio(s.false_, s.found+s.false_), s.ratio(s.scope, s.found), s.ratio(s.cause, s.found), s.ratio(s.times, s.found), strings.Join(s.misses, "\n"), s.table())
}

func (s *score) ratio(part, all int) float64 { return float64(part) / float64(max(1, all)) }

// table is the confusion table: for each kind of fault, which causes were found.
func (s *score) table() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.confusion)) {
		fmt.Fprintf(&b, "%-32s", name)
		for _, c := range Causes() {
			if n := s.confusion[name][c]; n > 0 {
				fmt.Fprintf(&b, " %s %d", c, n)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
