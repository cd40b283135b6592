package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"portolan"
)

// NetworkFailure returns the failure of a step that met err in a phase of talking over the network. What
// was seen after the step's time was up is a time-out: whatever broke then, broke because it was cut.
func NetworkFailure(ctx context.Context, phase portolan.Phase, err error) *Failure {
	kind := Classify(err)
	switch {
	case ctx.Err() != nil:
		kind = portolan.KindTimeout
	case kind == portolan.KindNone:
		kind = usualKind(phase)
	}
	return &Failure{Phase: phase, Kind: kind, Err: err}
}

// Classify returns the kind of a network error, by its type and the operating system's code, never by its
// text. It returns KindNone for an error that it cannot tell.
func Classify(err error) portolan.ErrorKind {
	// The order matters: errors of the system lie inside those of the resolver, and both inside net.OpError.
	for _, classify := range []func(error) portolan.ErrorKind{
		classifyShortage, classifyResolver, classifyTLS, classifySystem, classifyEnd, classifyTimeout,
	} {
		if kind := classify(err); kind != portolan.KindNone {
			return kind
		}
	}
	return portolan.KindNone
}

// classifyShortage tells what the workstation lacks, wherever it showed: a resolver without descriptors says
// nothing about the name.
func classifyShortage(err error) portolan.ErrorKind {
	var errno syscall.Errno
	if errors.As(err, &errno) && kindOf(errno) == portolan.KindMonitor {
		return portolan.KindMonitor
	}
	if _, ok := errors.AsType[x509.SystemRootsError](err); ok {
		return portolan.KindMonitor
	}
	return portolan.KindNone
}

func classifyResolver(err error) portolan.ErrorKind {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return portolan.KindResolve
	}
	return portolan.KindNone
}

func classifyTLS(err error) portolan.ErrorKind {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return portolan.KindCertificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return portolan.KindHandshake
	}
	// crypto/tls marks a TLS alert, ours or the peer's, by the operation alone: its type is not exported.
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return portolan.KindHandshake
	}
	return portolan.KindNone
}

func classifySystem(err error) portolan.ErrorKind {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return kindOf(errno)
	}
	return portolan.KindNone
}

func classifyEnd(err error) portolan.ErrorKind {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed} {
		if errors.Is(err, end) {
			return portolan.KindClosed
		}
	}
	return portolan.KindNone
}

func classifyTimeout(err error) portolan.ErrorKind {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return portolan.KindTimeout
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return portolan.KindTimeout
	}
	return portolan.KindNone
}

// usualKind returns what a failure in a phase amounts to when its error tells no more.
func usualKind(phase portolan.Phase) portolan.ErrorKind {
	switch phase {
	case portolan.PhaseDNS:
		return portolan.KindResolve
	case portolan.PhaseConnect:
		return portolan.KindRoute
	case portolan.PhaseTLS:
		return portolan.KindHandshake
	case portolan.PhaseRequest, portolan.PhaseWait:
		return portolan.KindClosed
	case portolan.PhaseRead, portolan.PhaseCheck:
		return portolan.KindProtocol
	case portolan.PhaseNone:
		return portolan.KindMonitor
	default:
		return portolan.KindMonitor
	}
}
