package main

import (
	"fmt"

	"portolan/internal/strictyaml"
	"portolan/targets"
)

// load is how many transactions agents run against a system, beside what its owner accepts.
type load struct {
	System   string  `json:"system"`
	Agents   int     `json:"agents"`     // 1 if the caller named no number
	Rate     float64 `json:"per_second"` // of all agents together, retries apart
	Accepted float64 `json:"accepted_per_second"`
	Most     int     `json:"most_agents"`
}

// loadOf returns the load that so many agents make, and the fault that it is more than accepted. No agents
// stand for one, which is never too many.
func loadOf(s *targets.System, agents int) (load, []fault) {
	one := s.Rate(1, shortestInterval)
	l := load{System: string(s.ID), Agents: max(1, agents), Accepted: s.MaxRate, Most: int(s.MaxRate/one + rounding)}
	l.Rate = s.Rate(l.Agents, shortestInterval)
	if agents <= l.Most {
		return l, nil
	}
	doc, _ := strictyaml.Decode(s.File, s.Source, new(any))
	return l, []fault{fault(doc.Fault("load.max_per_second",
		fmt.Sprintf("%d agents run %.4g transactions a second, and the owner of %s accepts %.4g", agents, l.Rate, s.ID, s.MaxRate),
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
	return fmt.Sprintf("%s: %s %.4g transactions a second; the owner accepts %.4g, so at most %d agents", l.System, who, l.Rate, l.Accepted, l.Most)
}
