package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"portolan/internal/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portolan-agent": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]clitest.Command{"exits": clitest.Exits},
	})
}
