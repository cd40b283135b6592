package relay

import (
	"net"
	"sync"
)

// conn is a connection that its gate can stall and reset. It embeds the interface on purpose: a
// *net.TCPConn would let io.Copy move bytes past Read and Write.
type conn struct {
	net.Conn
	gate *Gate
	done chan struct{}
	once sync.Once
}

// Read implements net.Conn; what arrives while the gate does not let bytes through is returned later.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.pass()
	return n, err
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	c.pass()
	return c.Conn.Write(p)
}

// CloseWrite tells the peer that no more comes, when the gate lets it through.
func (c *conn) CloseWrite() error {
	c.pass()
	return c.Conn.(*net.TCPConn).CloseWrite()
}

// pass waits until the gate lets bytes through or the connection is closed.
func (c *conn) pass() {
	for {
		c.gate.mu.Lock()
		passage, changed, closed := c.gate.passage, c.gate.changed, c.gate.closed
		c.gate.mu.Unlock()
		if closed || passage == Open || passage == Refuse {
			return
		}
		select {
		case <-changed:
		case <-c.done:
			return
		}
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.conns, c)
	c.gate.mu.Unlock()
	c.once.Do(func() { close(c.done) })
	return c.Conn.Close()
}

// reset ends the connection as a process that dies does. Its owner still closes it.
func (c *conn) reset() {
	c.once.Do(func() { close(c.done) })
	reset(c.Conn.(*net.TCPConn))
}

func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
