package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/internal/strictyaml"
)

// agentFile is what an agent reads of its configuration.
type agentFile struct {
	Agent     string `yaml:"agent,required"`
	Port      string `yaml:"port,required"`
	Data      string `yaml:"data,required"`
	Collector struct {
		URL       string `yaml:"url"`
		TokenFile string `yaml:"token_file"`
	} `yaml:"collector,required"`
	Page struct {
		Listen string `yaml:"listen"`
	} `yaml:"page,required"`
	Interval  time.Duration     `yaml:"interval,required"`
	Systems   []string          `yaml:"systems,required"`
	Endpoints map[string]string `yaml:"endpoints,required"`
}

func TestConfig_OneFileForEachAgent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), `a "folder"`)
	w := start(t, Options{ConfigDir: dir, Ports: []string{"MIA", "SEA"}, AgentsPerPort: 2, Interval: 5 * time.Second, Collector: listening(t)})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Fatalf("got %v, %v, want four files", entries, err)
	}
	for _, agent := range []portolan.AgentID{"MIA-1", "MIA-2", "SEA-1", "SEA-2"} {
		var got, want agentFile
		if _, err := strictyaml.DecodeFile(filepath.Join(dir, string(agent)+".yaml"), &got); err != nil {
			t.Fatal(err)
		}
		collector, _ := w.Relay(agent, collectorID)
		tpac, _ := w.Relay(agent, "tpac")
		want.Agent, want.Port, want.Interval = string(agent), string(agent.Port()), 5*time.Second
		want.Data = filepath.Join(dir, string(agent))
		want.Collector.URL, want.Collector.TokenFile = "http://"+collector, want.Data+".token"
		want.Page.Listen = "127.0.0.1:0"
		want.Systems = []string{"tpac"}
		want.Endpoints = map[string]string{"tpac": "http://" + tpac}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", agent, diff)
		}
	}
}

func TestPorts_ShippedFileKnowsTheDemonstration(t *testing.T) {
	t.Parallel()
	shipped, err := LoadPorts(filepath.Join("..", "configs", "ports.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range shipped {
		shipped[i].Volumes = nil
	}
	known, err := choosePorts(shipped, []string{"MIA", "SEA", "IAD"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaultPorts(), known); diff != "" {
		t.Errorf("configs/ports.yaml differs from the default (-default +file):\n%s", diff)
	}
}

func TestPorts_EveryFaultIsReported(t *testing.T) {
	t.Parallel()
	_, err := ParsePorts("ports.yaml", []byte("ports:\n- {code: mia, name: M, kind: road, office: '', zone: Florida}\n- {code: SEA, name: S, kind: air, ofice: Seattle, zone: America/Los_Angeles}\n"))
	var faults strictyaml.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want faults", err)
	}
	for _, want := range []string{"2:10: ports[0].code", "2:30: ports[0].kind", "ports[0].office", "ports[0].zone", "ports[1].ofice"} {
		if !strings.Contains(faults.Error(), want) {
			t.Errorf("no fault %q in\n%v", want, faults)
		}
	}
}

func TestOptions_EveryFaultIsReported(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Listen: "8090", Ports: []string{"LAX", "MIA"}, Systems: []string{"tpca", "ncic"}, AgentsPerPort: -1, Speed: -1, LatencyScale: -1,
		Interval: time.Millisecond, Collector: "here"})
	if !errors.Is(err, ErrOptions) {
		t.Fatalf("got %v, want ErrOptions", err)
	}
	for _, want := range []string{`port "LAX"`, `listen "8090"`, `collector "here"`, "-1 agents per port", "speed -1", "latency scale -1", "interval 1ms", `system "tpca"`, `system "ncic"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func ExampleNew() {
	s, err := New(Options{Listen: "127.0.0.1:0", Ports: []string{"MIA"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	err = s.Run(ctx, func() {
		_, tpac := s.Relay("MIA-1", "tpac")
		_, ncic := s.Relay("MIA-1", "ncic")
		fmt.Println(tpac, ncic)
		stop()
	})
	fmt.Println(err)
	// Output:
	// true false
	// <nil>
}
