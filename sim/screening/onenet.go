package screening

import (
	"slices"
	"time"
)

// onenet is the Department's network, with two circuits to the data center; AMOSS hears other offices' sensors
// over it.
func onenet() System {
	return System{
		ID: "onenet", Title: "OneNet, the Department's network",
		Routes: []Route{plots(50 * time.Millisecond)},
		Doors:  slices.Concat(circuit{"first-"}.doors(), circuit{"second-"}.doors()),
	}
}
