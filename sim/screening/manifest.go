package screening

import (
	"fmt"
	"net/http"
	"time"
)

// manifestAnswer is who is on a flight.
type manifestAnswer struct {
	Flight     string   `json:"flight"`
	Passengers []string `json:"passengers"` // numbers of their documents
}

// testPassengers is how many are on every test flight: a small one.
const testPassengers = 60

// manifests is the route by which APIS tells a flight's manifest.
func manifests() Route {
	return Route{"manifest", "GET /apis/v1/manifests/{flight}", 300 * time.Millisecond, listPassengers, falsify(falseManifest)}
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
