package relay

import (
	"errors"
	"net"
	"os"
	"sync"
)

// conn is a connection that its gate can stall and reset. It embeds the interface on purpose: a
// *net.TCPConn would let io.Copy move bytes past Read and Write.
type conn struct {
	net.Conn
	gate   *Gate
	done   chan struct{} // closed with the connection
	gone   chan struct{} // closed when nothing more comes from the peer
	ending sync.Once
	going  sync.Once
}

func newConn(c *net.TCPConn, g *Gate) *conn {
	return &conn{Conn: c, gate: g, done: make(chan struct{}), gone: make(chan struct{})}
}

// Read implements net.Conn; what arrives while the gate lets nothing through is returned later.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil {
		return n, c.pass()
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) { // net/http ends its own reads by a deadline
		c.going.Do(func() { close(c.gone) })
	}
	return n, err
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.pass(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// CloseWrite tells the peer that no more comes, when the gate lets it through.
func (c *conn) CloseWrite() error {
	if err := c.pass(); err != nil {
		return err
	}
	return c.Conn.(*net.TCPConn).CloseWrite()
}

// pass waits until the gate lets bytes through. It fails if the connection is closed, or if the peer is
// gone: its place is needed for connections that are still waited for.
func (c *conn) pass() error {
	for {
		c.gate.mu.Lock()
		passage, changed, closed := c.gate.passage, c.gate.changed, c.gate.closed
		c.gate.mu.Unlock()
		if closed || passage == Open || passage == Refuse {
			return nil // of a closed connection the next call tells
		}
		select {
		case <-changed:
		case <-c.gone:
			return net.ErrClosed
		case <-c.done:
			return net.ErrClosed
		}
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.conns, c)
	c.gate.mu.Unlock()
	c.ending.Do(func() { close(c.done) })
	return c.Conn.Close()
}

// reset ends the connection as a process that dies does. Its owner still closes it.
func (c *conn) reset() {
	c.ending.Do(func() { close(c.done) })
	reset(c.Conn.(*net.TCPConn))
}

func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
