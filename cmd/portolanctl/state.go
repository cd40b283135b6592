package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// state prints the current state of every system at every port.
type state struct {
	asking
	Port   []string `help:"Only these ports." placeholder:"MIA,..."`
	System []string `help:"Only these systems." placeholder:"tpac,..."`
}

// Help implements kong.HelpProvider.
func (state) Help() string {
	return `The state follows from live evidence only: what arrives late never changes it. CLASSES says how many agents are affected
by class of workstation, where their configurations state one.

Example:
  portolanctl state --port MIA`
}

// Run prints the states.
func (s state) Run(t terminal) error {
	query := url.Values{}
	with(query, "port", s.Port...)
	with(query, "system", s.System...)
	var answer struct {
		Rows []struct {
			Port, System, State string
			Since               *time.Time
			Symptom             *said
			Affected, Monitored int
			Classes             []classCount
		}
	}
	if printed, err := s.ask(t, "/api/v1/state", query, &answer); printed || err != nil {
		return err
	}
	var rows [][]string
	for _, r := range answer.Rows {
		rows = append(rows, []string{
			r.Port, r.System, r.State, at(r.Since), fmt.Sprintf("%d/%d", r.Affected, r.Monitored), byClass(r.Classes), r.Symptom.String(),
		})
	}
	return table(t, "PORT SYSTEM STATE SINCE AFFECTED CLASSES SYMPTOM", rows)
}

// classCount is how many agents on workstations of one class are slow or down.
type classCount struct {
	Class               string
	Affected, Monitored int
}

// byClass prints "primary-booth:0/4,secondary:79/79"; none is a dash.
func byClass(counts []classCount) string {
	if len(counts) == 0 {
		return "-"
	}
	var parts []string
	for _, n := range counts {
		parts = append(parts, fmt.Sprintf("%s:%d/%d", n.Class, n.Affected, n.Monitored))
	}
	return strings.Join(parts, ",")
}
