package screening

import (
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// manifestAnswer is who is on a flight.
type manifestAnswer struct {
	Flight     string   `json:"flight"`
	Passengers []string `json:"passengers"` // numbers of their documents
}

// testPassengers is how many are on every test flight: a small one.
const testPassengers = 60

// flightManifest is the route by which APIS tells who is on a flight.
func flightManifest() Route {
	return Route{"manifest", "GET /apis/v1/manifests/{flight}", 300 * time.Millisecond, listPassengers, falsify(falseManifest)}
}

// vesselMatch is the route by which APIS tells whether somebody is on a vessel.
func vesselMatch() Route {
	return Route{"vessel-match", "GET /apis/v1/voyages/{voyage}/persons/{number}", 150 * time.Millisecond, findPerson, falsify(falseMatch)}
}

// testVoyage is a voyage of the vessel that only tests use; everybody synthetic is on board.
var testVoyage = regexp.MustCompile(`^UTO-[0-9]{1,4}$`)

func findPerson(c *Call) (Answer, error) {
	found := matchAnswer{Flight: c.Request.PathValue("voyage")}
	if testVoyage.MatchString(found.Flight) {
		found.Match, found.Passenger = true, found.Flight+"/"+c.Request.PathValue("number")
	}
	return Answer{http.StatusOK, found}, nil
}

func listPassengers(c *Call) (Answer, error) {
	m := manifestAnswer{Flight: c.Request.PathValue("flight"), Passengers: []string{}}
	if !testFlight.MatchString(m.Flight) {
		return Answer{}, refuse(http.StatusNotFound, "unknown_flight", "flight %.20q: only test flights are known here", m.Flight)
	}
	for i := range testPassengers {
		m.Passengers = append(m.Passengers, fmt.Sprintf("SYN%06d", i+1))
	}
	return Answer{http.StatusOK, m}, nil
}

func falseManifest(m *manifestAnswer) { m.Passengers = []string{} }
