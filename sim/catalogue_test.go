package sim

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/internal/ways"
	"portolan/probe"
	"portolan/targets"
)

// workstation runs the catalogue's transactions against a world as an agent does.
type workstation struct {
	t      *testing.T
	runner *probe.Runner
	system *targets.System
}

func (w world) workstation(agent portolan.AgentID, system portolan.SystemID) workstation {
	w.t.Helper()
	endpoints := map[targets.EndpointID]string{}
	for _, l := range w.links {
		if l.origin.Agent == agent && l.target() == system {
			endpoints[l.endpoint] = l.url()
		}
	}
	catalogue, err := targets.Load(targets.Options{
		Ways:      ways.All(),
		CheckCron: func(string, string) error { return nil },
		Endpoints: endpoints,
		Only:      []portolan.SystemID{system},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	found := catalogue.System(system)
	if found == nil {
		w.t.Fatalf("no %s in the catalogue", system)
	}
	runner := probe.NewRunner(probe.Options{Values: map[string]string{"agent": string(agent), "port": string(agent.Port())}})
	return workstation{w.t, runner, found}
}

// run runs the system's first transaction once.
func (w workstation) run(timeout time.Duration) portolan.Result {
	result, _ := w.try(w.system.Transactions[0].ID, timeout)
	return result
}

// try runs a transaction once; a time-out of zero is the transaction's own.
func (w workstation) try(id portolan.TransactionID, timeout time.Duration) (portolan.Result, []*probe.Failure) {
	transaction := *w.system.Transaction(id)
	transaction.Timeout = cmp.Or(timeout, transaction.Timeout)
	return w.runner.Run(w.t.Context(), &transaction, 1, 1)
}

func TestCatalogue_StepsAreTheSystemsOwn(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	station := w.workstation("MIA-1", "tpac")
	simulated, _ := systemOf(w.systems(), "tpac")
	var steps []portolan.StepID
	for _, s := range station.system.Transactions[0].Steps {
		steps = append(steps, s.ID)
	}
	if got := simulated.Steps(); !slices.Equal(got, steps) {
		t.Errorf("the simulator has the steps %q, the catalogue %q", got, steps)
	}
	var uses []portolan.SystemID
	for _, d := range station.system.Dependencies {
		uses = append(uses, d.System)
	}
	if !slices.Equal(simulated.Uses, uses) {
		t.Errorf("the simulator's TPAC uses %q, the catalogue's %q", simulated.Uses, uses)
	}
}

func TestCatalogue_FaultsGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Upstream: upstream})
	station := w.workstation("MIA-1", "tpac")
	if r := station.run(0); r.Outcome != portolan.Good {
		t.Fatalf("without faults: %v %+v", r.Outcome, r.Symptom)
	}
	const short = 500 * time.Millisecond
	for _, c := range []struct {
		name, faults string
		timeout      time.Duration
		want         portolan.Symptom
	}{
		{"tpac-outage", `[{"where":{"system":"tpac"},"effect":"outage"}]`, 0,
			portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseConnect, Kind: portolan.KindRefused}},
		{"port-partition", `[{"where":{"port":"MIA"},"effect":"partition"}]`, short,
			portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseConnect, Kind: portolan.KindTimeout}},
		{"tpac-hang", `[{"where":{"system":"tpac","step":"decision"},"effect":"hang"}]`, short,
			portolan.Symptom{Step: "decision", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout}},
		{"ident-outage", `[{"where":{"system":"ident"},"effect":"outage"}]`, 0,
			portolan.Symptom{Step: "biometric-verification", Phase: portolan.PhaseCheck, Kind: portolan.KindStatus, Dependency: "ident"}},
		{"ident-wrong", `[{"where":{"dependency":"ident"},"effect":"wrong"}]`, 0,
			portolan.Symptom{Step: "biometric-verification", Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion, Dependency: "ident"}},
		{"apis-error", `[{"where":{"system":"apis","port":"MIA"},"effect":"error","ratio":1}]`, 0,
			portolan.Symptom{Step: "apis-match", Phase: portolan.PhaseCheck, Kind: portolan.KindStatus, Dependency: "apis"}},
		{"tecs-hang", `[{"where":{"system":"tecs-platform"},"effect":"hang"}]`, 0,
			portolan.Symptom{Step: "biographic-query", Phase: portolan.PhaseCheck, Kind: portolan.KindStatus, Dependency: "tecs-platform"}},
		{"document-wrong", `[{"where":{"system":"tpac","step":"read-document"},"effect":"wrong"}]`, 0,
			portolan.Symptom{Step: "read-document", Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.put(c.faults)
			if r := station.run(c.timeout); r.Outcome != portolan.Failed || r.Symptom != c.want {
				t.Errorf("got %v %+v, want %+v", r.Outcome, r.Symptom, c.want)
			}
			w.repair()
			if r := station.run(0); r.Outcome != portolan.Good {
				t.Errorf("after the repair: %v %+v", r.Outcome, r.Symptom)
			}
		})
	}
}
