//go:build !windows

package probe_test

import (
	"syscall"

	"portolan"
)

// systemCodes returns this operating system's codes with their kinds.
func systemCodes() map[syscall.Errno]portolan.ErrorKind {
	return map[syscall.Errno]portolan.ErrorKind{
		syscall.ECONNREFUSED:  portolan.KindRefused,
		syscall.ECONNRESET:    portolan.KindReset,
		syscall.ECONNABORTED:  portolan.KindReset,
		syscall.EPIPE:         portolan.KindClosed,
		syscall.EHOSTUNREACH:  portolan.KindRoute,
		syscall.ENETUNREACH:   portolan.KindRoute,
		syscall.EPERM:         portolan.KindRoute,
		syscall.ETIMEDOUT:     portolan.KindTimeout,
		syscall.EMFILE:        portolan.KindMonitor,
		syscall.ENFILE:        portolan.KindMonitor,
		syscall.ENOMEM:        portolan.KindMonitor,
		syscall.EADDRNOTAVAIL: portolan.KindMonitor,
		syscall.ENOENT:        portolan.KindNone,
	}
}
