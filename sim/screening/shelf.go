package screening

import (
	"cmp"
	"sync"
	"time"
)

const (
	defaultShelfFor = 15 * time.Minute
	defaultShelf    = 4096
)

// shelf holds what was put into one system as a test, until it is taken away or its time is over: a probe that
// was cut off leaves nothing for good.
type shelf struct {
	lasts time.Duration
	most  int

	mu sync.Mutex
	// mu guards everything that follows.
	held map[string]placed
}

type placed struct {
	thing   record
	expires time.Time
}

func newShelf(settings Settings) *shelf {
	return &shelf{
		lasts: cmp.Or(settings.ShelfFor, defaultShelfFor),
		most:  cmp.Or(settings.Shelf, defaultShelf),
		held:  map[string]placed{},
	}
}

// put places a thing; ok is false if there is no room.
func (s *shelf) put(id string, thing record, now time.Time) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweepLocked(now)
	if len(s.held) >= s.most {
		return false
	}
	s.held[id] = placed{thing, now.Add(s.lasts)}
	return true
}

func (s *shelf) sweepLocked(now time.Time) {
	for id, p := range s.held {
		if !now.Before(p.expires) {
			delete(s.held, id)
		}
	}
}

// get returns a thing that is there; nil if it is not. Nobody may change it.
func (s *shelf) get(id string, now time.Time) record {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweepLocked(now)
	return s.held[id].thing
}

// take takes a thing away.
func (s *shelf) take(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, id)
}

// count returns how many things are there.
func (s *shelf) count(now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweepLocked(now)
	return len(s.held)
}
