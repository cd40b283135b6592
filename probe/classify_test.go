package probe_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"testing"

	"portolan"
	"portolan/probe"
)

func TestClassify_TellsKindsByTypeHoweverWrapped(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want portolan.ErrorKind
	}{
		"nil":              {nil, portolan.KindNone},
		"unknown":          {errors.New("connection refused"), portolan.KindNone},
		"name":             {&net.DNSError{Err: "no such host", IsNotFound: true}, portolan.KindResolve},
		"name-time-out":    {&net.DNSError{Err: "i/o timeout", IsTimeout: true}, portolan.KindResolve},
		"certificate":      {&tls.CertificateVerificationError{Err: x509.HostnameError{}}, portolan.KindCertificate},
		"no-roots":         {&tls.CertificateVerificationError{Err: x509.SystemRootsError{}}, portolan.KindMonitor},
		"no-tls":           {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, portolan.KindHandshake},
		"alert":            {&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, portolan.KindHandshake},
		"end":              {io.EOF, portolan.KindClosed},
		"early-end":        {io.ErrUnexpectedEOF, portolan.KindClosed},
		"closed-here":      {net.ErrClosed, portolan.KindClosed},
		"deadline":         {context.DeadlineExceeded, portolan.KindTimeout},
		"socket-deadline":  {os.ErrDeadlineExceeded, portolan.KindTimeout},
		"net-time-out":     {&net.OpError{Op: "dial", Err: timeoutError{}}, portolan.KindTimeout},
		"resolver-refused": {&net.DNSError{UnwrapErr: refusedError()}, portolan.KindResolve},
	} {
		for layer, wrap := range map[string]func(error) error{
			"bare": func(err error) error { return err },
			"url":  func(err error) error { return &url.Error{Op: "Get", URL: "http://tpac", Err: err} },
			"text": func(err error) error { return fmt.Errorf("ask tpac: %w", err) },
		} {
			if test.err == nil && layer != "bare" {
				continue
			}
			if got := probe.Classify(wrap(test.err)); got != test.want {
				t.Errorf("%s, %s: got %v, want %v", name, layer, got, test.want)
			}
		}
	}
}

// timeoutError is a net.Error of unknown type.
type timeoutError struct{}

func (timeoutError) Error() string   { return "too late" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

var _ net.Error = timeoutError{}

func TestNetworkFailure_AfterTheDeadlineIsATimeout(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := probe.NetworkFailure(ctx, portolan.PhaseConnect, net.ErrClosed)
	if got.Kind != portolan.KindTimeout || got.Phase != portolan.PhaseConnect {
		t.Errorf("got %v, want a time-out in connect", got)
	}
}

func TestNetworkFailure_UnknownErrorIsToldByItsPhase(t *testing.T) {
	t.Parallel()
	for phase, want := range map[portolan.Phase]portolan.ErrorKind{
		portolan.PhaseNone:    portolan.KindMonitor,
		portolan.PhaseDNS:     portolan.KindResolve,
		portolan.PhaseConnect: portolan.KindRoute,
		portolan.PhaseTLS:     portolan.KindHandshake,
		portolan.PhaseRequest: portolan.KindClosed,
		portolan.PhaseWait:    portolan.KindClosed,
		portolan.PhaseRead:    portolan.KindProtocol,
		portolan.PhaseCheck:   portolan.KindProtocol,
	} {
		if got := probe.NetworkFailure(t.Context(), phase, errors.New("odd")); got.Kind != want {
			t.Errorf("%v: got %v, want %v", phase, got.Kind, want)
		}
	}
}

// Every kind that a code of the operating system stands for is told, from a real socket's layers of errors.
func TestClassify_TellsTheSystemsCodes(t *testing.T) {
	t.Parallel()
	for errno, want := range systemCodes() {
		err := &url.Error{Op: "Get", Err: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}}
		if got := probe.Classify(err); got != want {
			t.Errorf("%v (%d): got %v, want %v", errno, errno, got, want)
		}
	}
}

func TestClassify_ARealRefusalIsRefused(t *testing.T) {
	t.Parallel()
	if got := probe.Classify(refusedError()); got != portolan.KindRefused {
		t.Errorf("got %v, want refused", got)
	}
}

// refusedError returns what dialling a closed port of this machine gives.
func refusedError() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	l.Close()
	c, err := net.Dial("tcp", addr)
	if err == nil {
		c.Close()
		return errors.New("a closed port was open")
	}
	return err
}
