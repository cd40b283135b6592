// Command portolanctl is the operator's tool: it checks configurations, tries one transaction from where
// the operator sits, and asks the collector.
//
// Each command is a file of its own, with a type that has a Run method; the type commands lists them.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // definitions name zones, and not every machine has them

	"github.com/alecthomas/kong"

	"portolan/internal/buildinfo"
	"portolan/internal/strictyaml"
)

// commands is every command of the tool.
type commands struct {
	CheckConfig   checkConfig      `cmd:"" help:"Check definitions and configuration files, and say all that is wrong."`
	Try           try              `cmd:"" help:"Run one transaction now, and show its steps and phases."`
	Enroll        enroll           `cmd:"" help:"Make a one-time token with which an agent gets its certificate."`
	CA            ca               `cmd:"" name:"ca" help:"Print the certificate by which agents trust the collector."`
	Rules         rules            `cmd:"" help:"Write Prometheus rules from the objectives of the catalogue."`
	State         state            `cmd:"" help:"Show the current state of every system at every port."`
	Availability  availability     `cmd:"" help:"Show how available systems were to their users."`
	Results       resultList       `cmd:"" help:"Show single results."`
	Export        exports          `cmd:"" help:"Write results with their steps to a Parquet or CSV file."`
	Report        monthlyReport    `cmd:"" help:"Write the report of a month."`
	Incidents     incidents        `cmd:"" help:"Show incidents: where, since when and the likely cause."`
	Ack           ack              `cmd:"" help:"Take an incident on."`
	Annotate      annotate         `cmd:"" help:"Add a remark, such as on a change."`
	StopProbing   stopProbing      `cmd:"" help:"Have all agents leave a system alone."`
	ResumeProbing resumeProbing    `cmd:"" help:"Have agents probe a system again."`
	Probing       probing          `cmd:"" help:"Show which systems are left alone or asked less often, and who ordered it."`
	Compare       compare          `cmd:"" help:"Show two systems side by side, as an old one and the new one."`
	Accuracy      accuracyOf       `cmd:"" help:"Hold what a collector says against the truth of the scenario that was played to it."`
	ImportPorts   importPorts      `cmd:"" help:"Make a list of ports with volumes of travelers out of published files."`
	Backup        backup           `cmd:"" help:"Copy a collector's ledger and keys into one file, while it runs."`
	Restore       restore          `cmd:"" help:"Make a data folder from what backup wrote."`
	Rebuild       rebuild          `cmd:"" help:"Fold all evidence into figures again."`
	Verify        verify           `cmd:"" help:"Check evidence, and what was derived from it."`
	Version       kong.VersionFlag `help:"Print the version."`
}

const description = `The operator's tool of Portolan.

Exit codes: 0 all is well, 1 a problem was found, 2 wrong use or a fault in a file.`

func main() {
	t := terminal{os.Stdout, os.Stderr}
	parser := kong.Must(&commands{}, kong.Name("portolanctl"), kong.Description(description),
		kong.Vars{"version": buildinfo.Version(), "kinds": kindNames()}, kong.Bind(t))
	command, err := parser.Parse(os.Args[1:])
	if err == nil {
		err = command.Run()
	} else {
		err = usageError{fmt.Errorf("%w (see portolanctl --help)", err)}
	}
	os.Exit(t.report(err))
}

// terminal is where commands write.
type terminal struct{ out, err io.Writer }

// usageError is a mistake of the person who called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errProblem is a problem that a command has found and already shown.
var errProblem = errors.New("a problem was found")

// report prints an error and returns the exit code for it.
func (t terminal) report(err error) int {
	faults, faulty := errors.AsType[strictyaml.Faults](err)
	_, misused := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errProblem):
		return 1
	case faulty:
		fmt.Fprintln(t.err, faults)
		return 2
	}
	fmt.Fprintln(t.err, "portolanctl:", err)
	if misused {
		return 2
	}
	return 1
}
