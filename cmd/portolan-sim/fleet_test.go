package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/collector"
	"portolan/internal/ways"
	"portolan/sim/fleet"
)

// startCollector starts a collector, in the past unless replay is zero, and returns its address and its data folder.
func startCollector(t *testing.T, replay portolan.Instant) (url, data string) {
	t.Helper()
	config := collector.DefaultConfig()
	config.Data, config.TLS.Hosts = t.TempDir(), []string{"127.0.0.1"}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- collector.Run(ctx, collector.Options{Config: config, Ways: ways.All(), Listener: listener, Replay: replay, Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("collector: %v", err)
		}
	})
	return "https://" + listener.Addr().String(), config.Data
}

func TestFleet_DeliversEverythingToARealCollector(t *testing.T) {
	t.Parallel()
	url, data := startCollector(t, 0)
	cmd := command(t, "fleet", "--collector", url, "--data", data,
		"--agents", "20", "--ports", "10", "--interval", "1s", "--for", "1s", "--backlog", "1m", "--output", "json", "--quiet")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var report fleet.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if report.Acknowledged < 20*15*60 || report.Acknowledged != report.Drawn || report.Live.Batches == 0 || report.Backlog.Batches == 0 {
		t.Errorf("got %+v, want a minute of backlog and some news of 20 agents", report)
	}
}

func TestFleet_PlaysAScenario(t *testing.T) {
	t.Parallel()
	const scenario = "name: x\nstart: 2017-01-02T17:00:00Z\nlength: 10m\nseed: 1\nfleet: {ports: [MIA, SEA], systems: [ident, tpac]}\n" +
		"faults: [{at: 2m, for: 3m, where: {system: ident}, effect: outage}]\nmaintenance: [{at: 1m, for: 5m, where: {system: ident}}]\n" +
		"changes: [{at: 1m, system: tecs-platform, text: release}]\n"
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	url, data := startCollector(t, portolan.InstantOf(time.Date(2017, 1, 2, 17, 0, 0, 0, time.UTC)))
	cmd := command(t, "fleet", "--scenario", file, "--collector", url, "--data", data, "--output", "json")
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, told.String())
	}
	var played fleet.Played
	if err := json.Unmarshal(out, &played); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// Two agents run at least four transactions a minute, at most seven, for twenty minutes, ten of them after the end.
	if played.Agents != 2 || played.Results < 2*4*18 || played.Results > 2*7*20 || !strings.Contains(told.String(), "2017-01-02T17:") {
		t.Errorf("got %+v, and was told\n%s", played, told.String())
	}
}
