package projection

import (
	"maps"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
)

// lateChange says that links changed a stretch of a row after that stretch was closed.
type lateChange struct {
	span portolan.Span // within the row's hour
	// received is when the link came, the newest one if there are several.
	received portolan.Instant
	links    uint64 // one, or more where the row keeps its oldest changes together
}

// maxLateChanges bounds what a row keeps. Beyond it the oldest are kept as one, over the span of all, which may count a
// link for a window between them, or twice, but never lets a revision fall.
const maxLateChanges = 64

// revise notes that a link changed a stretch of the row that was closed.
func (r *row) revise(span portolan.Span, received portolan.Instant) {
	r.revised = append(r.revised, lateChange{span: span, received: received, links: 1})
	if len(r.revised) <= maxLateChanges {
		return
	}
	next, end := r.revised[1], 2
	for end < len(r.revised) && r.revised[end].received == next.received {
		next = next.with(r.revised[end])
		end++
	}
	r.revised = slices.Replace(r.revised, 0, end, r.revised[0].with(next))
}

// with returns two changes as one.
func (c lateChange) with(next lateChange) lateChange {
	both := lateChange{
		span:     portolan.Span{From: min(c.span.From, next.span.From), To: max(c.span.To, next.span.To)},
		received: max(c.received, next.received), links: c.links + next.links,
	}
	if sameLink := c.links == 1 && next.links == 1 && c.received == next.received; sameLink {
		both.links = 1
	}
	return both
}

// revisions returns how many links changed the row late.
func (r *row) revisions() (n uint64) {
	for i, c := range r.revised {
		if i == 0 || c.received != r.revised[i-1].received {
			n += c.links
		}
	}
	return n
}

func (c *lateChange) encode(w *writer, hour portolan.Instant) {
	w.uint(uint64(c.span.From - hour))
	w.uint(uint64(c.span.To - c.span.From))
	w.at(c.received - hour)
	w.uint(c.links)
}

func readLateChange(r *reader, hour portolan.Instant) lateChange {
	var c lateChange
	c.span.From = hour + portolan.Instant(r.uint())
	c.span.To = c.span.From + portolan.Instant(r.uint())
	c.received, c.links = hour+r.at(), r.uint()
	return c
}

// arrivals counts the links that changed something late. A link that changed many rows is one.
type arrivals struct {
	links map[portolan.Instant]bool // by when they were received
	// together counts those that rows keep as one, by when the newest of them was received.
	together map[portolan.Instant]uint64
}

func (a *arrivals) add(c lateChange) {
	if a.links == nil {
		*a = arrivals{links: map[portolan.Instant]bool{}, together: map[portolan.Instant]uint64{}}
	}
	if c.links == 1 {
		a.links[c.received] = true
		return
	}
	a.together[c.received] += c.links
}

// standing returns how final the figures of a window that ends at end are at an instant.
func (a *arrivals) standing(end portolan.Instant, settle time.Duration, at portolan.Instant) availability.Standing {
	s := availability.StandingOf(end, settle, at, slices.Collect(maps.Keys(a.links)))
	if s.Provisional {
		return s
	}
	for received, links := range a.together {
		if end.Add(settle) <= received && received <= at {
			s.Revision += int(links)
		}
	}
	return s
}
