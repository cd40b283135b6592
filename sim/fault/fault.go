// Package fault says what can go wrong in the simulated world, where, and when.
//
// A fault acts at a place (Where) from a time for a while and has an effect. Scenario files and the
// simulator's admin interface spell it the same way, and one check serves both. A Board plays a list of
// faults against the clock; systems and relays ask it what is in force. The package opens no sockets: it
// knows what should go wrong, and the rooms beside it make that happen.
package fault

import (
	"encoding/json"
	"fmt"
	"time"
)

// Fault is one thing that goes wrong.
type Fault struct {
	// At is when the fault begins, counted from the start of its timetable.
	At time.Duration `yaml:"at"`
	// For is how long it lasts; zero: until it is taken away.
	For time.Duration `yaml:"for"`
	// Where is the place; all of its conditions must hold.
	Where  Where  `yaml:"where,required"`
	Effect Effect `yaml:"effect,required"`
	// Factor is how many times longer everything takes under Slow.
	Factor float64 `yaml:"factor"`
	// Ratio is the share of requests (Error) or packets (Loss) that fare badly, above 0, at most 1.
	Ratio float64 `yaml:"ratio"`
	// Offset is how far a workstation's clock is ahead under Clock; negative: behind.
	Offset time.Duration `yaml:"offset"`
}

// MarshalJSON spells the fault as the admin interface takes it, without what was not given.
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		At     string  `json:"at,omitempty"`
		For    string  `json:"for,omitempty"`
		Where  Where   `json:"where"`
		Effect Effect  `json:"effect"`
		Factor float64 `json:"factor,omitempty"`
		Ratio  float64 `json:"ratio,omitempty"`
		Offset string  `json:"offset,omitempty"`
	}{spell(f.At), spell(f.For), f.Where, f.Effect, f.Factor, f.Ratio, spell(f.Offset)})
}

func spell(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// Effect is what a fault does.
type Effect uint8

// The effects.
const (
	EffectUnknown Effect = iota
	Outage               // connections are refused
	Hang                 // requests are taken and not answered while it lasts
	Slow                 // everything takes a factor longer
	Error                // a ratio of requests is answered by an error
	Wrong                // answers are well-formed and false
	Stale                // a feed or an extract stops ageing forward
	Partition            // packets are lost: connection attempts time out, open connections stall
	Loss                 // a ratio of packets is lost
	Asleep               // the workstation is off
	Clock                // the workstation's clock is wrong by an offset
)

func effectNames() []string {
	return []string{"unknown", "outage", "hang", "slow", "error", "wrong", "stale", "partition", "loss", "asleep", "clock"}
}

// String returns the effect as scenarios spell it.
func (e Effect) String() string {
	if names := effectNames(); int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("effect(%d)", e)
}

// MarshalText implements encoding.TextMarshaler.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Effect) UnmarshalText(b []byte) error {
	names := effectNames()
	for i, name := range names[1:] {
		if name == string(b) {
			*e = Effect(i + 1)
			return nil
		}
	}
	return fmt.Errorf("effect %.40q: want one of %q", b, names[1:])
}
