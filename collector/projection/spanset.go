package projection

import (
	"slices"

	"portolan"
)

// spanSet is a set of instants as ascending spans that do not touch.
type spanSet []portolan.Span

// with returns the set with the instants of a span; s itself may be changed.
func (s spanSet) with(span portolan.Span) spanSet {
	if span.Empty() {
		return s
	}
	first, after := s.touching(span)
	if first < after {
		span.From = min(span.From, s[first].From)
		span.To = max(span.To, s[after-1].To)
	}
	return slices.Replace(s, first, after, span)
}

// without returns the set without the instants of a span; s itself may be changed.
func (s spanSet) without(span portolan.Span) spanSet {
	if span.Empty() {
		return s
	}
	var left spanSet
	first, after := s.touching(span)
	for _, one := range s[first:after] {
		before, behind := one, one
		before.To, behind.From = min(one.To, span.From), max(one.From, span.To)
		for _, part := range []portolan.Span{before, behind} {
			if !part.Empty() {
				left = append(left, part)
			}
		}
	}
	return slices.Replace(s, first, after, left...)
}

// touching returns which of the set's spans overlap or touch a span: from first on, before after.
func (s spanSet) touching(span portolan.Span) (first, after int) {
	first, _ = slices.BinarySearchFunc(s, span.From, func(one portolan.Span, at portolan.Instant) int {
		return int(min(1, max(-1, one.To-at)))
	})
	for after = first; after < len(s) && s[after].From <= span.To; after++ {
	}
	return first, after
}

// overlaps reports whether any instant of a span is in the set.
func (s spanSet) overlaps(span portolan.Span) bool {
	first, after := s.touching(span)
	return slices.ContainsFunc(s[first:after], func(one portolan.Span) bool { return !one.Intersect(span).Empty() })
}

// covers reports whether every instant of a span is in the set.
func (s spanSet) covers(span portolan.Span) bool {
	return slices.ContainsFunc(s, func(one portolan.Span) bool { return one.From <= span.From && span.To <= one.To })
}

func (s spanSet) encode(w *writer) {
	w.uint(uint64(len(s)))
	at := portolan.Instant(0)
	for _, span := range s {
		w.at(span.From - at)
		w.at(span.To - span.From)
		at = span.To
	}
}

func readSpanSet(r *reader) (s spanSet) {
	at := portolan.Instant(0)
	for range r.count() {
		span := portolan.Span{From: at + r.at()}
		span.To = span.From + r.at()
		at = span.To
		s = append(s, span)
	}
	return s
}
