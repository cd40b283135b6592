package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"portolan/targets"
)

// TestTry_EverySystemAgainstTheSimulator tries every transaction of the built-in catalogue whose system is simulated.
func TestTry_EverySystemAgainstTheSimulator(t *testing.T) {
	t.Parallel()
	catalogue, err := targets.Load(catalogueOptions())
	if err != nil {
		t.Fatal(err)
	}
	simulator, stop, err := simulate()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	buildBrowser(t)
	tried := 0
	for _, system := range catalogue.Systems {
		var endpoints []string
		for _, id := range system.EndpointIDs() {
			_, name := id.Split()
			if address, ok := simulator.Relay("MIA-1", id); ok {
				endpoints = append(endpoints, endpointFlag(system, name, address))
			}
		}
		for _, transaction := range system.Transactions {
			if len(endpoints) == 0 || transaction.LeastInterval > 0 {
				continue // its way of talking is to what is not simulated, or needs a browser: e2e has one
			}
			tried++
			var out, errs bytes.Buffer
			c := try{File: filepath.Join("..", "..", "targets", system.File), Transaction: string(transaction.ID), Endpoint: endpoints, Agent: "MIA-1", Output: "text"}
			if err := c.Run(terminal{&out, &errs}); err != nil {
				t.Errorf("%s %s: %v\n%s%s", system.ID, transaction.ID, err, out.String(), errs.String())
			}
		}
	}
	if tried < 26 {
		t.Errorf("tried %d transactions only", tried)
	}
}

// buildBrowser builds portolan-browser beside the test's own program, where browser transactions look for it.
func buildBrowser(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(filepath.Dir(program), "portolan-browser"), "../portolan-browser")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build portolan-browser: %v\n%s", err, out)
	}
}

// endpointFlag spells --endpoint: doors that do not speak HTTP are addresses alone.
func endpointFlag(system *targets.System, name, address string) string {
	if name == "" {
		return "http://" + address
	}
	if bytes.HasPrefix([]byte(system.Endpoints[name]), []byte("http")) {
		address = "http://" + address
	}
	return name + "=" + address
}
