package screening

import "time"

// tars is the Tethered Aerostat Radar System, whose plots AMOSS puts into its picture.
func tars() System {
	return System{ID: "tars", Title: "Tethered Aerostat Radar System", Routes: []Route{plots(80 * time.Millisecond)}}
}
