package main

import (
	"fmt"

	"portolan/internal/strictyaml"
	"portolan/targets"
)

// load is how many transactions agents run against a system, beside what its owner accepts.
type load struct {
	System   string  `json:"system"`
	Agents   int     `json:"agents"`             // 1 if the caller named no number
	Rate     float64 `json:"per_second"`         // of all agents together, retries apart
	Through  float64 `json:"through_per_second"` // what reaches it besides, through other systems that were checked
	Accepted float64 `json:"accepted_per_second"`
	Most     int     `json:"most_agents"`
}

// loadOf returns the load that so many agents make on a system, directly and through others, and the fault that
// it is more than accepted. No agents stand for one, which is never too many.
func loadOf(s *targets.System, others []*targets.System, agents int) (load, []fault) {
	one := s.Rate(1, shortestInterval)
	l := load{System: string(s.ID), Agents: max(1, agents), Accepted: s.MaxRate}
	l.Rate = s.Rate(l.Agents, shortestInterval)
	for _, other := range others {
		one += other.RateOf(s.ID, 1, shortestInterval)
		l.Through += other.RateOf(s.ID, l.Agents, shortestInterval)
	}
	l.Most = int(s.MaxRate/one + rounding)
	if agents <= l.Most {
		return l, nil
	}
	doc, _ := strictyaml.Decode(s.File, s.Source, new(any))
	return l, []fault{fault(doc.Fault("load.max_per_second",
		fmt.Sprintf("%d agents run %s, and the owner of %s accepts %.4g", agents, l.rates(), s.ID, s.MaxRate),
		fmt.Sprintf("want at most %d agents, or longer intervals", l.Most)))}
}

// rounding keeps the last agent of a load that fits exactly.
const rounding = 1e-9

// String says the load in one line.
func (l load) String() string {
	who := "each agent runs"
	if l.Agents > 1 {
		who = fmt.Sprintf("%d agents run", l.Agents)
	}
	return fmt.Sprintf("%s: %s %s; the owner accepts %.4g, so at most %d agents", l.System, who, l.rates(), l.Accepted, l.Most)
}

func (l load) rates() string {
	rates := fmt.Sprintf("%.4g transactions a second", l.Rate)
	if l.Through > 0 {
		rates += fmt.Sprintf(", and other systems ask it %.4g times a second for them", l.Through)
	}
	return rates
}
