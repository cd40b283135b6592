// Package relay is the network between workstations and systems, as far as it can go wrong.
//
// A Gate is a listener on loopback that can be closed for a while (connections refused), lose its packets
// (connection attempts time out, open connections stall) or stall, and comes back at the same address.
// A Relay carries one agent's connections through a gate to one target, and tells the target's side whose
// they are. The package knows nothing of faults and screening systems; it is told which passage to give.
package relay

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// Passage is how a gate treats connections.
type Passage uint8

// The passages, from best to worst.
const (
	Open   Passage = iota
	Stall          // connections are accepted, and carry nothing
	Refuse         // connections are refused, open ones are reset
	Drop           // packets are lost: connection attempts get no answer, open connections carry nothing
)

// String returns the passage's name.
func (p Passage) String() string {
	switch p {
	case Open:
		return "open"
	case Stall:
		return "stall"
	case Refuse:
		return "refuse"
	case Drop:
		return "drop"
	default:
		return fmt.Sprintf("passage(%d)", p)
	}
}

// ErrNoDrop is returned where the operating system cannot be made to lose connection attempts.
var ErrNoDrop = errors.New("lost packets cannot be had on this machine")

// Gate is a listener whose passage can change. It is safe for concurrent use.
type Gate struct {
	addr *net.TCPAddr

	// accepting is held by the accept loop while it may take a connection from the queue.
	accepting sync.Mutex
	// setting is held while the passage changes.
	setting sync.Mutex

	mu sync.Mutex
	// mu guards everything that follows.
	passage  Passage
	listener *net.TCPListener // nil while connections are refused
	held     *heldPort        // keeps the port while connections are refused
	fillers  []net.Conn       // fill the queue while packets are lost
	changed  chan struct{}    // closed at the next change
	conns    map[*conn]struct{}
	closed   bool
}

var _ net.Listener = (*Gate)(nil)

// Listen returns an open gate at a free port of the loopback interface.
func Listen() (*Gate, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	return &Gate{
		addr:     l.Addr().(*net.TCPAddr),
		listener: l,
		changed:  make(chan struct{}),
		conns:    map[*conn]struct{}{},
	}, nil
}

// Addr returns the gate's address, the same for its whole life.
func (g *Gate) Addr() net.Addr { return g.addr }

// Accept returns the next connection that the gate lets in.
func (g *Gate) Accept() (net.Conn, error) {
	for {
		listener, changed, err := g.entrance()
		if err != nil {
			return nil, err
		}
		if listener == nil {
			<-changed
			continue
		}
		accepted, err := g.acceptFrom(listener)
		if err != nil {
			if g.isNow(changed) {
				return nil, err
			}
			continue
		}
		if c := g.admit(accepted); c != nil {
			return c, nil
		}
	}
}

// entrance returns the listener to accept from, nil while nobody is let in.
func (g *Gate) entrance() (*net.TCPListener, <-chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return nil, nil, net.ErrClosed
	case g.passage == Drop || g.passage == Refuse:
		return nil, g.changed, nil
	default:
		return g.listener, g.changed, nil
	}
}

// acceptFrom accepts unless Set has begun to lose packets: it interrupts the wait by a deadline first.
func (g *Gate) acceptFrom(listener *net.TCPListener) (*net.TCPConn, error) {
	g.accepting.Lock()
	defer g.accepting.Unlock()
	return listener.AcceptTCP()
}

// isNow reports whether nothing has changed since changed was current.
func (g *Gate) isNow(changed <-chan struct{}) bool {
	select {
	case <-changed:
		return false
	default:
		return true
	}
}

// admit wraps an accepted connection, or returns nil for one that only filled the queue.
func (g *Gate) admit(accepted *net.TCPConn) *conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, filler := range g.fillers {
		if filler.LocalAddr().String() == accepted.RemoteAddr().String() {
			g.fillers = append(g.fillers[:i], g.fillers[i+1:]...)
			_, _ = filler.Close(), accepted.Close()
			return nil
		}
	}
	if g.closed || g.passage == Refuse {
		reset(accepted)
		return nil
	}
	c := newConn(accepted, g)
	g.conns[c] = struct{}{}
	return c
}

// Set changes the passage. When it returns, new connections and open ones are treated accordingly.
func (g *Gate) Set(p Passage) error {
	g.setting.Lock()
	defer g.setting.Unlock()
	from, err := g.leave(p)
	if err != nil || from == p {
		return err
	}
	g.turn(p)
	switch p {
	case Refuse:
		return g.refuse()
	case Drop:
		if err := g.drop(); err != nil {
			_, undo := g.leave(Open)
			g.turn(Open)
			return errors.Join(err, undo)
		}
	case Open, Stall:
	}
	return nil
}

// leave undoes what the passage until now does to the listener, if the next is another.
func (g *Gate) leave(next Passage) (from Passage, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch from = g.passage; {
	case g.closed:
		return from, net.ErrClosed
	case from == next:
		return from, nil
	case from == Refuse:
		if err := g.reopenLocked(); err != nil {
			return from, fmt.Errorf("reopen %s: %w", g.addr, err)
		}
	case from == Drop:
		return from, errors.Join(setBacklog(g.listener, syscall.SOMAXCONN), g.listener.SetDeadline(time.Time{}))
	}
	return from, nil
}

// turn notes the passage and wakes whoever waits for a change.
func (g *Gate) turn(p Passage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passage = p
	close(g.changed)
	g.changed = make(chan struct{})
	if p == Drop {
		// A deadline in the past ends the accept loop's wait and leaves the listener as it is.
		_ = g.listener.SetDeadline(time.Unix(1, 0))
	}
}

// refuse closes the listener, keeps its port from others and resets every connection.
func (g *Gate) refuse() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return net.ErrClosed // the port is free again
	}
	_ = g.listener.Close()
	g.listener = nil
	g.severLocked()
	// Connections are refused even if the port cannot be kept; then it may be taken when it is wanted back.
	g.held, _ = holdPort(g.addr)
	return nil
}

// reopenLocked listens again where connections were refused.
func (g *Gate) reopenLocked() (err error) {
	if g.held == nil {
		g.listener, err = net.ListenTCP("tcp4", g.addr)
		return err
	}
	if g.listener, err = g.held.listen(); err == nil {
		g.held = nil
	}
	return err
}

// severLocked resets every connection, those that fill the queue included.
func (g *Gate) severLocked() {
	for c := range g.conns {
		c.reset()
	}
	for _, filler := range g.fillers {
		_ = filler.Close()
	}
	g.fillers = nil
}

// Close closes the gate and all its connections.
func (g *Gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	close(g.changed)
	g.changed = make(chan struct{})
	var errs []error
	if g.listener != nil {
		errs = append(errs, g.listener.Close())
	}
	if g.held != nil {
		errs = append(errs, g.held.release())
	}
	g.severLocked()
	return errors.Join(errs...)
}
