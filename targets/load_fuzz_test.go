package targets_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"portolan/targets"
)

// FuzzLoad checks that no definition makes Parse panic, that faults have their place, and that what is
// accepted keeps the promises that everybody else builds on.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/invalid/*.yaml", "testdata/valid/*.yaml", "catalogue/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("find seeds %s: got %d, %v", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, faults := targets.Parse("f.yaml", data, options())
		if (s == nil) != (len(faults) > 0) {
			t.Fatalf("got system %v and faults %v", s, faults)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Problem == "" {
				t.Errorf("fault without a place: %+v", fault)
			}
		}
		if s != nil {
			checkSystem(t, s)
		}
	})
}

func checkSystem(t *testing.T, s *targets.System) {
	t.Helper()
	if s.ID == "" || s.MaxRate <= 0 || s.Objective.Availability <= 0 || s.Objective.Availability >= 1 {
		t.Errorf("system %+v", s)
	}
	for _, x := range s.Transactions {
		if x.Latency <= 0 || x.Timeout < 2*x.Latency || (x.Interval > x.Timeout) == (x.Cron != "") || x.Share == 0 {
			t.Errorf("transaction %+v", x)
		}
		if state, given := x.Values["traveler.state"]; given && state != "UTO" {
			t.Errorf("traveler of %q", state)
		}
		known := []string{"endpoint", "agent", "port"}
		for name := range x.Values {
			known = append(known, name)
		}
		for _, step := range x.Steps {
			for _, name := range step.Action.Needs() {
				if !slices.Contains(known, name) {
					t.Errorf("step %s needs %q, which nobody gives", step.ID, name)
				}
			}
			known = append(known, step.Action.Gives()...)
		}
	}
}
