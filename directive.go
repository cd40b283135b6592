package portolan

import "time"

// Directives is what the center asks of all agents beside their plans, so that probing does no harm: to leave a
// system alone, or to ask it less often. The zero Directives asks nothing.
type Directives struct {
	Stops    []Stop    `json:"stops"`
	BackOffs []BackOff `json:"back_offs"`
}

// Stop is an operator's order to leave a system alone. It holds until it is taken back, or until its end.
type Stop struct {
	System SystemID `json:"system"`
	Since  Instant  `json:"since"`           // when it was given, by the collector's clock
	Until  Instant  `json:"until,omitempty"` // when it ends by itself; zero for never
	Reason string   `json:"reason"`
	// Through also ends the transactions of other systems that have a step which asks this one.
	Through bool `json:"through,omitempty"`
}

// BackOff has most agents ask a system that fails everywhere less often, so that it can recover.
type BackOff struct {
	System SystemID `json:"system"`
	Since  Instant  `json:"since"`
	// Factor is how many times its interval an agent waits between runs.
	Factor int `json:"factor"`
	// Keep is the greatest rank (schedule.Rank) of the agents that keep the full rate.
	Keep uint32 `json:"keep"`
}

// MaxBackOffFactor is the greatest factor that agents take.
const MaxBackOffFactor = 60

// AgentConfig is what a collector answers an agent that asks for its directives.
type AgentConfig struct {
	// Tag is another one whenever the directives are; answers to batches name it, so that agents ask only then.
	Tag string `json:"tag"`
	// ValidSeconds is how long a back-off holds at an agent that hears no more of the collector. A stop goes on: who is
	// cut off cannot know that a system wants to be asked again.
	ValidSeconds float64 `json:"valid_seconds"`
	Directives
}

// Valid returns how long back-offs hold without another word.
func (c AgentConfig) Valid() time.Duration {
	return time.Duration(c.ValidSeconds * float64(time.Second))
}

// Order is a change in how a system is probed. Values are stored by their names.
type Order uint8

// The orders.
const (
	OrderUnknown  Order = iota
	OrderStop           // an operator had all agents leave the system alone
	OrderResume         // an operator took that back
	OrderBackOff        // the collector found it failing everywhere, and had most agents ask less often
	OrderFullRate       // the collector took that back
)

var orderNames = names[Order]{"unknown", "stop", "resume", "back-off", "full-rate"}

// String returns the order's name as the journal and the API spell it.
func (o Order) String() string { return orderNames.of(o) }

// MarshalText implements encoding.TextMarshaler.
func (o Order) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Order) UnmarshalText(b []byte) (err error) { *o, err = orderNames.parse("order", b); return }
