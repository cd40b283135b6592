package main

import (
	"fmt"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/targets"
)

// load is how many transactions agents run against a system, beside what its owner accepts.
type load struct {
	System   string         `json:"system"`
	Agents   int            `json:"agents"`             // 1 if the caller named no number
	Rate     float64        `json:"per_second"`         // of all agents together, retries apart
	Through  float64        `json:"through_per_second"` // what reaches it besides, through other systems that were checked
	Accepted float64        `json:"accepted_per_second"`
	Most     int            `json:"most_agents"`    // in the same proportion; 0 if none asks it
	Where    portolan.Where `json:"where,omitzero"` // absent for every port
}

// loadOf returns the load that so many agents make on a system, directly and through others, and the fault that
// it is more than accepted. No agents stand for one, which is never too many. Agents of whom nobody says where they
// are count as if all were where most is asked of the system.
func loadOf(s *targets.System, all []*targets.System, agents headcount) (load, []fault) {
	l := load{System: string(s.ID), Accepted: s.MaxRate, Where: s.RunsAt()}
	counted := agents.orOne()
	l.Agents = counted.total()
	for _, a := range counted {
		own, through := mostAsked(s, all, a.places)
		l.Rate += float64(a.count) * own
		l.Through += float64(a.count) * through
	}
	if l.Rate+l.Through == 0 {
		return l, nil
	}
	l.Most = int(s.MaxRate/(l.Rate+l.Through)*float64(l.Agents) + rounding)
	if agents.total() <= l.Most {
		return l, nil
	}
	doc, _ := strictyaml.Decode(s.File, s.Source, new(any))
	return l, []fault{fault(doc.Fault("load.max_per_second",
		fmt.Sprintf("%d agents run %s, and the owner of %s accepts %.4g", l.Agents, l.rates(), s.ID, s.MaxRate),
		fmt.Sprintf("want at most %d agents, or longer intervals", l.Most)))}
}

// mostAsked returns how many times a second one agent asks a system, directly and through others, at that of the
// places where it asks the most.
func mostAsked(s *targets.System, all []*targets.System, places []portolan.Port) (own, through float64) {
	if places == nil {
		places = anywhere(all)
	}
	for _, at := range places {
		directly, besides := s.Rate(at, shortestInterval), 0.0
		for _, other := range all {
			besides += other.RateOf(s.ID, at, shortestInterval)
		}
		if directly+besides > own+through {
			own, through = directly, besides
		}
	}
	return own, through
}

// rounding keeps the last agent of a load that fits exactly.
const rounding = 1e-9

// String says the load in one line.
func (l load) String() string {
	name := l.System
	if !l.Where.Everywhere() {
		name += ", " + l.Where.String()
	}
	if l.Rate+l.Through == 0 {
		return fmt.Sprintf("%s: no agent asks it; the owner accepts %.4g", name, l.Accepted)
	}
	who := "each agent runs"
	if l.Agents > 1 {
		who = fmt.Sprintf("%d agents run", l.Agents)
	}
	return fmt.Sprintf("%s: %s %s; the owner accepts %.4g, so at most %d agents", name, who, l.rates(), l.Accepted, l.Most)
}

func (l load) rates() string {
	rates := fmt.Sprintf("%.4g transactions a second", l.Rate)
	if l.Through > 0 {
		rates += fmt.Sprintf(", and other systems ask it %.4g times a second for them", l.Through)
	}
	return rates
}
