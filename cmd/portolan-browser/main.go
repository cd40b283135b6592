// Command portolan-browser drives a Chromium or Edge for one run of a browser transaction. The agent starts it when a
// transaction needs it, tells it by lines on its standard input what to do, and ends it; nobody else has a use for it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"portolan/internal/buildinfo"
	"portolan/probe/browser/chromium"
)

const usage = `Usage: portolan-browser

Drives a Chromium or Edge for one run of a browser transaction. portolan-agent and portolanctl start it themselves: put
it beside them, or on the search path. It reads orders, one line of JSON each, from its standard input, answers each on
its standard output, and ends with its input.

Exit codes: 0 its input ended, 1 it could not go on, 2 wrong use.

Flags:
`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, stderr io.Writer) int {
	flags := flag.NewFlagSet("portolan-browser", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	version := flags.Bool("version", false, "print the version")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case *version:
		fmt.Fprintln(out, buildinfo.Version())
		return 0
	case flags.NArg() > 0:
		flags.Usage()
		return 2
	}
	if err := chromium.Serve(context.Background(), in, out); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
