package tn3270

import (
	"context"
	"errors"
	"net"
	"time"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

// session is what the steps of one run share: a terminal, connected or not.
type session struct {
	conn   net.Conn
	stream *datastream.Stream
	screen *datastream.Screen
	watch  *probe.Stopwatch // of the step that reads
}

// sessionKey is the key of the session in its run.
type sessionKey struct{}

func sessionOf(run *probe.Run) *session {
	return run.Session(sessionKey{}, func() any { return &session{} }).(*session)
}

// open connects the terminal; a connection of an earlier step ends.
func (s *session) open(ctx context.Context, c *connection, run *probe.Run, watch *probe.Stopwatch) error {
	_ = s.Close()
	conn, err := c.dial(ctx, run, watch)
	if err != nil {
		return err
	}
	s.conn, s.watch = conn, watch
	s.screen = datastream.NewScreen(c.model)
	s.stream = datastream.NewTerminal(s, c.model)
	return nil
}

// received returns how many bytes the host sent so far.
func (s *session) received() int64 {
	if s.stream == nil {
		return 0
	}
	return s.stream.Received()
}

// Read implements io.Reader: the first byte of an answer ends the waiting for it.
func (s *session) Read(p []byte) (int, error) {
	n, err := s.conn.Read(p)
	if n > 0 {
		s.watch.Advance(portolan.PhaseWait, portolan.PhaseRead)
	}
	return n, err
}

// Write implements io.Writer.
func (s *session) Write(p []byte) (int, error) { return s.conn.Write(p) }

// until lets the connection's reads and writes end with ctx; the caller calls what it returns when done.
func (s *session) until(ctx context.Context) (done func()) {
	conn := s.conn
	deadline, _ := ctx.Deadline() // none is the zero time, which is no deadline to a connection either
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// read applies the host's next record to the screen and answers what must be answered at once. Patience, if
// above zero, is how long it waits at most, beside ctx.
func (s *session) read(ctx context.Context, patience time.Duration, watch *probe.Stopwatch) error {
	s.watch = watch
	deadline, bounded := ctx.Deadline()
	if patience > 0 {
		if soon := time.Now().Add(patience); !bounded || soon.Before(deadline) {
			deadline = soon
		}
	}
	_ = s.conn.SetReadDeadline(deadline)
	if err := ctx.Err(); err != nil { // it may have set a deadline that was just taken back
		return err
	}
	record, err := s.stream.Read()
	if err != nil {
		return err
	}
	reply, err := s.screen.Apply(record)
	if err != nil {
		return &malformed{err}
	}
	if reply == nil {
		return nil
	}
	return s.stream.Write(reply)
}

// Close implements io.Closer: the run is over, and the host notices.
func (s *session) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn, s.stream = nil, nil
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
