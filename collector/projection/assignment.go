package projection

import (
	"portolan"
	"portolan/schedule"
)

// assignment is a plan as one agent runs it.
type assignment struct {
	series []assigned // as the plan has them
	last   int        // where find found the last one: results come in the order of the plan, more or less
	// strays are series that the plan does not hold and results name nevertheless.
	strays map[*track]*assigned
}

// assigned is one series of a plan as an agent runs it.
type assigned struct {
	track   *track
	planned *portolan.PlannedSeries
	class   portolan.WorkstationClass
	times   schedule.Series // the zero Series, never due, if none can be read from the plan
	// latency and steps are where the series was last measured: the whole, and by the plan's steps.
	latency *counts
	steps   []*counts
}

// assign returns the plan as the agent runs it; nil is the plan that is not known.
func (a *agentState) assign(plan *portolan.Plan) *assignment {
	s := &assignment{strays: map[*track]*assigned{}}
	if plan == nil {
		return s
	}
	s.series = make([]assigned, len(plan.Series))
	for i := range plan.Series {
		planned := &plan.Series[i]
		s.series[i] = assigned{
			track: a.track(planned.System, planned.Transaction), planned: planned, class: plan.Class, times: scheduleOf(a.id, planned),
			steps: make([]*counts, len(planned.Steps)),
		}
	}
	return s
}

// find returns the series of that name, whether the plan holds it or not.
func (s *assignment) find(a *agentState, system portolan.SystemID, transaction portolan.TransactionID) *assigned {
	for range s.series {
		if s.last++; s.last >= len(s.series) {
			s.last = 0
		}
		if p := s.series[s.last].planned; p.Transaction == transaction && p.System == system {
			return &s.series[s.last]
		}
	}
	t := a.track(system, transaction)
	stray := s.strays[t]
	if stray == nil {
		stray = &assigned{track: t, planned: &portolan.PlannedSeries{System: system, Transaction: transaction}}
		s.strays[t] = stray
	}
	return stray
}

func scheduleOf(agent portolan.AgentID, planned *portolan.PlannedSeries) schedule.Series {
	times, err := schedule.New(agent, *planned)
	if err != nil {
		return schedule.Series{} // a plan that no schedule can be read from asks for no runs
	}
	return times
}
