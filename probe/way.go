package probe

import "time"

// Way is one way of talking to a system. Commands hand a list of ways to the loader of definitions.
type Way struct {
	// Name is the key under a step that holds the way's own part: "web".
	Name string
	// Decode makes a step's action from its definition: decode fills a struct with yaml tags, strictly.
	// If decode returns an error, Decode returns nil and no faults, for decode has told its own; else
	// the action is nil if and only if there are faults, and all faults are told at once. Decode opens
	// no sockets.
	Decode func(decode func(into any) error) (Action, []Fault)
	// Offline says that it needs no network: it works on what the workstation itself has.
	Offline bool
	// LeastInterval is the shortest time between runs that a workstation can bear; zero for no bound.
	LeastInterval time.Duration
}

// Fault is one mistake in a definition.
type Fault struct {
	// Path leads from the way's key to the value at fault: "expect[1]", "headers.Accept"; empty for the
	// key itself.
	Path string
	// Problem says what is wrong.
	Problem string
	// Allowed says what would be right.
	Allowed string
}
