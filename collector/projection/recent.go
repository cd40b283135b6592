package projection

import (
	"sync"

	"portolan/collector/ledger"
	"portolan/evidence"
)

// recent holds links that ingest has decoded and that are not folded yet, so that they need not be read from the ledger
// and decoded again. It is a short cut and no feed: what is not in it is read.
type recent struct {
	mu     sync.Mutex
	opened map[ledger.Position]*opened
}

// mostRecent bounds the links that are held; a few kB each.
const mostRecent = 2048

func (r *recent) add(o *opened) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.opened) < mostRecent {
		r.opened[o.Position] = o
	}
}

// takeAfter takes the links that follow a position without a hole, at most limit of them.
func (r *recent) takeAfter(position ledger.Position, limit int) []*opened {
	r.mu.Lock()
	defer r.mu.Unlock()
	var links []*opened
	for len(links) < limit {
		position++
		o := r.opened[position]
		if o == nil {
			break
		}
		delete(r.opened, position)
		links = append(links, o)
	}
	return links
}

// dropUpTo forgets the links up to a position, which were folded otherwise.
func (r *recent) dropUpTo(position ledger.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at := range r.opened {
		if at <= position {
			delete(r.opened, at)
		}
	}
}

// Decoded lends the projection a link that was just accepted, with what its bytes say. It may be told or not, in any
// order; neither changes what is folded.
func (p *Projection) Decoded(link ledger.Link, batch *evidence.Batch) {
	p.recent.add(&opened{Link: link, batch: batch})
}
