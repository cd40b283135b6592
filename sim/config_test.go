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
	"portolan/agent"
	"portolan/targets"
)

func TestConfig_OneFileForEachAgent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), `a "folder"`)
	w := start(t, Options{ConfigDir: dir, Ports: []string{"MIA", "SEA"}, AgentsPerPort: 2, Interval: 5 * time.Second, Collector: listening(t)})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Fatalf("got %v, %v, want four files", entries, err)
	}
	for _, id := range []portolan.AgentID{"MIA-1", "MIA-2", "SEA-1", "SEA-2"} {
		got, err := agent.LoadConfig(filepath.Join(dir, string(id)+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		collector, _ := w.Relay(id, collectorID)
		tpac, _ := w.Relay(id, "tpac")
		want := agent.DefaultConfig()
		want.Agent, want.Port, want.Interval = id, id.Port(), 5*time.Second
		want.Data = filepath.Join(dir, string(id))
		want.Kind, want.Name, want.Zone = portolan.Air, "Miami International Airport", "America/New_York"
		if id.Port() == "SEA" {
			want.Name, want.Zone = "Seattle-Tacoma International Airport", "America/Los_Angeles"
		}
		want.Collector.URL, want.Collector.TokenFile = "http://"+collector, want.Data+".token"
		want.Page.Listen = "127.0.0.1:0"
		want.Systems = []portolan.SystemID{"tpac"}
		want.Endpoints = map[targets.EndpointID]string{"tpac": "http://" + tpac}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestOptions_EveryFaultIsReported(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Listen: "8090", Ports: []string{"LAX", "MIA"}, Systems: []string{"tpca", "ncik"}, AgentsPerPort: -1, Speed: -1, LatencyScale: -1,
		Interval: time.Millisecond, Collector: "here"})
	if !errors.Is(err, ErrOptions) {
		t.Fatalf("got %v, want ErrOptions", err)
	}
	for _, want := range []string{`port "LAX"`, `listen "8090"`, `collector "here"`, "-1 agents per port", "speed -1", "latency scale -1", "interval 1ms", `system "tpca"`, `system "ncik"`} {
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
		_, platform := s.Relay("MIA-1", "tecs-platform")
		fmt.Println(tpac, platform)
		stop()
	})
	fmt.Println(err)
	// Output:
	// true false
	// <nil>
}
