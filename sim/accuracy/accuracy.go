// Package accuracy holds what a collector says of a played scenario against the scenario's truth.
//
// Compare takes the truth and the collector's answers, in the form in which its API gives them, and returns a Report:
// availability by system, port and month with its error (figures.go), and the incidents that were found, missed and false
// (incidents.go). It asks nobody, and computes no availability of its own.
package accuracy

import (
	"portolan"
	"portolan/sim/truth"
)

// Said is what a collector says of the scenario's time: rows by system and month, and by system, port and month, weighted by
// time and with months in UTC, and every incident.
type Said struct {
	Rows      []Row
	Incidents []Incident
}

// Report is the truth beside what was said.
type Report struct {
	Scenario     string    `json:"scenario"`
	Availability []Figure  `json:"availability"`
	IssueFree    []Free    `json:"issue_free"`
	Incidents    Incidents `json:"incidents"`
}

// Compare holds what a collector said against the truth of a world.
func Compare(name string, w *truth.World, said Said) Report {
	issues := w.Issues()
	return Report{
		Scenario: name, Availability: figures(w.Figures(), said.Rows), IssueFree: free(w, issues, said.Rows),
		Incidents: incidents(w, issues, said.Incidents),
	}
}

// Worst returns the greatest error of a figure of a system at all ports in a month, in percentage points, and how many of
// these figures have bounds that do not hold the truth. A figure that does not exist counts as wholly wrong.
func (r Report) Worst() (points float64, outside int) {
	for i := range r.Availability {
		f := &r.Availability[i]
		if f.Port != "" {
			continue
		}
		if points = max(points, f.away()); !f.Inside {
			outside++
		}
	}
	return points, outside
}

func (f *Figure) away() float64 {
	switch {
	case f.Error == nil:
		return 100
	case *f.Error < 0:
		return -*f.Error
	default:
		return *f.Error
	}
}

// place is a system, and a port or all of them.
type place struct {
	system portolan.SystemID
	port   portolan.PortCode
	month  string
}
