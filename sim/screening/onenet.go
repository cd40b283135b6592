package screening

import "time"

// onenet is the Department's network, over which AMOSS hears other offices' sensors.
func onenet() System {
	return System{ID: "onenet", Title: "OneNet, the Department's network", Inner: true, Routes: []Route{plots(50 * time.Millisecond)}}
}
