package agent

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"portolan"
)

var update = flag.Bool("update", false, "write golden files again")

func TestLoadConfig_ReportsEveryFault(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := LoadConfig(file)
			if err == nil {
				t.Fatal("LoadConfig accepted it")
			}
			golden := file[:len(file)-len(".yaml")] + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if got := err.Error() + "\n"; got != string(want) {
				t.Errorf("got:\n%swant:\n%s(go test ./agent -run Config -update writes it again)", got, want)
			}
		})
	}
}

func TestLoadConfig_SampleEqualsTheDefaults(t *testing.T) {
	t.Parallel()
	got, err := LoadConfig("../configs/agent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	if got.Collector.Every != want.Collector.Every || got.Page != want.Page || got.Spool != want.Spool || got.Browser != want.Browser {
		t.Errorf("configs/agent.yaml differs from DefaultConfig: %+v, want %+v", got, want)
	}
}

func TestConfig_KindOfPortIsWhatTheCodeTellsUnlessItSays(t *testing.T) {
	t.Parallel()
	for code, want := range map[portolan.PortCode]portolan.PortKind{"MIA": portolan.Air, "2504": portolan.PortKindUnknown} {
		c := Config{Port: code, Name: "somewhere"}
		if got := c.port(); got.Kind != want || got.Name != "somewhere" {
			t.Errorf("%s: got %+v, want kind %s", code, got, want)
		}
		if c.Kind = portolan.Sea; c.port().Kind != portolan.Sea {
			t.Errorf("%s: got %s, want what the configuration says", code, c.port().Kind)
		}
	}
}
