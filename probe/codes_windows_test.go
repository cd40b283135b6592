package probe_test

import (
	"syscall"

	"portolan"
)

// systemCodes returns this operating system's codes with their kinds.
func systemCodes() map[syscall.Errno]portolan.ErrorKind {
	return map[syscall.Errno]portolan.ErrorKind{
		10061:                       portolan.KindRefused,
		syscall.WSAECONNRESET:       portolan.KindReset,
		syscall.WSAECONNABORTED:     portolan.KindReset,
		10058:                       portolan.KindClosed,
		10051:                       portolan.KindRoute,
		10065:                       portolan.KindRoute,
		syscall.WSAEACCES:           portolan.KindRoute,
		10060:                       portolan.KindTimeout,
		10024:                       portolan.KindMonitor,
		10055:                       portolan.KindMonitor,
		syscall.ERROR_ACCESS_DENIED: portolan.KindNone,
	}
}
