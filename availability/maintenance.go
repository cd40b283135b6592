package availability

import (
	"cmp"
	"slices"

	"portolan"
)

// Maintenance is planned work as it was declared.
type Maintenance struct {
	Span     portolan.Span
	Declared portolan.Instant // when the declaration was made
}

// Planned returns when any of the declared work was planned work: from the later of its start and its declaration,
// to its end. The spans are sorted and disjoint, as Tally.Add wants them.
//
// Design 3.9: "Maintenance declared in advance is shown both ways". What was declared late was no plan before it was
// declared.
func Planned(declared []Maintenance) []portolan.Span {
	spans := make([]portolan.Span, 0, len(declared))
	for _, m := range declared {
		spans = append(spans, portolan.Span{From: max(m.Span.From, m.Declared), To: m.Span.To})
	}
	return union(spans)
}

// union returns the instants in any of the spans, as sorted disjoint spans that do not touch.
func union(spans []portolan.Span) []portolan.Span {
	spans = slices.DeleteFunc(slices.Clone(spans), portolan.Span.Empty)
	slices.SortFunc(spans, func(a, b portolan.Span) int { return cmp.Compare(a.From, b.From) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, s.To)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
