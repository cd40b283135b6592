package portolan

import "fmt"

// Outcome is what a run came to, fixed at the agent and never judged again.
// Values are stored: do not reorder, add at the end.
type Outcome uint8

// The outcomes.
const (
	OutcomeUnknown Outcome = iota
	Good                   // right answer within the objective
	Slow                   // right answer, too late
	Failed                 // wrong answer or none
)

var outcomeNames = names[Outcome]{"unknown", "good", "slow", "failed"}

// String returns the outcome's name as pages, metrics and the API print it.
func (o Outcome) String() string { return outcomeNames.of(o) }

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Outcome) UnmarshalText(b []byte) (err error) {
	*o, err = outcomeNames.parse("outcome", b)
	return
}

// State returns the state of a series from the start of a run with this outcome.
func (o Outcome) State() State {
	switch o {
	case Good:
		return Up
	case Slow:
		return SlowState
	case Failed:
		return Down
	default:
		return Unmonitored
	}
}

// State is what a series, an agent or a port is in for a system. The worst is the greatest among
// Up, SlowState and Down; Unmonitored is neither up nor down (design 3.3).
// Values are stored: do not reorder, add at the end.
type State uint8

// The states.
const (
	Unmonitored State = iota
	Up
	SlowState
	Down
)

var stateNames = names[State]{"unmonitored", "up", "slow", "down"}

// String returns the state's name as pages, metrics and the API print it.
func (s State) String() string { return stateNames.of(s) }

// MarshalText implements encoding.TextMarshaler.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *State) UnmarshalText(b []byte) (err error) { *s, err = stateNames.parse("state", b); return }

// Lane says whether results reached the collector while they were news.
// Values are stored: do not reorder, add at the end.
type Lane uint8

// The lanes.
const (
	LaneUnknown Lane = iota
	Live             // at most max(60 s, 2 intervals) old on the agent's monotonic clock when sent (design 3.14)
	Backlog          // older: it revises figures and changes neither the current state nor a page
)

var laneNames = names[Lane]{"unknown", "live", "backlog"}

// String returns the lane's name as metrics and the API print it.
func (l Lane) String() string { return laneNames.of(l) }

// MarshalText implements encoding.TextMarshaler.
func (l Lane) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Lane) UnmarshalText(b []byte) (err error) { *l, err = laneNames.parse("lane", b); return }

// Weight says what one series-hour counts for in a figure (design 3.5).
type Weight uint8

// The weights.
const (
	WeightUnknown  Weight = iota
	WeightTime            // each series-hour counts 1
	WeightPort            // each port-hour counts 1, shared by the group's series in service there
	WeightTraveler        // each port-hour counts the port's travelers in that hour, shared likewise
)

var weightNames = names[Weight]{"unknown", "time", "port", "traveler"}

// String returns the weight's name as the API prints it.
func (w Weight) String() string { return weightNames.of(w) }

// MarshalText implements encoding.TextMarshaler.
func (w Weight) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *Weight) UnmarshalText(b []byte) (err error) {
	*w, err = weightNames.parse("weight", b)
	return
}

// PortKind is the way that travelers reach a port.
type PortKind uint8

// The kinds of port.
const (
	PortKindUnknown PortKind = iota
	Air
	Land
	Sea
	Center // no port of entry: a place of the agency's own, like the Air and Marine Operations Center
)

var portKindNames = names[PortKind]{"unknown", "air", "land", "sea", "center"}

// String returns the kind's name as files and the API spell it.
func (k PortKind) String() string { return portKindNames.of(k) }

// MarshalText implements encoding.TextMarshaler.
func (k PortKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *PortKind) UnmarshalText(b []byte) (err error) {
	*k, err = portKindNames.parse("kind of port", b)
	return
}

// names spells the values of a closed set, in order; the first stands for the zero value.
type names[T ~uint8] []string

func (n names[T]) of(v T) string {
	if int(v) >= len(n) {
		return fmt.Sprintf("%s(%d)", n[0], v)
	}
	return n[v]
}

func (n names[T]) parse(what string, b []byte) (T, error) {
	for i, name := range n {
		if name == string(b) {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("%s %q: want one of %q", what, b, []string(n[1:]))
}
