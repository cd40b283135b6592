package alerting_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/alerting"
)

var update = flag.Bool("update", false, "write the golden files")

func twoSystems() []alerting.System {
	return []alerting.System{
		{ID: "tpac", Objective: portolan.Objective{Availability: 0.997, Window: 30 * 24 * time.Hour}},
		{ID: "ats-qq", Objective: portolan.Objective{Availability: 0.9, Window: 28 * 24 * time.Hour}},
	}
}

func written(t *testing.T, systems []alerting.System, o alerting.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := alerting.Rules(systems, o).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRules_Golden(t *testing.T) {
	t.Parallel()
	for name, got := range map[string][]byte{
		"rules":      written(t, twoSystems(), alerting.Options{}),
		"drill":      written(t, twoSystems()[:1], alerting.Options{Scale: 1.0 / 60, Dashboard: "https://portolan.example", Job: "center", Sending: time.Second}),
		"no-systems": written(t, nil, alerting.Options{}),
	} {
		path := filepath.Join("testdata", name+".golden.yml")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s\nif the rules are meant to be so: go test ./alerting -update", path, diff)
		}
	}
}

// promtool runs Debian's promtool in dir and fails the test if that does.
func promtool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("promtool", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v (on Debian: apt-get install prometheus)\n%s", strings.Join(args, " "), err, out)
	}
}

func TestRules_PassPromtool(t *testing.T) {
	t.Parallel()
	promtool(t, "testdata", "check", "rules", "rules.golden.yml", "drill.golden.yml", "no-systems.golden.yml")
}

func TestRules_TellStoriesRight(t *testing.T) {
	t.Parallel()
	promtool(t, "testdata", "test", "rules", "rules.test.yml")
}
