package testnet

import (
	"net"
	"sync"
)

// maxBacklog is how many connections may wait to be accepted.
const maxBacklog = 128

// listener implements net.Listener.
type listener struct {
	network *Network
	addr    address
	backlog chan *conn
	closed  chan struct{}
	once    sync.Once
}

func newListener(n *Network, addr address) *listener {
	return &listener{network: n, addr: addr, backlog: make(chan *conn, maxBacklog), closed: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	default:
	}
	select {
	case c := <-l.backlog:
		l.network.accepted(l.addr)
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	}
}

// accepted lets those go on who wait for room in the backlog.
func (n *Network) accepted(addr address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.siteLocked(string(addr)).changedLocked()
}

// Close implements net.Listener. Connections that wait to be accepted are reset; accepted ones go on.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		close(l.closed)
		s := l.network.siteLocked(string(l.addr))
		s.listener = nil
		s.changedLocked()
		for {
			select {
			case waiting := <-l.backlog:
				waiting.in.reset()
				waiting.out.reset()
			default:
				return
			}
		}
	})
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.addr }

// address implements net.Addr.
type address string

// Network implements net.Addr.
func (address) Network() string { return "tcp" }

// String implements net.Addr.
func (a address) String() string { return string(a) }
