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
	simulator, stop, err := simulate("tpac", "amoss", "ncic")
	if err != nil {
		return err
	}
	env.Defer(stop)
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

// simulate runs the named systems, all if none are, until stop is called.
func simulate(systems ...string) (simulator *sim.Simulator, stop func(), err error) {
	simulator, err = sim.New(sim.Options{Listen: "127.0.0.1:0", Ports: []string{"MIA"}, LatencyScale: 0.01, Systems: systems})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan struct{})
	var ended error
	go func() { defer close(done); ended = simulator.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case <-done:
		err = ended
	}
	return simulator, func() { cancel(); <-done }, err
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
