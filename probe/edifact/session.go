package edifact

import (
	"errors"
	"net/http"
	"net/url"
	"sync"

	"portolan/probe"
)

// session is what the steps of one run share: connections.
type session struct {
	run *probe.Run

	mu     sync.Mutex // guards everything that follows
	http   *http.Transport
	lines  map[string]*line // by address
	closed bool
}

// sessionKey is the key of the session in its run.
type sessionKey struct{}

func sessionOf(run *probe.Run) *session {
	return run.Session(sessionKey{}, func() any { return &session{run: run, lines: map[string]*line{}} }).(*session)
}

func (s *session) transport() *http.Transport {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		s.http = newTransport(s.run)
	}
	return s.http
}

// line returns the open connection to an address; nil for none.
func (s *session) line(u *url.URL) *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines[u.String()]
}

// keep keeps a connection for later steps; it refuses once the run is over.
func (s *session) keep(u *url.URL, l *line) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.lines[u.String()] = l
	return true
}

// forget closes a connection.
func (s *session) forget(u *url.URL, l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lines, u.String())
	_ = l.conn.Close()
}

// Close implements io.Closer: the run is over.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.http != nil {
		s.http.CloseIdleConnections()
	}
	var errs []error
	for _, l := range s.lines {
		errs = append(errs, l.conn.Close())
	}
	return errors.Join(errs...)
}
