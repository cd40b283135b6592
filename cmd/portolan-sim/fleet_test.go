package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"testing"

	"portolan/collector"
	"portolan/internal/ways"
	"portolan/sim/fleet"
)

func TestFleet_DeliversEverythingToARealCollector(t *testing.T) {
	t.Parallel()
	config := collector.DefaultConfig()
	config.Data, config.TLS.Hosts = t.TempDir(), []string{"127.0.0.1"}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- collector.Run(ctx, collector.Options{Config: config, Ways: ways.All(), Listener: listener, Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	cmd := command(t, "fleet", "--collector", "https://"+listener.Addr().String(), "--data", config.Data,
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
	stop()
	if err := <-ended; err != nil {
		t.Errorf("collector: %v", err)
	}
}
