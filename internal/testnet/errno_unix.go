//go:build !windows

package testnet

import "syscall"

// What the operating system says when it refuses.
const (
	errRefused     = syscall.ECONNREFUSED
	errReset       = syscall.ECONNRESET
	errPipe        = syscall.EPIPE
	errUnreachable = syscall.EHOSTUNREACH
	errInUse       = syscall.EADDRINUSE
)
