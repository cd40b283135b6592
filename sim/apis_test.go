package sim

import (
	"bytes"
	"testing"
	"time"

	"portolan"
	"portolan/internal/ways"
	"portolan/targets"
)

// TestAPIS_OldDataAreNoticed lets APIS go on answering from data that are not renewed, by a limit that is shorter
// than the catalogue's.
func TestAPIS_OldDataAreNoticed(t *testing.T) {
	t.Parallel()
	source := bytes.ReplaceAll(catalogue(t).System("apis").Source, []byte("max_age: 15m"), []byte("max_age: 1s"))
	impatient, faults := targets.Parse("apis.yaml", source, targets.Options{Ways: ways.All()})
	if faults != nil {
		t.Fatal(faults)
	}
	w := start(t, Options{Systems: []string{"apis"}, Ports: []string{"MIA"}})
	station := w.workstationFor("MIA-1", impatient)
	for _, transaction := range impatient.Transactions {
		if r := station.run(transaction.ID, 0, 0); r.Outcome != portolan.Good {
			t.Fatalf("without faults: %v %+v", r.Outcome, r.Symptom)
		}
		w.put(`[{"where":{"system":"apis"},"effect":"stale"}]`)
		var r portolan.Result
		for begun := time.Now(); r.Outcome != portolan.Failed && time.Since(begun) < patience; {
			r = station.run(transaction.ID, 0, 0)
		}
		want := portolan.Symptom{Step: "passenger-list", Phase: portolan.PhaseCheck, Kind: portolan.KindStale, Dependency: "tecs-platform"}
		if r.Symptom != want {
			t.Errorf("%s: got %v %+v, want %+v", transaction.ID, r.Outcome, r.Symptom, want)
		}
		w.repair()
	}
}
