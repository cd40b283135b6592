// Package availability turns timelines into figures with bounds: the maths of what Portolan publishes.
//
// It goes from left to right. Runs and stops of one series (an agent's results, gaps, farewells) are folded by
// Timeline, or all at once by Fold, into Segments: stretches of one class. Segments that lie in a window are
// added up by Tally. Tallies of many series-hours are weighted and added up by Sum, in 128-bit integers, and Sum
// answers with a Figure: the end-user ratio, the conventional one, the one without planned maintenance, each with
// its bounds, and how they differ. Beside that line stand the small rules that need no timeline: event time, what
// was due, when a window is closed, what state a port is in.
//
// Everything here is a pure function of its arguments: no clock, no I/O, no floating point before a ratio is
// printed. The order in which evidence arrives never changes a figure. The accounting rules are told in plain
// words, with a worked example, in docs/availability.md.
package availability

import (
	"fmt"

	"portolan"
)

// Class is what a stretch of a timeline counts as: a state, and for the down ones who is to answer for it.
// Values are stored: do not reorder, add at the end.
type Class uint8

// The classes.
const (
	Unmonitored    Class = iota // in service, but no result holds: neither up nor down
	Up                          // right answer within the objective
	Slow                        // right answer, too late
	DownService                 // failed in a step that names no dependency, and not in the network
	DownDependency              // failed in a step that names a dependency
	DownNetwork                 // failed between the workstation and the system
)

// Classes is how many classes there are.
const Classes = int(DownNetwork) + 1

// ClassOf returns what a run with this outcome and symptom counts as. A step that names a dependency is charged
// to the dependency even where the network failed: design 3.8 tests dependency before network.
func ClassOf(o portolan.Outcome, s portolan.Symptom) Class {
	switch o {
	case portolan.Good:
		return Up
	case portolan.Slow:
		return Slow
	case portolan.Failed:
		return classOfFailure(s)
	default:
		return Unmonitored
	}
}

func classOfFailure(s portolan.Symptom) Class {
	switch {
	case s.Dependency != "":
		return DownDependency
	case s.Network():
		return DownNetwork
	default:
		return DownService
	}
}

// State returns the state that users see in this class.
func (c Class) State() portolan.State {
	switch c {
	case Up:
		return portolan.Up
	case Slow:
		return portolan.SlowState
	case DownService, DownDependency, DownNetwork:
		return portolan.Down
	default:
		return portolan.Unmonitored
	}
}

// String returns the class's name.
func (c Class) String() string {
	switch c {
	case Unmonitored:
		return "unmonitored"
	case Up:
		return "up"
	case Slow:
		return "slow"
	case DownService:
		return "down-service"
	case DownDependency:
		return "down-dependency"
	case DownNetwork:
		return "down-network"
	default:
		return fmt.Sprintf("class(%d)", uint8(c))
	}
}

// known returns c, or Unmonitored for a value outside the closed set.
func (c Class) known() Class {
	if int(c) >= Classes {
		return Unmonitored
	}
	return c
}
