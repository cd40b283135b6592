// Package testnet is a network in memory that can refuse, stall and cut, for tests.
//
// It opens no sockets and waits on channels and timers only, so it works inside a synctest bubble, where
// time is fake and a goroutine in real I/O would stop it. Its connections buffer like the kernel's, obey
// deadlines, and fail with the errors that the operating system would give.
//
// An address is any "host:port"; names need no resolving.
package testnet

import (
	"context"
	"fmt"
	"net"
	"net/http/httptrace"
	"strconv"
	"sync"
)

// Condition is what an address does to those who dial it and to the connections that are open to it.
type Condition uint8

// The conditions.
const (
	Normal      Condition = iota // connections are opened, data flows
	Refusing                     // new connections are refused; open ones go on
	Stalled                      // new connections hang, open ones carry nothing until the condition ends
	Unreachable                  // there is no route for new connections; open ones go on
	Nameless                     // the name does not resolve; open ones go on
)

// Network is a network in memory. New makes one.
type Network struct {
	mu       sync.Mutex // guards everything that follows
	sites    map[string]*site
	lastPort int
}

// site is one address of the network.
type site struct {
	condition Condition
	changed   chan struct{} // closed and replaced when condition or listener change
	listener  *listener     // nil if nobody listens
	conns     map[*conn]struct{}
}

// firstPort is the first of the ports given to those who ask for port 0.
const firstPort = 49152

// New returns an empty network, in which every dial is refused.
func New() *Network {
	return &Network{sites: map[string]*site{}, lastPort: firstPort - 1}
}

func (n *Network) siteLocked(addr string) *site {
	s, ok := n.sites[addr]
	if !ok {
		s = &site{changed: make(chan struct{}), conns: map[*conn]struct{}{}}
		n.sites[addr] = s
	}
	return s
}

// Listen listens on addr, "host:port"; port 0 takes a free one.
func (n *Network) Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if port == "0" {
		n.lastPort++
		addr = net.JoinHostPort(host, strconv.Itoa(n.lastPort))
	}
	s := n.siteLocked(addr)
	if s.listener != nil {
		return nil, opError("listen", addr, errInUse)
	}
	s.listener = newListener(n, address(addr))
	s.changedLocked()
	return s.listener, nil
}

// Set puts addr in a condition, at once and until the next Set.
func (n *Network) Set(addr string, c Condition) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.siteLocked(addr)
	s.condition = c
	s.changedLocked()
	for open := range s.conns {
		open.in.stall(c == Stalled)
		open.out.stall(c == Stalled)
	}
}

// Cut resets every open connection to addr, at both ends. New ones can be opened.
func (n *Network) Cut(addr string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.siteLocked(addr)
	for open := range s.conns {
		open.in.reset()
		open.out.reset()
		delete(s.conns, open)
	}
}

func (s *site) changedLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// DialContext opens a connection to addr and tells the context's httptrace of it, as net.Dialer does. The
// network's name does not matter.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.ConnectStart != nil {
		trace.ConnectStart(network, addr)
	}
	c, err := n.dial(ctx, addr)
	if trace != nil && trace.ConnectDone != nil {
		trace.ConnectDone(network, addr, err)
	}
	return c, err
}

func (n *Network) dial(ctx context.Context, addr string) (net.Conn, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, dialError(addr, err)
		}
		c, changed, err := n.tryDial(addr)
		if c != nil || err != nil {
			return c, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// tryDial returns a connection, or an error, or, while the address stalls, a channel that tells of a change.
func (n *Network) tryDial(addr string) (net.Conn, <-chan struct{}, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.siteLocked(addr)
	switch s.condition {
	case Normal:
		return n.connectLocked(s, addr)
	case Refusing:
		return nil, nil, opError("dial", addr, errRefused)
	case Stalled:
		return nil, s.changed, nil
	case Unreachable:
		return nil, nil, opError("dial", addr, errUnreachable)
	case Nameless:
		host, _, _ := net.SplitHostPort(addr)
		return nil, nil, dialError(addr, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
	default:
		return nil, nil, fmt.Errorf("dial %q: unknown condition %d", addr, s.condition)
	}
}

func (n *Network) connectLocked(s *site, addr string) (net.Conn, <-chan struct{}, error) {
	if s.listener == nil {
		return nil, nil, opError("dial", addr, errRefused)
	}
	n.lastPort++
	client, server := pair(address(net.JoinHostPort("client", strconv.Itoa(n.lastPort))), address(addr))
	select {
	case s.listener.backlog <- server:
	default: // the queue of those who wait to be accepted is full
		return nil, s.changed, nil
	}
	client.forget = func() { n.forget(s, client) }
	s.conns[client] = struct{}{}
	return client, nil, nil
}

// forget drops a closed connection. Both ends of it share their wires, so one end stands for both.
func (n *Network) forget(s *site, c *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(s.conns, c)
}
