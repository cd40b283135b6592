package extract_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/probe"
	"portolan/probe/extract"
)

// decode returns the action that a step's part "extract" defines, and its faults.
func decode(t testing.TB, source string) (probe.Action, []probe.Fault) {
	t.Helper()
	return extract.Way().Decode(func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(source))
		d.KnownFields(true)
		err := d.Decode(into)
		if err != nil {
			t.Errorf("%v in\n%s", err, source)
		}
		return err
	})
}

// run runs one step in a folder, ${endpoint.laptop}.
func run(t testing.TB, folder, source string, timeout time.Duration) (portolan.Result, []*probe.Failure) {
	t.Helper()
	action, faults := decode(t, source)
	if len(faults) > 0 {
		t.Fatalf("faults %+v in\n%s", faults, source)
	}
	tr := &probe.Transaction{
		System: "pals", ID: "test", Timeout: timeout, Steps: []probe.Step{{ID: "a", Action: action}},
		Values: map[string]string{"endpoint.laptop": "file://" + filepath.ToSlash(folder), "traveler.number": "SYN1", "sum": sumOf(extractText(time.Now()))},
	}
	return probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
}

// wantSymptom checks that the run failed in a phase, by a kind; KindNone means that it must be good.
func wantSymptom(t testing.TB, got portolan.Result, failures []*probe.Failure, phase portolan.Phase, kind portolan.ErrorKind) {
	t.Helper()
	outcome, want := portolan.Failed, portolan.Symptom{Step: "a", Phase: phase, Kind: kind}
	if kind == portolan.KindNone {
		outcome, want = portolan.Good, portolan.Symptom{}
	}
	if got.Outcome != outcome || got.Symptom != want {
		t.Errorf("got %v %+v, want %+v: %v", got.Outcome, got.Symptom, want, failures)
	}
}

// extractText is a right extract.
func extractText(made time.Time) string {
	return fmt.Sprintf("PALS made=%s rows=3\nSYN0|OTHER|CLEAR\nSYN1|PROBE|CLEAR\nSYN2|OTHER|REFER\n", made.UTC().Format(time.DateOnly))
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func write(t testing.TB, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}
