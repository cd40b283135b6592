package sim

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/sim/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestScenario_DesignExample(t *testing.T) {
	t.Parallel()
	s, err := LoadScenario("testdata/apis-slowdown.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2017, 1, 2, 22, 0, 0, 0, time.UTC); !s.Start.Equal(want) || s.Length != 8*time.Hour || s.Seed != 7 || s.Name != "apis-slowdown" {
		t.Errorf("head: got %v %v %v %q", s.Start, s.Length, s.Seed, s.Name)
	}
	if want := (Fleet{AgentsPerPort: 2, Interval: time.Minute}); !cmp.Equal(s.Fleet, want) || !s.Fleet.Ports.All() {
		t.Errorf("fleet: got %+v, want %+v", s.Fleet, want)
	}
	wantFaults := []fault.Fault{
		{At: time.Hour, For: 4 * time.Hour, Where: fault.Where{System: "tpac", Step: "apis-match"}, Effect: fault.Slow, Factor: 40},
		{At: 2 * time.Hour, For: 30 * time.Minute, Where: fault.Where{Port: "MIA"}, Effect: fault.Partition},
		{At: 3 * time.Hour, For: 10 * time.Minute, Where: fault.Where{System: "ident", Office: "Miami"}, Effect: fault.Error, Ratio: 0.6},
		{At: 5 * time.Hour, For: time.Hour, Where: fault.Where{Agent: "SEA-2"}, Effect: fault.Asleep},
	}
	if diff := cmp.Diff(wantFaults, s.Faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	wantWork := []Maintenance{{At: 6 * time.Hour, For: time.Hour, Where: fault.Where{System: "e3-biometrics"}}}
	if diff := cmp.Diff(wantWork, s.Maintenance); diff != "" {
		t.Errorf("maintenance (-want +got):\n%s", diff)
	}
}

func TestScenario_PortsOfTheFleet(t *testing.T) {
	t.Parallel()
	const head = "name: x\nstart: 2017-01-02T17:00:00Z\nlength: 1h\nseed: 1\n"
	for given, want := range map[string]PortChoice{
		"":                           {},
		"fleet: {ports: all}":        {},
		"fleet: {ports: 477}":        {Number: 477},
		"fleet: {ports: [MIA, 25A]}": {Codes: []portolan.PortCode{"MIA", "25A"}},
	} {
		s, err := ParseScenario("x.yaml", []byte(head+given))
		if err != nil || !cmp.Equal(s.Fleet.Ports, want) {
			t.Errorf("%q: got %+v, %v, want %+v", given, s.Fleet.Ports, err, want)
		}
	}
}

// TestScenario_Invalid holds every message against NAME.txt beside NAME.yaml.
func TestScenario_Invalid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			_, err := LoadScenario(file)
			var faults strictyaml.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want faults", err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", filepath.ToSlash(faults.Error())+"\n")
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s\nif it should be so: go test ./sim -update", file, diff)
	}
}

func TestScenario_ImpossibleHereIsRefusedWithPositions(t *testing.T) {
	t.Parallel()
	s, err := LoadScenario("testdata/apis-slowdown.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(Options{Listen: "127.0.0.1:0", Scenario: s})
	var faults strictyaml.Faults
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Fatalf("got %v, want two faults", err)
	}
	for i, want := range []string{"apis-slowdown.yaml:11:38: faults[3].where.agent: no agent here", "apis-slowdown.yaml:11:54: faults[3].effect: asleep is the workstation's own"} {
		if !strings.Contains(faults[i].Error(), want) {
			t.Errorf("got %q, want %q", faults[i], want)
		}
	}
}

func TestScenario_PlaysFromTheStart(t *testing.T) {
	t.Parallel()
	s, err := ParseScenario("x.yaml", []byte(`{name: x, start: 2017-01-02T17:00:00Z, length: 1000h, seed: 1, faults: [
		{where: {system: tpac, port: MIA}, effect: error, ratio: 1},
		{at: 500h, for: 10h, where: {system: ident}, effect: outage}]}`))
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, Options{Scenario: s, Speed: 10})
	miami := w.at("MIA-1", "tpac")
	miami.want(miami.trySignOn(), 503)
	w.at("SEA-1", "tpac").signOn()
	planned := w.board.List(time.Now())
	if len(planned) != 2 || planned[1].At < 49*time.Hour || planned[1].At > 50*time.Hour || planned[1].For != time.Hour {
		t.Errorf("ten times faster: got %+v", planned)
	}
}

func FuzzParseScenario(f *testing.F) {
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "testdata/apis-slowdown.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseScenario("x.yaml", data)
		var faults strictyaml.Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("got %v, want faults", err)
		}
		if err == nil && slices.ContainsFunc(s.Faults, func(f fault.Fault) bool {
			return f.At < 0 || f.At >= s.Length || f.At+f.For > s.Length || f.Where == fault.Where{} || f.Effect == fault.EffectUnknown
		}) {
			t.Errorf("accepted %+v", s.Faults)
		}
	})
}
