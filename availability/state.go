package availability

import "portolan"

// PortState returns what state a port is in for a system, given the states of its agents: how many of the
// monitored ones are affected, that is slow or down, and of how many.
//
// Design 3.10: "a port's is down (or slow) when more than half of its monitored agents are at least that bad,
// otherwise up, with k of n agents affected".
func PortState(agents []portolan.State) (state portolan.State, affected, monitored int) {
	down := 0
	for _, s := range agents {
		if s == portolan.Unmonitored {
			continue
		}
		monitored++
		if s >= portolan.SlowState {
			affected++
		}
		if s >= portolan.Down {
			down++
		}
	}
	switch {
	case monitored == 0:
		return portolan.Unmonitored, 0, 0
	case 2*down > monitored:
		return portolan.Down, affected, monitored
	case 2*affected > monitored:
		return portolan.SlowState, affected, monitored
	default:
		return portolan.Up, affected, monitored
	}
}

// SystemState returns what state an agent is in for a system, given the states of its transactions; those that are
// unmonitored say nothing.
//
// Design 3.10: "an agent's state for a system is the worst of its transactions".
func SystemState(transactions []portolan.State) portolan.State {
	worst := portolan.Unmonitored
	for _, s := range transactions {
		worst = max(worst, s)
	}
	return worst
}
