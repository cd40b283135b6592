package availability

// Sum is the weighted time of many series-hours, in millionths of microseconds. Sums merge in any order. The zero
// Sum is empty.
type Sum struct {
	time, uncertain           [Classes]Uint128
	planned, plannedUncertain [Classes]Uint128
	plain                     [Classes]Uint128 // the same as time, not weighted
}

// Add adds a series' time in one hour, or in the part of it that lies in the window, with the weight that Weigh
// gives the series in that hour.
func (s *Sum) Add(weight uint64, t Tally) {
}

// Merge adds the other sum to s.
func (s *Sum) Merge(o *Sum) {
}

// Figure returns what the sum amounts to.
func (s *Sum) Figure() Figure { return Figure{} }
