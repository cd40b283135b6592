//go:build !windows

package web_test

import (
	"context"
	"net"
	"syscall"
	"testing"

	"portolan"
	"portolan/probe"
)

func TestWay_WithoutDescriptorsTheMonitorIsToBlame(t *testing.T) {
	t.Parallel()
	dial := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{UnwrapErr: syscall.EMFILE}}
	}
	tr := transaction(t, "url: http://tpac.test")
	got, failures := probe.NewRunner(probe.Options{Dial: dial}).Run(t.Context(), tr, 0, 1)
	wantSymptom(t, got, failures, "a", portolan.PhaseNone, portolan.KindMonitor)
}
