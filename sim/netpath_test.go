package sim

import (
	"sync"
	"testing"
	"time"

	"portolan"
)

// TestCircuits_FaultsGiveTheirSymptoms breaks the simulated gateway and the circuits to the data center.
func TestCircuits_FaultsGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	const short = 2500 * time.Millisecond
	type symptom = portolan.Symptom
	var running sync.WaitGroup // all at once: they wait for time, not for the processor
	for _, c := range []struct {
		name, faults string
		system       portolan.SystemID
		transaction  portolan.TransactionID
		timeout      time.Duration
		scale        float64
		outcome      portolan.Outcome
		want         symptom
	}{
		{"rtic-no-fault", `[]`, "rtic", "gateway", 0, 0, portolan.Good, symptom{}},
		{"onenet-no-fault", `[]`, "onenet", "second-circuit", 0, 0, portolan.Good, symptom{}},
		{"rtic-outage", `[{"where":{"system":"rtic"},"effect":"outage"}]`, "rtic", "gateway", 0, 0,
			portolan.Failed, symptom{Step: "echo", Phase: portolan.PhaseConnect, Kind: portolan.KindRefused}},
		{"rtic-partition", `[{"where":{"system":"rtic","agent":"MIA-1"},"effect":"partition"}]`, "rtic", "gateway", short, 0,
			portolan.Failed, symptom{Step: "echo", Phase: portolan.PhaseConnect, Kind: portolan.KindTimeout}},
		{"rtic-echo-hang", `[{"where":{"system":"rtic","step":"echo"},"effect":"hang"}]`, "rtic", "gateway", 0, 0,
			portolan.Failed, symptom{Step: "echo", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout}},
		{"rtic-echo-wrong", `[{"where":{"system":"rtic"},"effect":"wrong"}]`, "rtic", "gateway", 0, 0,
			portolan.Failed, symptom{Step: "echo", Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion}},
		{"rtic-slow", `[{"where":{"system":"rtic"},"effect":"slow","factor":60}]`, "rtic", "gateway", 0, 1,
			portolan.Slow, symptom{Step: "throughput", Phase: portolan.PhaseRead, Kind: portolan.KindLate}},
		{"rtic-handshake-error", `[{"where":{"system":"rtic","step":"handshake"},"effect":"error","ratio":1}]`, "rtic", "gateway", 0, 0,
			portolan.Failed, symptom{Step: "handshake", Phase: portolan.PhaseTLS, Kind: portolan.KindClosed}},
		{"one-circuit-error", `[{"where":{"system":"onenet","step":"first-throughput"},"effect":"error","ratio":1}]`, "onenet", "first-circuit", 0, 0,
			portolan.Failed, symptom{Step: "first-throughput", Phase: portolan.PhaseRead, Kind: portolan.KindClosed}},
		{"other-circuit-error", `[{"where":{"system":"onenet","step":"first-throughput"},"effect":"error","ratio":1}]`, "onenet", "second-circuit", 0, 0,
			portolan.Good, symptom{}},
		{"circuit-too-thin", `[{"where":{"system":"onenet","step":"second-throughput"},"effect":"slow","factor":60}]`, "onenet", "second-circuit", 0, 1,
			portolan.Slow, symptom{Step: "second-throughput", Phase: portolan.PhaseRead, Kind: portolan.KindLate}},
	} {
		w := start(t, Options{Systems: []string{string(c.system)}, Ports: []string{"MIA"}, LatencyScale: c.scale})
		if c.faults != "[]" {
			w.put(c.faults)
		}
		station := w.workstation("MIA-1", c.system)
		running.Go(func() {
			got, failures := station.try(c.transaction, c.timeout)
			if got.Outcome == portolan.Slow && c.want == (symptom{}) { // a busy machine is a slow circuit
				got.Outcome, got.Symptom = c.outcome, symptom{}
			}
			if got.Outcome != c.outcome || got.Symptom != c.want {
				t.Errorf("%s: got %v %+v, want %v %+v: %v", c.name, got.Outcome, got.Symptom, c.outcome, c.want, failures)
			}
		})
	}
	running.Wait()
}

// TestCircuits_AreMeasured holds the measures to what the simulated circuit is.
func TestCircuits_AreMeasured(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Systems: []string{"onenet"}, Ports: []string{"MIA"}, LatencyScale: 1})
	got, failures := w.workstation("MIA-1", "onenet").try("first-circuit", 0)
	if got.Outcome == portolan.Failed {
		t.Fatalf("got %v %+v %v", got.Outcome, got.Symptom, failures)
	}
	measures := map[portolan.Measure]int64{}
	for _, step := range got.Steps[:2] {
		for _, m := range step.Measures {
			measures[m.Measure] = max(measures[m.Measure], m.Value)
		}
	}
	if trip := measures[portolan.RoundTrip]; trip < 6_000 { // 8 ms, and what a busy machine adds
		t.Errorf("round trip of %d us", trip)
	}
	if rate := measures[portolan.Throughput]; rate < 10_000 || rate > 6<<20 { // 4 MiB a second, less what a busy machine takes
		t.Errorf("throughput of %d bytes a second", rate)
	}
	if measures[portolan.LossRatio] != 0 {
		t.Errorf("lost %d millionths", measures[portolan.LossRatio])
	}
}
