package collector

import (
	"sync"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// lag knows how far the folding is behind what this collector accepted, in time of receipt: what is folded now was
// received so long before what is accepted now.
type lag struct {
	mu sync.Mutex // guards everything that follows
	// newest is the newest accepted link's position and receipt, done the position up to which links were folded.
	newest, done ledger.Position
	received     portolan.Instant
	// since is when the oldest link was received that may not be folded.
	since portolan.Instant
}

func (l *lag) accepted(link ledger.Link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done >= l.newest && link.Position > l.done { // everything was folded until now
		l.since = max(l.since, link.ReceivedAt)
	}
	l.newest, l.received = max(l.newest, link.Position), max(l.received, link.ReceivedAt)
}

func (l *lag) folded(link ledger.Link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done, l.since = max(l.done, link.Position), max(l.since, link.ReceivedAt)
}

func (l *lag) behind() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done >= l.newest {
		return 0
	}
	return l.received.Sub(l.since)
}
