// Command portolan-sim simulates the screening systems, the network that ports reach them by, and what goes
// wrong with both. All that it knows is synthetic.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	_ "time/tzdata" // a ports file names zones, and not every machine has them

	"github.com/alecthomas/kong"

	"portolan/internal/buildinfo"
	"portolan/internal/service"
	"portolan/internal/strictyaml"
	"portolan/sim"
	"portolan/sim/fleet"
)

type commands struct {
	Serve   serve            `cmd:"" help:"Run simulated systems, with a relay for each workstation, until Ctrl-C."`
	Fleet   fleetOf          `cmd:"" name:"fleet" help:"Play many agents against a collector, to see what it carries."`
	Version kong.VersionFlag `help:"Print the version."`
}

type serve struct {
	Listen        string        `help:"Where the admin interface is served." default:"127.0.0.1:8090"`
	Ports         []string      `help:"Ports whose workstations get relays." default:"MIA,SEA,IAD"`
	PortsFile     string        `help:"Known ports with kind and field office." type:"path" placeholder:"FILE"`
	AgentsPerPort int           `help:"Workstations at each port." default:"1"`
	Collector     string        `help:"The collector behind the relays." placeholder:"HOST:PORT"`
	Systems       []string      `help:"Systems that agents probe; what they depend on runs too. Default: all of the catalogue." placeholder:"ID,..."`
	Seed          uint64        `help:"What everything random is drawn from; default: the scenario's, or 1."`
	Scenario      string        `help:"A scenario to play from the start." type:"path" placeholder:"FILE"`
	Speed         float64       `help:"How many times faster than the clock the scenario passes." default:"1"`
	WriteConfig   string        `help:"Write a configuration file for each agent into this folder." type:"path" placeholder:"DIR"`
	Interval      time.Duration `help:"Time between runs, for the agents' configuration." default:"10s"`
	LatencyScale  float64       `help:"Multiplies every latency of the systems." default:"1"`
	Upstream      time.Duration `help:"How long a system waits for another." default:"30s"`
}

func main() {
	var c commands
	parser := kong.Must(&c, kong.Name("portolan-sim"), kong.UsageOnError(), kong.Vars{"version": buildinfo.Version()},
		kong.Description("Simulated screening systems, with faults on a timetable, and fleets of agents. Exit codes: 0 stopped as asked, 1 could not run, 2 wrong use or a fault in a file."))
	chosen, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "portolan-sim:", err)
		os.Exit(2)
	}
	if chosen.Command() == "fleet" {
		os.Exit(exitCode(c.Fleet.run()))
	}
	os.Exit(exitCode(c.Serve.run()))
}

func (c serve) run() error {
	simulator, err := c.open()
	if err != nil {
		return err
	}
	return service.Run("portolan-sim", func(ctx context.Context, ready func()) error {
		return simulator.Run(ctx, func() { fmt.Println("ready"); ready() })
	})
}

// exitCode tells an error, and returns what the command exits with.
func exitCode(err error) int {
	var faults strictyaml.Faults
	switch {
	case errors.As(err, &faults) || errors.Is(err, sim.ErrOptions) || errors.Is(err, fleet.ErrOptions):
		fmt.Fprintln(os.Stderr, err)
		return 2
	case err != nil:
		fmt.Fprintln(os.Stderr, "portolan-sim:", err)
		return 1
	}
	return 0
}

func (c serve) open() (*sim.Simulator, error) {
	return sim.Open(sim.Files{Ports: c.PortsFile, Scenario: c.Scenario}, sim.Options{
		Listen: c.Listen, Ports: c.Ports, AgentsPerPort: c.AgentsPerPort, Collector: c.Collector, Systems: c.Systems,
		Seed: c.Seed, Speed: c.Speed, ConfigDir: c.WriteConfig, Interval: c.Interval, LatencyScale: c.LatencyScale,
		Upstream: c.Upstream, Out: os.Stdout, Failed: func(err error) { fmt.Fprintln(os.Stderr, "portolan-sim:", err) },
	})
}
