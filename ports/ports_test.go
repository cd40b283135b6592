package ports_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/configs"
	"portolan/ports"
)

func TestLoad_BuiltInListIsTheDemonstrations(t *testing.T) {
	t.Parallel()
	found, err := ports.Load("")
	if err != nil {
		t.Fatal(err)
	}
	var codes []portolan.PortCode
	for _, p := range found {
		codes = append(codes, p.Code)
		if known := p.Volumes != nil; known != (p.Code == "JFK") || p.Placeholder {
			t.Errorf("port %s: got volumes %t, placeholder %t; want volumes for JFK alone, and no placeholder", p.Code, known, p.Placeholder)
		}
	}
	if diff := cmp.Diff(codes, []portolan.PortCode{"2504", "5201", "AMOC", "IAD", "JFK", "MIA", "SEA"}); diff != "" {
		t.Errorf("ports (-got +want):\n%s", diff)
	}
}

func TestParse_TellsEveryFault(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "invalid", "ports.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = ports.Parse("ports.yaml", data)
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

func TestParse_ReadsVolumesByWeekday(t *testing.T) {
	t.Parallel()
	day := "[" + strings.TrimSuffix(strings.Repeat("7, ", 24), ", ") + "]"
	var b strings.Builder
	b.WriteString("ports:\n  - code: MIA\n    name: Miami\n    kind: air\n    office: Miami\n    zone: America/New_York\n    volumes:\n")
	for d := time.Sunday; d <= time.Saturday; d++ {
		b.WriteString("      " + strings.ToLower(d.String()) + ": " + day + "\n")
	}
	found, err := ports.Parse("ports.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := found[0].Volumes[time.Saturday][23]; got != 7 {
		t.Errorf("Saturday 23:00: got %d travelers, want 7", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(configs.Ports)
	f.Add([]byte("ports: [{code: MIA, volumes: {monday: []}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := ports.Parse("fuzz", data)
		if err != nil {
			return
		}
		for _, p := range found {
			if _, err := portolan.ParsePortCode(string(p.Code)); err != nil {
				t.Errorf("accepted: %v", err)
			}
		}
	})
}
