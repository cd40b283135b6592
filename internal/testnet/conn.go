package testnet

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// conn is one end of a connection: what it reads comes from in, what it writes goes to out. The other end
// has the same two the other way round.
type conn struct {
	local, remote address
	in, out       *wire
	reading       deadline
	writing       deadline
	once          sync.Once
	forget        func() // told once when the end is closed
}

// pair returns the two ends of a new connection.
func pair(client, server address) (*conn, *conn) {
	up, down := newWire(), newWire()
	nothing := func() {}
	return &conn{local: client, remote: server, in: down, out: up, forget: nothing},
		&conn{local: server, remote: client, in: up, out: down, forget: nothing}
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p, &c.reading)
	return n, c.opError("read", err)
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p, &c.writing)
	return n, c.opError("write", err)
}

// Close implements net.Conn. The other end reads what was written, then the end.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.out.end()
		c.in.abandon()
		c.reading.set(time.Time{})
		c.writing.set(time.Time{})
		c.forget()
	})
	return nil
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	c.reading.set(t)
	c.writing.set(t)
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.reading.set(t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.writing.set(t)
	return nil
}

// opError wraps err as package net does; the end of a stream stays bare.
func (c *conn) opError(op string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case syscall.Errno:
		err = os.NewSyscallError(op, e)
	}
	if isEnd(err) {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// opError returns the error of a call that the system refused.
func opError(op, addr string, errno syscall.Errno) error {
	call := op
	if op == "dial" {
		call = "connect"
	}
	return &net.OpError{Op: op, Net: "tcp", Addr: address(addr), Err: os.NewSyscallError(call, errno)}
}

func dialError(addr string, err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: address(addr), Err: err}
}
