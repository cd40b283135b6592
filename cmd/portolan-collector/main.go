// Command portolan-collector is the center: it takes in what agents at ports of entry saw, keeps it as evidence, and
// serves figures, pages, the API and metrics.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // ports name zones, and not every machine has them

	"github.com/alecthomas/kong"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"portolan/collector"
	"portolan/internal/buildinfo"
	"portolan/internal/service"
	"portolan/internal/ways"
)

const description = `Takes in agents' evidence, keeps it, and serves figures, pages, the API and metrics.

Examples:
  portolan-collector --config /etc/portolan/collector.yaml
  portolan-collector --config collector.yaml --check     tell what is wrong with it and the files it names
  portolan-collector --data /tmp/try --listen :8080      try it out; the rest as by default
  portolan-collector --config collector.yaml --listen :8443 --tls-host collector.example,10.1.2.3

Exit codes: 0 stopped as asked, 1 could not run, 2 wrong use or a fault in a file.`

func main() {
	var flags flags
	parser := kong.Must(&flags, kong.Name("portolan-collector"), kong.Description(description),
		kong.Vars{"version": buildinfo.Version()})
	if _, err := parser.Parse(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "portolan-collector: %v (see portolan-collector --help)\n", err)
		os.Exit(2)
	}
	os.Exit(run(flags, os.Stderr))
}

func run(flags flags, stderr io.Writer) int {
	o := collector.Options{Path: flags.Config, Ways: ways.All(), Log: flags.logger(stderr), Replay: flags.replay()}
	var err error
	if o.Config, err = flags.config(); err == nil {
		err = collector.Check(o)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if flags.Check {
		return 0
	}
	err = service.Run("portolan-collector", func(ctx context.Context, ready func()) error {
		go tuneMemory(ctx)
		o.Ready = ready
		return collector.Run(ctx, o)
	})
	if err != nil {
		o.Log.Error("collector ended", zap.Error(err))
		return 1
	}
	return 0
}

func (f flags) logger(w io.Writer) *zap.Logger {
	config := zap.NewProductionEncoderConfig()
	config.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewJSONEncoder(config)
	if f.LogFormat == "console" {
		encoder = zapcore.NewConsoleEncoder(config)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), zap.InfoLevel))
}
