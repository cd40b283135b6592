package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"portolan"
	"portolan/collector/registry"
	"portolan/internal/service"
	"portolan/sim/fleet"
)

// fleetOf plays agents. It makes their enrolment tokens from the collector's secret, so that it must run where the
// collector's data folder is.
type fleetOf struct {
	Collector  string        `help:"The collector's address." default:"https://127.0.0.1:8080" placeholder:"URL"`
	Data       string        `help:"The collector's data folder, for enrolment tokens and the certificate that it is trusted by." required:"" type:"existingdir" placeholder:"DIR"`
	Agents     int           `help:"How many agents." default:"477"`
	Ports      int           `help:"How many ports they are spread over." default:"477"`
	Series     int           `help:"Transactions of each agent." default:"15"`
	Interval   time.Duration `help:"Time between the runs of a transaction, and between an agent's batches." default:"1m"`
	For        time.Duration `help:"How long the agents have news." default:"1m"`
	Backlog    time.Duration `help:"How far back the results reach that each agent holds when it begins." default:"0s"`
	Seed       uint64        `help:"What results are drawn from." default:"1"`
	Scenario   string        `help:"Play this scenario instead, as fast as the collector takes it; of the other flags only those hold that name files and the collector." type:"path" placeholder:"FILE"`
	PortsFile  string        `help:"Known ports with kind and field office, for a scenario." type:"path" placeholder:"FILE"`
	SendEvery  time.Duration `help:"Time between an agent's batches, for a scenario." default:"15s"`
	QuietEvery time.Duration `help:"The same while nothing is wrong anywhere, to be done sooner; the collector's send_interval must be as long. Default: no longer." placeholder:"2m"`
	Quiet      bool          `help:"Say nothing on the way."`
	Output     string        `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help implements kong.HelpProvider.
func (fleetOf) Help() string {
	return `Each agent has a key, a certificate and a TLS connection of its own, and signs a chain of batches with results
that are drawn, not measured. Its ports are called X0001 and so on: play it against a collector that is there for
that. Prints what was delivered and how long acknowledgements took; progress goes to standard error. Fails if the
collector refused a batch for good, or does not have every result.

With --scenario its agents see, record and send what they would have had in the scenario's time. Play it against a
collector that lives in that time (portolan-collector --replay); portolanctl accuracy then holds what that says against
the truth.

Examples:
  portolan-sim fleet --collector https://127.0.0.1:8080 --data /var/lib/portolan --agents 10000 --for 5m
  portolan-sim fleet --scenario configs/scenarios/2017-01.yaml --ports-file configs/scenarios/ports.yaml --collector https://127.0.0.1:8080 --data /tmp/replay`
}

// errLost says that the collector does not have everything.
var errLost = errors.New("not every result was acknowledged")

func (c fleetOf) run() error {
	if c.Scenario != "" {
		return c.playScenario()
	}
	roots, rootsErr := c.roots()
	o := fleet.Options{
		Agents: c.Agents, Ports: c.Ports, Series: c.Series, Interval: c.Interval, For: c.For, Backlog: c.Backlog,
		Collector: c.Collector, Roots: roots, Seed: c.Seed,
	}
	if err := errors.Join(o.Validate(), rootsErr); err != nil {
		return err
	}
	var err error
	if o.Token, err = c.tokens(); err != nil {
		return err
	}
	if !c.Quiet {
		o.Progress = func(r fleet.Report) {
			fmt.Fprintf(os.Stderr, "%.0f s: %d results acknowledged, %.0f/s, live p99 %.3f s\n", r.Seconds, r.Acknowledged, r.Rate, r.Live.P99)
		}
	}
	return service.Run("portolan-sim", func(ctx context.Context, ready func()) error {
		ready()
		report, err := fleet.Run(ctx, o)
		if err != nil {
			return err
		}
		if err := c.print(report); err != nil {
			return err
		}
		if report.Refused > 0 || report.Acknowledged != report.Drawn {
			return errLost
		}
		return nil
	})
}

// tokens returns what makes enrolment tokens with the collector's secret.
func (c fleetOf) tokens() (func(portolan.AgentID) (string, error), error) {
	authority, err := registry.OpenAuthority(c.Data, 0, portolan.InstantOf(time.Now()))
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	return func(id portolan.AgentID) (string, error) {
		return authority.NewToken(id, time.Hour, portolan.InstantOf(time.Now()))
	}, nil
}

// roots reads the certificate of the collector's authority, and makes none: the folder must be a collector's.
func (c fleetOf) roots() (*x509.CertPool, error) {
	text, err := os.ReadFile(filepath.Join(c.Data, "ca.crt"))
	if err != nil {
		return nil, errors.Join(fleet.ErrOptions, fmt.Errorf("read the collector's certificate: %w", err))
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", filepath.Join(c.Data, "ca.crt"))
	}
	return roots, nil
}

func (c fleetOf) print(r fleet.Report) error {
	if c.Output == "json" {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	_, err := fmt.Printf(`%d agents at %d ports, %d series each, %.1f s
%d results drawn, %d acknowledged, %.0f/s; %d batches refused, %d deferred, %d connections cut
live:    %d batches, p50 %.4f s, p95 %.4f s, p99 %.4f s, longest %.4f s
backlog: %d batches, p50 %.4f s, p95 %.4f s, p99 %.4f s, longest %.4f s
`, r.Agents, r.Ports, r.Series, r.Seconds, r.Drawn, r.Acknowledged, r.Rate, r.Refused, r.Deferred, r.Cut,
		r.Live.Batches, r.Live.P50, r.Live.P95, r.Live.P99, r.Live.Max,
		r.Backlog.Batches, r.Backlog.P50, r.Backlog.P95, r.Backlog.P99, r.Backlog.Max)
	if r.LastError != "" && err == nil {
		_, err = fmt.Printf("last error: %s\n", r.LastError)
	}
	return err
}
