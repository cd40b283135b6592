package projection

import (
	"sync"

	"portolan/collector/ledger"
	"portolan/evidence"
)

// recent holds links that ingest has decoded and that are not folded yet, so that they need not be read from the ledger
// and decoded again. It is a short cut and no feed: what is not in it is read.
type recent struct {
	mu      sync.Mutex
	opened  map[ledger.Position]*opened
	records int // in all of them
}

// Bounds of what is held: a link is a few hundred bytes, a record with five steps a kB.
const (
	mostRecentLinks   = 2048
	mostRecentRecords = 50_000
)

// add holds a link, unless too much is held already: backlog comes in links of many records.
func (r *recent) add(o *opened) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opened[o.Position] == nil && len(r.opened) < mostRecentLinks && r.records+len(o.batch.Records) <= mostRecentRecords {
		r.opened[o.Position] = o
		r.records += len(o.batch.Records)
	}
}

func (r *recent) removeLocked(o *opened) {
	delete(r.opened, o.Position)
	r.records -= len(o.batch.Records)
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
		r.removeLocked(o)
		links = append(links, o)
	}
	return links
}

// dropUpTo forgets the links up to a position, which were folded otherwise.
func (r *recent) dropUpTo(position ledger.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, o := range r.opened {
		if at <= position {
			r.removeLocked(o)
		}
	}
}

// Decoded lends the projection a link that was just accepted, with what its bytes say. It may be told or not, in any
// order; neither changes what is folded.
func (p *Projection) Decoded(link ledger.Link, batch *evidence.Batch) {
	p.recent.add(&opened{Link: link, batch: batch})
}
