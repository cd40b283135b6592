package main

import (
	"context"
	"flag"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"portolan/internal/clitest"
	"portolan/sim"
)

var update = flag.Bool("update", false, "write what the scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portolanctl": main})
}

// Each script runs the tool beside a simulated TPAC of its own: $TPAC is its address as a workstation at
// MIA sees it, and the command fault breaks it. $CATALOGUE is the folder of the shipped definitions.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               setup,
		Cmds:                map[string]clitest.Command{"fault": putFault, "exits": clitest.Exits},
		UpdateScripts:       *update,
	})
}

func setup(env *testscript.Env) error {
	simulator, err := sim.New(sim.Options{Listen: "127.0.0.1:0", Ports: []string{"MIA"}, LatencyScale: 0.01})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if err := simulator.Run(ctx, func() { close(ready) }); err != nil {
			env.T().Log(err)
		}
	}()
	env.Defer(func() { stop(); <-done })
	select {
	case <-ready:
	case <-done:
	}
	catalogue, err := filepath.Abs("../../targets/catalogue")
	if err != nil {
		return err
	}
	tpac, _ := simulator.Relay("MIA-1", "tpac")
	env.Setenv("TPAC", "http://"+tpac)
	env.Setenv("ADMIN", "http://"+simulator.Addr().String())
	env.Setenv("CATALOGUE", catalogue)
	return nil
}

// putFault is the script command fault: its words are the faults in force from now on, as JSON.
func putFault(ts *testscript.TestScript, neg bool, args []string) {
	body := strings.NewReader(strings.Join(args, " "))
	request, err := http.NewRequest(http.MethodPut, ts.Getenv("ADMIN")+"/admin/v1/faults", body)
	ts.Check(err)
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != http.StatusOK || neg {
		ts.Fatalf("put faults: %s", answer.Status)
	}
}
