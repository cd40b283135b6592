package sim

import (
	"testing"
	"time"

	"portolan"
	"portolan/internal/ways"
	"portolan/probe"
	"portolan/targets"
)

// terminal returns the mainframe's transaction of the catalogue as an agent has it, and its runner.
func (w world) terminal(agent portolan.AgentID) (probe.Transaction, *probe.Runner) {
	w.t.Helper()
	const door = targets.EndpointID("tecs-legacy.tn3270")
	address, ok := w.Relay(agent, door)
	catalogue, err := targets.Load(targets.Options{
		Ways: ways.All(), Endpoints: map[targets.EndpointID]string{door: address}, Only: []portolan.SystemID{"tecs-legacy"},
	})
	if err != nil || !ok {
		w.t.Fatalf("load the mainframe's definition: %v %v", ok, err)
	}
	values := map[string]string{"agent": string(agent), "port": string(agent.Port())}
	return *catalogue.System("tecs-legacy").Transactions[0], probe.NewRunner(probe.Options{Values: values})
}

// try runs the transaction once.
func (w world) try(t *testing.T, timeout, latency time.Duration) (portolan.Result, []*probe.Failure) {
	transaction, runner := w.terminal("MIA-1")
	transaction.Timeout, transaction.Latency = timeout, latency
	return runner.Run(t.Context(), &transaction, 1, 1)
}

func TestTECSLegacy_FaultsGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	const short = 500 * time.Millisecond
	at := func(step portolan.StepID, phase portolan.Phase, kind portolan.ErrorKind) portolan.Symptom {
		return portolan.Symptom{Step: step, Phase: phase, Kind: kind}
	}
	for _, c := range []struct {
		name, fault      string
		timeout, latency time.Duration
		outcome          portolan.Outcome
		want             portolan.Symptom
	}{
		{"none", `"where":{"system":"tecs-legacy","agent":"SEA-1"},"effect":"outage"`, patience, patience, portolan.Good, portolan.Symptom{}},
		{"outage", `"where":{"system":"tecs-legacy"},"effect":"outage"`, patience, patience, portolan.Failed, at("connect", portolan.PhaseConnect, portolan.KindRefused)},
		{"port-partition", `"where":{"port":"MIA"},"effect":"partition"`, short, patience, portolan.Failed, at("connect", portolan.PhaseConnect, portolan.KindTimeout)},
		{"hang", `"where":{"system":"tecs-legacy"},"effect":"hang"`, short, patience, portolan.Failed, at("connect", portolan.PhaseWait, portolan.KindTimeout)},
		{"hang-in-search", `"where":{"step":"name-search"},"effect":"hang"`, short, patience, portolan.Failed, at("name-search", portolan.PhaseWait, portolan.KindTimeout)},
		{"error", `"where":{"system":"tecs-legacy"},"effect":"error","ratio":1`, patience, patience, portolan.Failed, at("connect", portolan.PhaseCheck, portolan.KindStatus)},
		{"error-in-sign-on", `"where":{"step":"sign-on"},"effect":"error","ratio":1`, patience, patience, portolan.Failed, at("sign-on", portolan.PhaseCheck, portolan.KindStatus)},
		{"error-in-record", `"where":{"step":"open-record"},"effect":"error","ratio":1`, patience, patience, portolan.Failed, at("open-record", portolan.PhaseCheck, portolan.KindStatus)},
		{"wrong-application", `"where":{"system":"tecs-legacy"},"effect":"wrong"`, patience, patience, portolan.Failed, at("connect", portolan.PhaseRead, portolan.KindAssertion)},
		{"wrong-user", `"where":{"step":"sign-on"},"effect":"wrong"`, patience, patience, portolan.Failed, at("sign-on", portolan.PhaseCheck, portolan.KindAssertion)},
		{"wrong-hits", `"where":{"step":"name-search"},"effect":"wrong"`, patience, patience, portolan.Failed, at("name-search", portolan.PhaseCheck, portolan.KindAssertion)},
		{"wrong-document", `"where":{"step":"document-search"},"effect":"wrong"`, patience, patience, portolan.Failed, at("document-search", portolan.PhaseCheck, portolan.KindAssertion)},
		{"wrong-record", `"where":{"step":"open-record"},"effect":"wrong"`, patience, patience, portolan.Failed, at("open-record", portolan.PhaseCheck, portolan.KindAssertion)},
		{"not-signed-off", `"where":{"step":"sign-off"},"effect":"wrong"`, patience, patience, portolan.Failed, at("sign-off", portolan.PhaseRead, portolan.KindAssertion)},
		{"slow", `"where":{"step":"name-search"},"effect":"slow","factor":1000`, patience, short / 2, portolan.Slow, at("name-search", portolan.PhaseWait, portolan.KindLate)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, Options{Systems: []string{"tecs-legacy"}})
			w.put("[{" + c.fault + "}]")
			if r, failures := w.try(t, c.timeout, c.latency); r.Outcome != c.outcome || r.Symptom != c.want {
				t.Errorf("got %v %+v, want %+v: %v", r.Outcome, r.Symptom, c.want, failures)
			}
			w.repair()
			if r, failures := w.try(t, patience, patience); r.Outcome != portolan.Good || len(r.Steps) != 6 {
				t.Errorf("after the repair: %v %+v %v", r.Outcome, r.Symptom, failures)
			}
		})
	}
}
