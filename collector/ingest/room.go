package ingest

import (
	"net/http"
	"sync"

	"portolan"
	"portolan/evidence"
)

// room bounds what is worked on at once, in requests and in their bytes. One request has room whatever its size.
type room struct {
	places, bytes int64 // at most

	mu        sync.Mutex // guards everything that follows
	taken     int64
	takenSize int64
}

func (r *room) take(size int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken >= r.places || r.taken > 0 && r.takenSize+size > r.bytes {
		return false
	}
	r.taken++
	r.takenSize += size
	return true
}

func (r *room) give(size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken--
	r.takenSize -= size
}

// enter takes room for a request, and some of backlog's for a batch that says that it is no news. Nothing of the body
// has been read by then.
func (i *Ingest) enter(r *http.Request) (leave func(), ok bool) {
	size := r.ContentLength
	if limit := int64(i.o.Limits.Content); size < 0 || size > limit {
		size = limit // more is not read
	}
	late := r.Header.Get(evidence.LaneHeader) == portolan.Backlog.String()
	if late && (i.o.Behind() > i.o.BehindAtMost || !i.late.take(size)) {
		return nil, false
	}
	if !i.all.take(size) {
		if late {
			i.late.give(size)
		}
		return nil, false
	}
	return func() {
		i.all.give(size)
		if late {
			i.late.give(size)
		}
	}, true
}
