// Command portolan-agent runs on a workstation at a port of entry, as a Windows service, under systemd or in
// a terminal: it runs the transactions of its plan, spools every result and serves the port's own page.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // old workstations have no zone files

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"portolan/agent"
	"portolan/internal/buildinfo"
	"portolan/internal/service"
	"portolan/internal/ways"
)

const usage = `Usage: portolan-agent --config FILE

Runs scheduled synthetic transactions, keeps every result on disk until the collector has it, and serves
the port's own page on loopback. Stops on Ctrl-C, SIGTERM or the service manager's word.

Examples:
  portolan-agent --config /etc/portolan/agent.yaml
  portolan-agent --config agent.yaml --check     tell what is wrong with it, run nothing

Exit codes: 0 stopped as asked, 1 could not run, 2 wrong use or a fault in the configuration.

Flags:
`

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("portolan-agent", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	path := flags.String("config", "", "the configuration `FILE`")
	check := flags.Bool("check", false, "check the configuration and the catalogue, run nothing")
	version := flags.Bool("version", false, "print the version")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case *version:
		fmt.Println(buildinfo.Version())
		return 0
	case *path == "" || flags.NArg() > 0:
		flags.Usage()
		return 2
	}
	o, err := agent.Load(*path, ways.All(), logger(stderr))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if *check {
		return 0
	}
	err = service.Run("portolan-agent", func(ctx context.Context, ready func()) error {
		o.Ready = ready
		return agent.Run(ctx, o)
	})
	if err != nil {
		o.Log.Error("agent ended", zap.Error(err))
		return 1
	}
	return 0
}

func logger(w io.Writer) *zap.Logger {
	config := zap.NewProductionEncoderConfig()
	config.EncodeTime = zapcore.ISO8601TimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(config), zapcore.AddSync(w), zap.InfoLevel))
}
