package probe

import (
	"syscall"

	"portolan"
)

// The codes of Windows Sockets that package syscall does not name; its ECONNREFUSED and the like are its own
// inventions, which no system call returns.
// https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2
const (
	wsaEMFILE         syscall.Errno = 10024
	wsaEADDRINUSE     syscall.Errno = 10048
	wsaEADDRNOTAVAIL  syscall.Errno = 10049
	wsaENETDOWN       syscall.Errno = 10050
	wsaENETUNREACH    syscall.Errno = 10051
	wsaENETRESET      syscall.Errno = 10052
	wsaENOBUFS        syscall.Errno = 10055
	wsaESHUTDOWN      syscall.Errno = 10058
	wsaETIMEDOUT      syscall.Errno = 10060
	wsaECONNREFUSED   syscall.Errno = 10061
	wsaEHOSTDOWN      syscall.Errno = 10064
	wsaEHOSTUNREACH   syscall.Errno = 10065
	errorSemTimeout   syscall.Errno = 121  // ERROR_SEM_TIMEOUT: a connect that timed out below Winsock
	errorNotEnough    syscall.Errno = 8    // ERROR_NOT_ENOUGH_MEMORY
	errorNoResources  syscall.Errno = 1450 // ERROR_NO_SYSTEM_RESOURCES
	errorConnRefused  syscall.Errno = 1225 // ERROR_CONNECTION_REFUSED
	errorNetUnreached syscall.Errno = 1231 // ERROR_NETWORK_UNREACHABLE
	errorHostUnreach  syscall.Errno = 1232 // ERROR_HOST_UNREACHABLE
	errorConnAborted  syscall.Errno = 1236 // ERROR_CONNECTION_ABORTED
	errorNetNameGone  syscall.Errno = 64   // ERROR_NETNAME_DELETED: the peer reset an overlapped read
)

// kindOf returns the kind of a system error of the network; KindNone for any other. Every operating system
// has its own.
func kindOf(errno syscall.Errno) portolan.ErrorKind {
	switch errno {
	case wsaECONNREFUSED, errorConnRefused:
		return portolan.KindRefused
	case syscall.WSAECONNRESET, syscall.WSAECONNABORTED, errorConnAborted, errorNetNameGone:
		return portolan.KindReset
	case wsaESHUTDOWN, syscall.ERROR_BROKEN_PIPE:
		return portolan.KindClosed
	case wsaENETUNREACH, wsaEHOSTUNREACH, wsaENETDOWN, wsaEHOSTDOWN, wsaENETRESET, errorNetUnreached, errorHostUnreach:
		return portolan.KindRoute
	case syscall.WSAEACCES: // the workstation's own packet filter
		return portolan.KindRoute
	case wsaETIMEDOUT, errorSemTimeout:
		return portolan.KindTimeout
	case wsaEMFILE, wsaENOBUFS, wsaEADDRNOTAVAIL, wsaEADDRINUSE, errorNotEnough, errorNoResources:
		return portolan.KindMonitor
	default:
		return portolan.KindNone
	}
}
