package main

import (
	"net"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"portolan/internal/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portolan-collector": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               setup,
		Cmds:                map[string]clitest.Command{"exits": clitest.Exits, "answers": clitest.Answers},
	})
}

// setup gives each script $LISTEN, an address that is free.
func setup(env *testscript.Env) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv("LISTEN", listener.Addr().String())
	return listener.Close()
}
