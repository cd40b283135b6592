package sim

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"portolan"
	"portolan/ports"
	"portolan/sim/screening"
	"portolan/targets"
)

// Options says what to simulate. Zero values mean the defaults named.
type Options struct {
	// Listen is where the admin interface is served; 127.0.0.1:8090.
	Listen string
	// Ports are codes of known ports; MIA, SEA and IAD.
	Ports []string
	// Known lists the ports that can be chosen; those of the demonstration.
	Known []portolan.Port
	// AgentsPerPort is the number of workstations at each port; 1.
	AgentsPerPort int
	// Collector is the collector's address (host:port) behind the relays; empty: none.
	Collector string
	// Systems are those that agents probe; all of the built-in catalogue. What they depend on is simulated too.
	Systems []string
	// Seed is what everything random is drawn from; zero: the scenario's, or 1.
	Seed uint64
	// Scenario is played from the start; nil: none.
	Scenario *Scenario
	// Speed is how many times faster than the clock the scenario passes; 1.
	Speed float64
	// ConfigDir is where a configuration file for each agent is written; empty: nowhere.
	ConfigDir string
	// Interval is written into the agents' configuration; 10 s.
	Interval time.Duration
	// LatencyScale multiplies every system's latency; 1.
	LatencyScale float64
	// Upstream is how long a system waits for another; 30 s.
	Upstream time.Duration
	// Settings are the systems' own.
	Settings screening.Settings
	// Out gets the table of addresses; nil: nothing is printed.
	Out io.Writer
	// Failed is told what goes wrong in the background; nil: nobody.
	Failed func(error)
}

// ErrOptions is what an error of New is if the options are at fault.
var ErrOptions = errors.New("wrong options")

// mostStations bounds the number of relays, which each have a listener and goroutines.
const mostStations = 500

func (o Options) withDefaults() Options {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:8090")
	o.AgentsPerPort = cmp.Or(o.AgentsPerPort, 1)
	o.Speed = cmp.Or(o.Speed, 1)
	o.Interval = cmp.Or(o.Interval, 10*time.Second)
	o.LatencyScale = cmp.Or(o.LatencyScale, 1)
	if o.Seed == 0 && o.Scenario != nil {
		o.Seed = o.Scenario.Seed
	}
	o.Seed = cmp.Or(o.Seed, 1)
	if o.Known == nil {
		o.Known, _ = ports.Load("") // built in; its test says that it is sound
	}
	if len(o.Ports) == 0 {
		o.Ports = []string{"MIA", "SEA", "IAD"}
	}
	if len(o.Systems) == 0 {
		o.Systems = usersSystems(screening.All(o.Settings))
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return o
}

// validate returns every fault of the options.
func (o Options) validate() error {
	var faults []error
	check := func(fine bool, format string, args ...any) {
		if !fine {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	_, err := choosePorts(o.Known, o.Ports)
	faults = append(faults, err)
	_, _, err = net.SplitHostPort(o.Listen)
	check(err == nil, "listen %q: want host:port", o.Listen)
	if o.Collector != "" {
		_, _, err = net.SplitHostPort(o.Collector)
		check(err == nil, "collector %q: want host:port", o.Collector)
	}
	check(o.AgentsPerPort >= 1 && o.AgentsPerPort*len(o.Ports) <= mostStations,
		"%d agents per port: want 1 or more, at most %d agents in all", o.AgentsPerPort, mostStations)
	check(o.Speed > 0, "speed %g: want more than 0", o.Speed)
	check(o.LatencyScale > 0, "latency scale %g: want more than 0", o.LatencyScale)
	check(o.Interval >= shortestRuns, "interval %s: want at least %s", o.Interval, shortestRuns)
	check(o.Upstream >= 0, "upstream time-out %s: want more than 0s", o.Upstream)
	_, err = chooseSystems(screening.All(o.Settings), o.Systems)
	if err := errors.Join(append(faults, err)...); err != nil {
		return fmt.Errorf("%w:\n%w", ErrOptions, err)
	}
	return nil
}

// usersSystems returns the names of the systems that the catalogue has transactions for; the others are only
// used by these.
func usersSystems(all []screening.System) (names []string) {
	probed := targets.BuiltIn()
	for _, s := range all {
		if slices.Contains(probed, s.ID) {
			names = append(names, string(s.ID))
		}
	}
	return names
}

// chooseSystems returns the named systems, those by which they are reached, and all that any of these depend
// on, in the order of all.
func chooseSystems(all []screening.System, names []string) ([]screening.System, error) {
	wanted := map[portolan.SystemID]bool{}
	var want func(id portolan.SystemID) error
	want = func(id portolan.SystemID) error {
		at := slices.IndexFunc(all, func(s screening.System) bool { return s.ID == id })
		if at < 0 {
			return fmt.Errorf("system %q: want one of %s", id, systemNames(all))
		}
		if wanted[id] {
			return nil
		}
		wanted[id] = true
		var errs []error
		for _, used := range all[at].Uses {
			errs = append(errs, want(used))
		}
		return errors.Join(errs...)
	}
	var errs []error
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			errs = append(errs, fmt.Errorf("system %q: want each system once", name))
		}
		errs = append(errs, want(portolan.SystemID(name)))
		if at := slices.IndexFunc(all, func(s screening.System) bool { return string(s.ID) == name }); at >= 0 {
			for _, through := range all[at].Via {
				errs = append(errs, want(through))
			}
		}
	}
	chosen := slices.DeleteFunc(slices.Clone(all), func(s screening.System) bool { return !wanted[s.ID] })
	return chosen, errors.Join(errs...)
}
