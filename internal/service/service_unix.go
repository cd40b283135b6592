//go:build unix

package service

import (
	"net"
	"os"
)

// runManaged reports false: systemd manages a process by signals, as a terminal does.
func runManaged(string, Daemon) (bool, error) { return false, nil }

// notifyReady tells systemd that a Type=notify service has started (sd_notify(3)). Elsewhere it does nothing:
// a lost notice must not stop a daemon that serves.
func notifyReady() {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	conn, err := net.Dial("unixgram", socket)
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("READY=1"))
}
