package screening

import (
	"net/http"
	"regexp"
	"time"

	"portolan"
)

type matchAnswer struct {
	Match     bool   `json:"match"`
	Flight    string `json:"flight"`
	Passenger string `json:"passenger"` // the carrier's reference; empty without a match
}

// testFlight is a flight of the carrier that only tests use; its manifests list every synthetic traveler.
var testFlight = regexp.MustCompile(`^ZZ[0-9]{1,4}$`)

// apis is the Advance Passenger Information System, which holds carriers' manifests. Carriers send them as lists in
// UN/EDIFACT, over HTTP and at a door.
func apis() System {
	c := &carriers{}
	return System{
		ID:    "apis",
		Title: "Advance Passenger Information System",
		Uses:  []portolan.SystemID{"tecs-platform"},
		Ages:  true,
		Routes: []Route{
			{"manifest-match", "GET /apis/v1/manifests/{flight}/passengers/{number}", 150 * time.Millisecond, findPassenger, falsify(falseMatch)},
			flightManifest(), vesselMatch(),
			{crewStep, "POST /apis/v1/crew-lists", listTime, c.posted(crewCode), falseStatuses},
			{passengerStep, "POST /apis/v1/passenger-lists", listTime, c.posted(passengerCode), falseStatuses},
		},
		Doors: []Door{{"tcp", []portolan.StepID{crewStep, passengerStep}, c.converse}},
	}
}

func findPassenger(c *Call) (Answer, error) {
	found := matchAnswer{Flight: c.Request.PathValue("flight")}
	if testFlight.MatchString(found.Flight) {
		found.Match, found.Passenger = true, found.Flight+"/"+c.Request.PathValue("number")
	}
	return Answer{http.StatusOK, found}, nil
}

// falseMatch misses who is on the manifest, and finds who is not.
func falseMatch(m *matchAnswer) {
	if m.Match = !m.Match; m.Match {
		m.Passenger = m.Flight + "/SYN000000"
		return
	}
	m.Passenger = ""
}
