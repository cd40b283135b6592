package strictyaml_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/internal/strictyaml"
)

// watch is a file with one field of each shape.
type watch struct {
	Name   string                    `yaml:"name,required"`
	Every  time.Duration             `yaml:"every"`
	Since  time.Time                 `yaml:"since"`
	Kind   portolan.PortKind         `yaml:"kind"`
	Share  uint32                    `yaml:"share"`
	Small  int8                      `yaml:"small"`
	Count  int                       `yaml:"count"`
	Ratio  float64                   `yaml:"ratio"`
	On     bool                      `yaml:"on"`
	Extra  any                       `yaml:"extra"`
	Labels map[string]string         `yaml:"labels"`
	Owner  *owner                    `yaml:"owner"`
	Steps  []step                    `yaml:"steps"`
	Limits map[portolan.SystemID]int `yaml:"limits"`
	Later  strictyaml.Value          `yaml:"later"`
	shared `yaml:",inline"`
}

type owner struct {
	Contact string `yaml:"contact,required"`
}

type shared struct {
	Zone string `yaml:"zone"`
}

type step struct {
	ID     string                      `yaml:"step,required"`
	Others map[string]strictyaml.Value `yaml:",others"`
}

func TestDecode_FillsEveryShape(t *testing.T) {
	t.Parallel()
	got := watch{Count: 7, Ratio: 0.5}
	_, faults := strictyaml.Decode("watch.yaml", []byte(`
name: 2504          # a number is taken as it is spelled
every: 1d12h
since: 2026-01-31T08:00:00Z
kind: land
share: 3
small: -128
ratio: 1e-2
on: true
extra: {a: [1, 2.5, yes, true, 2026-01-31, "7"]}
labels: {a.b: c}
owner: {contact: desk}
limits: {tpac: 2}
zone: UTC
steps:
  - step: one
    web: {url: http://x}
`), &got)
	if faults != nil {
		t.Fatal(faults)
	}
	if got.Steps[0].Others["web"].Kind() != strictyaml.Mapping || got.Later.Kind() != strictyaml.Absent {
		t.Errorf("kinds: got %v and %v", got.Steps[0].Others["web"].Kind(), got.Later.Kind())
	}
	got.Steps = nil
	want := watch{
		Name: "2504", Every: 36 * time.Hour, Since: time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC), Kind: portolan.Land,
		Share: 3, Small: -128, Count: 7, Ratio: 0.01, On: true,
		Extra:  map[string]any{"a": []any{int64(1), 2.5, "yes", true, "2026-01-31", "7"}},
		Labels: map[string]string{"a.b": "c"}, Owner: &owner{"desk"},
		Limits: map[portolan.SystemID]int{"tpac": 2}, shared: shared{"UTC"},
	}
	opaque := cmp.AllowUnexported(watch{}, shared{})
	if diff := cmp.Diff(want, got, opaque, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Later" }, cmp.Ignore())); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

// Each file in testdata holds mistakes; the file beside it, every fault that must be reported.
func TestDecode_ReportsEveryFault(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("find test files: got %d, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, faults := strictyaml.Decode(filepath.Base(file), data, new(watch))
			compareGolden(t, strings.TrimSuffix(file, ".yaml")+".txt", faults.Error()+"\n")
		})
	}
}

var update = flag.Bool("update", false, "write the golden files")

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
		t.Errorf("got:\n%swant:\n%sif this is intended: go test ./internal/strictyaml -update", got, want)
	}
}

func TestDecode_BoundsItsInput(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want string }{
		"size":   {strings.Repeat("#", strictyaml.MaxBytes+1), "w:1:1: more than 4194304 bytes"},
		"depth":  {"extra: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), "nested too deep; want at most 32 levels"},
		"faults": {strings.Repeat("? [x]\n", 5000), "more faults follow; mend these first"},
		"keys":   {strings.Repeat("k", 500) + ": 1", "w:1:1: a key that is no word; want a word of at most 128 letters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := strictyaml.Decode("w", []byte(test.file), new(watch))
			if !strings.Contains(faults.Error(), test.want) || len(faults) > 100 {
				t.Errorf("got %d faults, want one with %q:\n%.500s", len(faults), test.want, faults)
			}
		})
	}
}

func TestDecodeFile_TellsFaultsFromReadErrors(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.yaml")
	var faults strictyaml.Faults
	if _, err := strictyaml.DecodeFile(path, new(watch)); !errors.Is(err, os.ErrNotExist) || errors.As(err, &faults) {
		t.Errorf("absent file: got %v", err)
	}
	if err := os.WriteFile(path, []byte("nam: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := strictyaml.DecodeFile(path, new(watch)); !errors.As(err, &faults) || len(faults) != 1 {
		t.Errorf("bad file: got %v", err)
	}
	if err := os.WriteFile(path, []byte("name: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := strictyaml.DecodeFile(path, new(watch)); err != nil {
		t.Errorf("good file: got %v", err)
	}
}
