package availability

import (
	"iter"
	"math"
	"time"

	"portolan"
)

// Forever is an instant after every other.
const Forever portolan.Instant = math.MaxInt64

// Segment is a stretch of a timeline in one class. Time that no segment covers is not in service.
type Segment struct {
	Span  portolan.Span
	Class Class
	// Uncertain marks a transition gap or the hold after a result that none follows (design 3.6).
	Uncertain bool
}

// AppendSegment appends s to segments in time order, joining it to the last one where they touch and are alike.
// Empty segments are dropped.
func AppendSegment(segments []Segment, s Segment) []Segment {
	if s.Span.Empty() {
		return segments
	}
	if n := len(segments); n > 0 {
		last := &segments[n-1]
		if last.Span.To == s.Span.From && last.Class == s.Class && last.Uncertain == s.Uncertain {
			last.Span.To = s.Span.To
			return segments
		}
	}
	return append(segments, s)
}

// Clip returns the parts of segments that lie in window.
//
// Design 3.2: "A window takes holds that began before it, and cuts at both edges."
func Clip(segments []Segment, window portolan.Span) []Segment {
	var in []Segment
	for _, s := range segments {
		s.Span = s.Span.Intersect(window)
		in = AppendSegment(in, s)
	}
	return in
}

// Hours yields the parts of span that lie in each UTC hour, in order. The caller bounds the span: it must not reach to
// Forever.
func Hours(span portolan.Span) iter.Seq[portolan.Span] {
	return func(yield func(portolan.Span) bool) {
		for from := span.From; from < span.To; {
			to := min(span.To, from.Hour().Add(time.Hour))
			if !yield(portolan.Span{From: from, To: to}) {
				return
			}
			from = to
		}
	}
}
