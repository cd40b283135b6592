package testnet

import "syscall"

// What the operating system says when it refuses: the codes of Windows Sockets.
const (
	errRefused     syscall.Errno = 10061
	errReset                     = syscall.WSAECONNRESET
	errPipe                      = syscall.ERROR_BROKEN_PIPE
	errUnreachable syscall.Errno = 10065
	errInUse       syscall.Errno = 10048
)
