//go:build !linux

package relay

import (
	"errors"
	"net"
)

// heldPort is never made here: the port is free for others while connections are refused.
type heldPort struct{}

var errNotHeld = errors.New("ports cannot be kept on this system")

func holdPort(*net.TCPAddr) (*heldPort, error) { return nil, errNotHeld }

func (*heldPort) listen() (*net.TCPListener, error) { return nil, errNotHeld }

func (*heldPort) release() error { return nil }

func setBacklog(*net.TCPListener, int) error { return nil }

func (g *Gate) drop() error { return ErrNoDrop }
