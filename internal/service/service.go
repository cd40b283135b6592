// Package service runs a daemon until it is told to stop, the same way under systemd, as a Windows service
// and in a terminal. Where it runs is the only thing that differs, and only this package knows.
package service

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Daemon is what a service runs: it calls ready once when it serves, and returns soon after ctx is done.
type Daemon func(ctx context.Context, ready func()) error

// Run runs the daemon under the service manager that started this process, or in the terminal, until the
// daemon returns or the manager, SIGTERM or Ctrl-C asks it to stop. A second Ctrl-C ends the process at once.
func Run(name string, daemon Daemon) error {
	if managed, err := runManaged(name, daemon); managed {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return daemon(ctx, notifyReady)
}
