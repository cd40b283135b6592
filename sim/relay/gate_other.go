//go:build !linux

package relay

import "net"

// heldPort is nothing here: the port is free for others while connections are refused.
type heldPort struct{}

func holdPort(*net.TCPAddr) (*heldPort, error) { return &heldPort{}, nil }

func (*heldPort) listen(addr *net.TCPAddr) (*net.TCPListener, error) {
	return net.ListenTCP("tcp4", addr)
}

func (*heldPort) release() error { return nil }

func setBacklog(*net.TCPListener, int) error { return nil }

func (g *Gate) drop() error { return ErrNoDrop }
