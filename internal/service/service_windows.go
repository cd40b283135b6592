package service

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows/svc"
)

// runManaged runs the daemon under the Windows service control manager if that started this process.
func runManaged(name string, daemon Daemon) (bool, error) {
	managed, err := svc.IsWindowsService()
	if err != nil {
		return true, fmt.Errorf("ask whether this is a Windows service: %w", err)
	}
	if !managed {
		return false, nil
	}
	h := &handler{daemon: daemon}
	if err := svc.Run(name, h); err != nil {
		return true, fmt.Errorf("run as Windows service %q: %w", name, err)
	}
	return true, h.err
}

// notifyReady does nothing in a terminal on Windows.
func notifyReady() {}

// handler translates the service control manager's requests into a context.
type handler struct {
	daemon Daemon
	err    error
}

// Execute implements svc.Handler.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	const accepted = svc.AcceptStop | svc.AcceptShutdown
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	status <- svc.Status{State: svc.StartPending}
	ready, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() { ended <- h.daemon(ctx, func() { ready <- struct{}{} }) }()
	for {
		select {
		case <-ready:
			status <- svc.Status{State: svc.Running, Accepts: accepted}
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- r.CurrentStatus
			case svc.Stop, svc.Shutdown:
				status <- svc.Status{State: svc.StopPending}
				cancel()
			}
		case h.err = <-ended:
			if h.err != nil {
				return true, 1 // a service-specific code, so that the recovery actions apply
			}
			return false, 0
		}
	}
}
