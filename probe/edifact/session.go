package edifact

import (
	"errors"
	"net/http"
	"sync"

	"portolan/probe"
)

// session is what the steps of one run share: connections.
type session struct {
	run *probe.Run

	mu     sync.Mutex // guards everything that follows
	http   map[probe.TLSDefinition]*http.Transport
	lines  map[lineKey]*line
	closed bool
}

// lineKey tells connections apart that steps of a run may share.
type lineKey struct {
	address string
	tls     probe.TLSDefinition
}

// security is how a step asks for TLS, as it was written and as it is meant.
type security struct {
	definition probe.TLSDefinition
	probe.TLS
}

// sessionKey is the key of the session in its run.
type sessionKey struct{}

func sessionOf(run *probe.Run) *session {
	return run.Session(sessionKey{}, func() any {
		return &session{run: run, http: map[probe.TLSDefinition]*http.Transport{}, lines: map[lineKey]*line{}}
	}).(*session)
}

func (s *session) transport(secure security) *http.Transport {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.http[secure.definition]
	if t == nil {
		t = newTransport(s.run, secure.TLS)
		s.http[secure.definition] = t
	}
	return t
}

// line returns the open connection of that key; nil for none.
func (s *session) line(to lineKey) *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines[to]
}

// keep keeps a connection for later steps; it refuses once the run is over.
func (s *session) keep(to lineKey, l *line) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.lines[to] = l
	return true
}

// forget closes a connection.
func (s *session) forget(to lineKey, l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lines, to)
	_ = l.conn.Close()
}

// Close implements io.Closer: the run is over.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, t := range s.http {
		t.CloseIdleConnections()
	}
	var errs []error
	for _, l := range s.lines {
		errs = append(errs, l.conn.Close())
	}
	return errors.Join(errs...)
}
