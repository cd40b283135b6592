package sim

import (
	"sync"
	"testing"
	"time"

	"portolan"
)

// TestAMOSS_FaultsGiveTheirSymptoms breaks the simulated radar picture and what it hears its sensors over.
func TestAMOSS_FaultsGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	const (
		lines, web = portolan.TransactionID("radar-picture"), portolan.TransactionID("web-picture")
		short      = 500 * time.Millisecond
	)
	symptom := func(step portolan.StepID, phase portolan.Phase, kind portolan.ErrorKind, dependency portolan.SystemID) portolan.Symptom {
		return portolan.Symptom{Step: step, Phase: phase, Kind: kind, Dependency: dependency}
	}
	var running sync.WaitGroup // all at once: they wait for time, not for the processor
	for _, c := range []struct {
		name, faults string
		transaction  portolan.TransactionID
		timeout      time.Duration
		want         portolan.Symptom // zero for a good run
	}{
		{"lines-no-fault", `[]`, lines, 0, portolan.Symptom{}},
		{"web-no-fault", `[]`, web, 0, portolan.Symptom{}},
		{"lines-outage", `[{"where":{"system":"amoss"},"effect":"outage"}]`, lines, 0,
			symptom("picture", portolan.PhaseConnect, portolan.KindRefused, "")},
		{"web-partition", `[{"where":{"port":"MIA"},"effect":"partition"}]`, web, short,
			symptom("web-picture", portolan.PhaseConnect, portolan.KindTimeout, "")},
		{"lines-hang", `[{"where":{"system":"amoss","step":"picture"},"effect":"hang"}]`, lines, short,
			symptom("picture", portolan.PhaseWait, portolan.KindTimeout, "")},
		{"web-hang", `[{"where":{"system":"amoss"},"effect":"hang"}]`, web, short,
			symptom("web-picture", portolan.PhaseWait, portolan.KindTimeout, "")},
		{"lines-error", `[{"where":{"system":"amoss","step":"network-sensors"},"effect":"error","ratio":1}]`, lines, 0,
			symptom("network-sensors", portolan.PhaseCheck, portolan.KindStatus, "onenet")},
		{"web-error", `[{"where":{"system":"amoss"},"effect":"error","ratio":1}]`, web, 0,
			symptom("web-picture", portolan.PhaseCheck, portolan.KindStatus, "")},
		{"lines-wrong", `[{"where":{"system":"amoss"},"effect":"wrong"}]`, lines, 0,
			symptom("picture", portolan.PhaseCheck, portolan.KindAssertion, "")},
		{"web-wrong", `[{"where":{"system":"amoss"},"effect":"wrong"}]`, web, 0,
			symptom("web-picture", portolan.PhaseCheck, portolan.KindAssertion, "")},
		{"lines-stale", `[{"where":{"system":"amoss"},"effect":"stale"}]`, lines, 0,
			symptom("picture", portolan.PhaseCheck, portolan.KindStale, "")},
		{"web-stale", `[{"where":{"system":"amoss"},"effect":"stale"}]`, web, 0,
			symptom("web-picture", portolan.PhaseCheck, portolan.KindStale, "")},
		{"onenet-outage", `[{"where":{"system":"onenet"},"effect":"outage"}]`, lines, 0,
			symptom("network-sensors", portolan.PhaseCheck, portolan.KindStale, "onenet")},
		{"rtic-error", `[{"where":{"system":"amoss","dependency":"rtic"},"effect":"error","ratio":1}]`, lines, 0,
			symptom("remote-sensors", portolan.PhaseCheck, portolan.KindStale, "rtic")},
		{"tars-wrong", `[{"where":{"system":"tars"},"effect":"wrong"}]`, lines, 0,
			symptom("aerostat", portolan.PhaseCheck, portolan.KindStale, "tars")},
		{"tars-outage-from-one-port", `[{"where":{"system":"tars","port":"MIA"},"effect":"outage"}]`, lines, 0,
			symptom("aerostat", portolan.PhaseCheck, portolan.KindStale, "tars")},
	} {
		w := start(t, Options{Systems: []string{"amoss"}, Ports: []string{"MIA"}})
		if c.faults != "[]" {
			w.put(c.faults)
		}
		station := w.workstation("MIA-1", "amoss")
		running.Go(func() {
			got, failures := station.try(c.transaction, c.timeout)
			outcome := portolan.Failed
			if c.want == (portolan.Symptom{}) {
				outcome = portolan.Good
			}
			if got.Outcome != outcome || got.Symptom != c.want {
				t.Errorf("%s: got %v %+v, want %v %+v: %v", c.name, got.Outcome, got.Symptom, outcome, c.want, failures)
			}
		})
	}
	running.Wait()
}

// TestAMOSS_PictureIsWhole holds the picture to what AMOSS is said to show.
func TestAMOSS_PictureIsWhole(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Systems: []string{"amoss"}, Ports: []string{"MIA"}})
	got, failures := w.workstation("MIA-1", "amoss").try("web-picture", 0)
	if got.Outcome != portolan.Good {
		t.Fatalf("got %+v %v", got.Symptom, failures)
	}
	measures := map[portolan.Measure]int64{}
	for _, m := range got.Steps[0].Measures {
		measures[m.Measure] = m.Value
	}
	if measures[portolan.LiveShare] != 1_000_000 {
		t.Errorf("got measures %v: want every sensor live", measures)
	}
	if share := measures[portolan.RadarShare]; share < 20_000 || share > 60_000 { // 4.8 % of the tracks, 1.1 % of the sensors
		t.Errorf("the aerostat radars' share is %d millionths", share)
	}
}
