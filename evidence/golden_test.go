package evidence_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/evidence"
)

var update = flag.Bool("update", false, "write the golden files of this format version anew")

// The files below were written once and must be read for ever: a change of the format makes a new folder
// beside v1, with new files, and never touches these. -update is for the day on which a version is begun.

func TestGolden_BatchesOfVersion1AreReadForEver(t *testing.T) {
	t.Parallel()
	if *update {
		writeGolden(t)
	}
	key := goldenKey(t)
	for _, name := range []string{"batch-with-plan", "batch-packed", "batch-empty"} {
		e := mustOpen(t, readGolden(t, name+".bin"))
		if err := e.VerifySignature(key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b, err := e.Decode(goldenPlan)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := json.MarshalIndent(readable(b), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "v1", name+".json")
		if *update {
			writeFile(t, path, got)
		}
		if diff := cmp.Diff(string(readGolden(t, name+".json")), string(got)); diff != "" {
			t.Errorf("%s reads differently (-golden +now), and must not:\n%s", name, diff)
		}
	}
}

func TestGolden_JournalOfVersion1IsReadForEver(t *testing.T) {
	t.Parallel()
	var entries []evidence.Entry
	for _, name := range []string{"entry-1.bin", "entry-2.bin"} {
		e, err := evidence.ReadEntry(readGolden(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		entries = append(entries, e)
	}
	if err := evidence.VerifyJournal(all(entries), goldenKey(t)); err != nil {
		t.Fatal(err)
	}
	if e := entries[1]; e.Subject != "tpac" || e.At != exampleStart || e.Kind != evidence.EntryMaintenance {
		t.Errorf("got %s about %q at %s", e.Kind, e.Subject, e.At)
	}
}

func goldenPlan(h evidence.PlanHash) (*portolan.Plan, bool) {
	plan := examplePlan(15)
	return &plan, h == evidence.HashPlan(&plan)
}

// readable is a batch as the golden texts show it, phases spelled out.
func readable(b *evidence.Batch) any {
	type step struct {
		portolan.StepResult
		Phases map[string]int64
	}
	type result struct {
		*portolan.Result
		Steps []step
	}
	type record struct {
		evidence.Record
		Result *result `json:",omitempty"`
	}
	records := make([]record, len(b.Records))
	for i, r := range b.Records {
		records[i].Record = r
		if r.Result == nil {
			continue
		}
		records[i].Result = &result{Result: r.Result}
		for _, s := range r.Result.Steps {
			phases := map[string]int64{}
			for p := portolan.PhaseNone; p <= portolan.PhaseCheck; p++ {
				if d, ok := s.Phases.Get(p); ok {
					phases[p.String()] = d.Microseconds()
				}
			}
			records[i].Result.Steps = append(records[i].Result.Steps, step{StepResult: s, Phases: phases})
		}
	}
	return struct {
		*evidence.Batch
		Records []record
	}{b, records}
}

func writeGolden(t *testing.T) {
	key := newKey(t)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata", "v1")
	writeFile(t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	tr := newTraffic(15)
	packed := batchOf(tr.plan, tr.results(30, true))
	packed.CarriesPlan = true
	for name, b := range map[string]evidence.Batch{
		"batch-with-plan": exampleBatch(), "batch-packed": packed, "batch-empty": batchOf(tr.plan, nil),
	} {
		writeFile(t, filepath.Join(dir, name+".bin"), mustSeal(t, b, key).Bytes)
	}
	first, err := evidence.NextEntry(nil, exampleEntry(), key)
	if err != nil {
		t.Fatal(err)
	}
	second, err := evidence.NextEntry(&first, exampleEntry(), key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "entry-1.bin"), evidence.AppendEntry(nil, &first))
	writeFile(t, filepath.Join(dir, "entry-2.bin"), evidence.AppendEntry(nil, &second))
}

func goldenKey(t *testing.T) *ecdsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode(readGolden(t, "key.pem"))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*ecdsa.PublicKey)
}

func readGolden(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "v1", name))
	if err != nil {
		t.Fatalf("%v; a file of a released version is never written anew, one of a version being made is: go test ./evidence -run Golden -update", err)
	}
	return data
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
