package screening

import (
	"cmp"
	"sync"
	"time"
)

const (
	defaultSessionFor = 15 * time.Minute
	defaultSessions   = 4096
	// queriesKept is how many of a session's queries can still be decided on.
	queriesKept = 64
)

// sessions holds the open sessions of one system, each for a while after its last use.
type sessions struct {
	lasts time.Duration
	most  int

	mu sync.Mutex
	// mu guards everything that follows, the sessions' contents included.
	open map[string]*session
}

// session is one officer's.
type session struct {
	user, workstation string
	expires           time.Time
	queries           []query // the latest, oldest first
}

// query is a traveler who was looked up and may be decided on.
type query struct{ id, number string }

func newSessions(settings Settings) *sessions {
	return &sessions{
		lasts: cmp.Or(settings.SessionFor, defaultSessionFor),
		most:  cmp.Or(settings.Sessions, defaultSessions),
		open:  map[string]*session{},
	}
}

// begin opens a session; ok is false if there are too many.
func (s *sessions) begin(id, user, workstation string, now time.Time) (expires time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= s.most {
		s.sweepLocked(now)
	}
	if len(s.open) >= s.most {
		return time.Time{}, false
	}
	expires = now.Add(s.lasts)
	s.open[id] = &session{user: user, workstation: workstation, expires: expires}
	return expires, true
}

func (s *sessions) sweepLocked(now time.Time) {
	for id, open := range s.open {
		if !now.Before(open.expires) {
			delete(s.open, id)
		}
	}
}

// use reports whether a session is open, and keeps it open for longer.
func (s *sessions) use(id string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.open[id]
	if open == nil || !now.Before(open.expires) {
		delete(s.open, id)
		return false
	}
	open.expires = now.Add(s.lasts)
	return true
}

// end closes a session.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, id)
}

// note keeps a query of a session.
func (s *sessions) note(id string, q query) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if open := s.open[id]; open != nil {
		open.queries = append(open.queries, q)
		open.queries = open.queries[max(0, len(open.queries)-queriesKept):]
	}
}

// asked reports whether a session holds a query.
func (s *sessions) asked(id string, q query) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.open[id]
	if open == nil {
		return false
	}
	for _, held := range open.queries {
		if held == q {
			return true
		}
	}
	return false
}
