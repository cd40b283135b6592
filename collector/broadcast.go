package collector

import (
	"sync"

	"portolan/collector/projection"
	"portolan/incident"
)

// broadcast hands news to whoever listens. A listener that does not keep up misses some, and is told that it did.
type broadcast struct {
	mu        sync.Mutex // guards what follows
	listeners map[*listener]bool
	closed    bool
}

// told is one piece of news: exactly one of the fields is set.
type told struct {
	link     *projection.News
	incident *incident.Event
}

// listener is one reader of news. news is closed when the collector stops.
type listener struct {
	news   chan told
	missed uint64 // guarded by the broadcast's mu
}

// Bounds of listening.
const (
	maxListeners = 256
	newsKept     = 256
)

func newBroadcast() *broadcast { return &broadcast{listeners: map[*listener]bool{}} }

// listen returns a new listener; ok is false if there are too many, or the collector stops.
func (b *broadcast) listen() (*listener, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.listeners) >= maxListeners {
		return nil, false
	}
	l := &listener{news: make(chan told, newsKept)}
	b.listeners[l] = true
	return l, true
}

func (b *broadcast) leave(l *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.listeners, l)
}

func (b *broadcast) send(n told) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for l := range b.listeners {
		select {
		case l.news <- n:
		default:
			l.missed++
		}
	}
}

// takeMissed returns how much a listener missed since it last asked.
func (b *broadcast) takeMissed(l *listener) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	missed := l.missed
	l.missed = 0
	return missed
}

func (b *broadcast) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for l := range b.listeners {
		close(l.news)
		delete(b.listeners, l)
	}
}
