package projection

import (
	"testing"

	"pgregory.net/rapid"

	"portolan"
)

// A set of spans says of every instant what a plain set of instants says, and its spans are apart and in order.
func TestSpanSet_AgreesWithASetOfInstants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const end = 40
		var s spanSet
		plain := map[portolan.Instant]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "changes") {
			span := portolan.Span{From: portolan.Instant(rapid.IntRange(0, end).Draw(t, "from"))}
			span.To = span.From + portolan.Instant(rapid.IntRange(-1, 12).Draw(t, "length"))
			adds := rapid.Bool().Draw(t, "adds")
			for at := span.From; at < span.To; at++ {
				plain[at] = adds
			}
			if adds {
				s = s.with(span)
			} else {
				s = s.without(span)
			}
		}
		var w writer
		s.encode(&w)
		r := reader{b: w.b}
		for name, set := range map[string]spanSet{"set": s, "stored and read": readSpanSet(&r)} {
			for at := portolan.Instant(0); at < 2*end; at++ {
				if got := set.overlaps(portolan.Span{From: at, To: at + 1}); got != plain[at] {
					t.Fatalf("%s %v holds %d: %v, want %v", name, set, at, got, plain[at])
				}
			}
			for i := range set {
				if set[i].Empty() || i > 0 && set[i].From <= set[i-1].To {
					t.Fatalf("%s %v is not in order, or its spans touch", name, set)
				}
			}
		}
		if r.err != nil || len(r.b) > 0 {
			t.Fatalf("%d bytes are left, %v", len(r.b), r.err)
		}
	})
}
