package collector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
)

func TestConfig_SampleFileEqualsDefaults(t *testing.T) {
	t.Parallel()
	got, err := LoadConfig(filepath.Join("..", "configs", "collector.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Systems = []string{}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("configs/collector.yaml differs from DefaultConfig (-got +want):\n%s", diff)
	}
}

func TestConfig_TellsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := ParseConfig("c.yaml", []byte("listen: 8080\nsettle: 2d\nsend_interval: 1ms\nzone: Local\nsystems: [TPAC]\nport: x\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"c.yaml:1:9: listen: ", "c.yaml:2:9: settle: ", "c.yaml:3:16: send_interval: ",
		"c.yaml:4:7: zone: ", "c.yaml:5:11: systems[0]: ", "c.yaml:6:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("faults lack %q:\n%v", want, err)
		}
	}
}

func TestPorts_SampleFile(t *testing.T) {
	t.Parallel()
	ports, err := LoadPorts(filepath.Join("..", "configs", "ports.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var codes []portolan.PortCode
	for _, p := range ports {
		codes = append(codes, p.Code)
		if p.Volumes != nil || p.Placeholder {
			t.Errorf("port %s: got volumes or a placeholder, want neither", p.Code)
		}
	}
	if diff := cmp.Diff(codes, []portolan.PortCode{"IAD", "MIA", "SEA"}); diff != "" {
		t.Errorf("ports (-got +want):\n%s", diff)
	}
}

func TestPorts_TellsEveryFault(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "invalid", "ports.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = ParsePorts("ports.yaml", data)
	if err == nil {
		t.Fatal("no error")
	}
	want, readErr := os.ReadFile(filepath.Join("testdata", "invalid", "ports.txt"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	if diff := cmp.Diff(err.Error()+"\n", string(want)); diff != "" {
		t.Errorf("faults (-got +want):\n%s", diff)
	}
}

func TestPorts_ReadsVolumesByWeekday(t *testing.T) {
	t.Parallel()
	day := "[" + strings.TrimSuffix(strings.Repeat("7, ", 24), ", ") + "]"
	var b strings.Builder
	b.WriteString("ports:\n  - code: MIA\n    name: Miami\n    kind: air\n    office: Miami\n    zone: America/New_York\n    volumes:\n")
	for d := time.Sunday; d <= time.Saturday; d++ {
		b.WriteString("      " + strings.ToLower(d.String()) + ": " + day + "\n")
	}
	ports, err := ParsePorts("ports.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := ports[0].Volumes[time.Saturday][23]; got != 7 {
		t.Errorf("Saturday 23:00: got %d travelers, want 7", got)
	}
}

func FuzzParsePorts(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("..", "configs", "ports.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("ports: [{code: MIA, volumes: {monday: []}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ports, err := ParsePorts("fuzz", data)
		if err != nil {
			return
		}
		for _, p := range ports {
			if _, err := portolan.ParsePortCode(string(p.Code)); err != nil {
				t.Errorf("accepted: %v", err)
			}
		}
	})
}
