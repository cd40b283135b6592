package main

import (
	"encoding/json"

	"portolan/internal/ways"
	"portolan/ports"
	"portolan/schedule"
	"portolan/sim"
	"portolan/sim/accuracy"
	"portolan/sim/truth"
	"portolan/targets"
)

// accuracyOf holds a collector that a scenario was played to against the scenario's truth.
type accuracyOf struct {
	asking
	Scenario  string `help:"The scenario that was played." required:"" type:"existingfile" placeholder:"FILE"`
	PortsFile string `help:"Known ports with kind and field office." type:"existingfile" placeholder:"FILE"`
}

// Help implements kong.HelpProvider.
func (accuracyOf) Help() string {
	return `Prints, as JSON, the truth beside what the collector says: availability of each system at each port and at all of
them by month, with the error in percentage points and whether the truth lies within the bounds; the share of the time
without an issue; issues as incidents found, missed and false, with scope, cause, and the errors of start and end.

Example:
  portolanctl accuracy --scenario configs/scenarios/2017-01.yaml --ports-file configs/scenarios/ports.yaml --collector https://127.0.0.1:8080 --ca-file /tmp/replay/ca.crt`
}

// Run prints the truth beside what was said.
func (c accuracyOf) Run(t terminal) error {
	s, err := sim.LoadScenario(c.Scenario)
	if err != nil {
		return err
	}
	known, err := ports.Load(c.PortsFile)
	if err != nil {
		return err
	}
	catalogue, err := targets.Load(targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron})
	if err != nil {
		return err
	}
	w, err := truth.New(s, catalogue, known)
	if err != nil {
		return usageError{err}
	}
	said, err := accuracy.Ask(w, c.get)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(t.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(accuracy.Compare(s.Name, w, said))
}
