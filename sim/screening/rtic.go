package screening

import "time"

// rtic is the Redundant Trusted Internet Connection, over which AMOSS hears remote sensors.
func rtic() System {
	return System{ID: "rtic", Title: "Redundant Trusted Internet Connection", Inner: true, Routes: []Route{plots(60 * time.Millisecond)}}
}
