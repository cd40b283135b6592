//go:build !windows

package probe

import (
	"syscall"

	"portolan"
)

// kindOf returns the kind of a system error of the network; KindNone for any other. Every operating system
// has its own.
func kindOf(errno syscall.Errno) portolan.ErrorKind {
	switch errno {
	case syscall.ECONNREFUSED:
		return portolan.KindRefused
	case syscall.ECONNRESET, syscall.ECONNABORTED:
		return portolan.KindReset
	case syscall.EPIPE, syscall.ESHUTDOWN:
		return portolan.KindClosed
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.ENETRESET:
		return portolan.KindRoute
	case syscall.EACCES, syscall.EPERM: // the workstation's own packet filter
		return portolan.KindRoute
	case syscall.ETIMEDOUT:
		return portolan.KindTimeout
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return portolan.KindMonitor
	default:
		return portolan.KindNone
	}
}
