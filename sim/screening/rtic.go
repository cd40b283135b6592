package screening

import "time"

// rtic is the Redundant Trusted Internet Connection: the gateway by which the Department's network reaches the
// internet, and AMOSS its remote sensors.
func rtic() System {
	return System{
		ID: "rtic", Title: "Redundant Trusted Internet Connection",
		Routes: []Route{plots(60 * time.Millisecond)},
		Doors:  circuit{}.doors(),
	}
}
