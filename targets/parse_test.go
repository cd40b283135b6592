package targets_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portolan/targets"
)

var update = flag.Bool("update", false, "write the golden files")

// Each file in testdata/invalid holds one mistake (one holds many); beside it stands every fault that must
// be reported.
func TestParse_ReportsEveryFault(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("find test files: got %d, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			system, faults := targets.Parse(filepath.Base(file), data, talking())
			if system != nil || faults == nil {
				t.Fatalf("got %+v and faults %v, want faults alone", system, faults)
			}
			compareGolden(t, strings.TrimSuffix(file, ".yaml")+".txt", faults.Error()+"\n")
		})
	}
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%swant:\n%sif this is intended: go test ./targets -update", got, want)
	}
}
