package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"portolan/internal/strictyaml"
	"portolan/targets"
)

// checkConfig is the command check-config.
type checkConfig struct {
	Paths  []string  `arg:"" optional:"" placeholder:"FILE|DIR" help:"Files, or folders whose YAML files are checked. None checks the built-in catalogue."`
	Kind   string    `help:"What the files are: ${enum}." enum:"auto,${kinds}" default:"auto"`
	Agents headcount `help:"How many agents will run the definitions, or how many at which kind of port or port; more than a system's owner accepts is refused." placeholder:"N|KIND=N,..."`
	Output string    `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help gives examples.
func (checkConfig) Help() string {
	return `Prints every fault of every file as file:line:column: path: what is wrong; what is allowed.
For each system it prints how many transactions a second the agents will run, beside what the owner accepts, and
which secrets each workstation needs.

Examples:
  portolanctl check-config                             the built-in catalogue
  portolanctl check-config targets/ --agents 1400      a folder of definitions, for 1400 agents wherever they are
  portolanctl check-config --agents air=900,land=400,sea=100,AMOC=2
  portolanctl check-config agent.yaml collector.yaml   configuration files

Exit codes: 0 no fault, 2 a fault in a file or more load than accepted.`
}

// checked is one file after the check.
type checked struct {
	File   string          `json:"file"`
	Kind   string          `json:"kind,omitempty"`
	Faults []fault         `json:"faults"`
	System *targets.System `json:"-"` // of a definition without faults
}

// fault is a fault as JSON has it.
type fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Problem string `json:"problem"`
	Allowed string `json:"allowed,omitempty"`
}

// Run checks all files, and prints what is wrong and how much load the definitions make.
func (c checkConfig) Run(t terminal) error {
	files, err := c.check()
	if err != nil {
		return err
	}
	systems := systemsOf(files)
	loads, secrets := []load{}, []neededSecret{}
	for i, f := range files {
		if f.System != nil {
			l, excess := loadOf(f.System, systems, c.Agents)
			loads, secrets = append(loads, l), append(secrets, secretsOf(f.System)...)
			files[i].Faults = append(f.Faults, excess...)
		}
	}
	if c.Output == "json" {
		return printJSON(t, files, loads, secrets)
	}
	return printText(t, files, loads, secrets)
}

// systemsOf returns the systems of the definitions that have no fault.
func systemsOf(files []checked) []*targets.System {
	var systems []*targets.System
	for _, f := range files {
		if f.System != nil {
			systems = append(systems, f.System)
		}
	}
	return systems
}

// check checks every file, or the built-in catalogue.
func (c checkConfig) check() ([]checked, error) {
	if len(c.Paths) > 0 {
		return c.checkPaths()
	}
	catalogue, err := targets.Load(catalogueOptions())
	if err != nil {
		return nil, err
	}
	var files []checked
	for _, s := range catalogue.Systems {
		files = append(files, checked{File: s.File, Kind: definitionKind, Faults: []fault{}, System: s})
	}
	return files, nil
}

func printText(t terminal, files []checked, loads []load, secrets []neededSecret) error {
	var faults strictyaml.Faults
	for _, f := range files {
		if len(f.Faults) == 0 {
			fmt.Fprintf(t.out, "%s: %s, no fault\n", f.File, f.Kind)
		}
		for _, one := range f.Faults {
			faults = append(faults, strictyaml.Fault(one))
		}
	}
	for _, l := range loads {
		fmt.Fprintln(t.out, l)
	}
	for _, s := range secrets {
		fmt.Fprintln(t.out, s)
	}
	return faults.Sort().Err()
}

func printJSON(t terminal, files []checked, loads []load, secrets []neededSecret) error {
	out := json.NewEncoder(t.out)
	out.SetIndent("", "  ")
	if err := out.Encode(map[string]any{"files": files, "load": loads, "secrets": secrets}); err != nil {
		return err
	}
	if slices.ContainsFunc(files, func(f checked) bool { return len(f.Faults) > 0 }) {
		return usageError{errors.New("faults found")}
	}
	return nil
}
