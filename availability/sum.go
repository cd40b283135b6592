package availability

import "portolan"

// Sum is the weighted time of many series-hours, in millionths of microseconds. Sums merge in any order. The zero
// Sum is empty.
type Sum struct {
	time, uncertain           times
	planned, plannedUncertain times
	plain                     times // the same as time, not weighted
}

// times is an amount of time by class.
type times [Classes]Uint128

// SeriesHour is what one series of a group adds to a figure in one UTC hour.
type SeriesHour struct {
	// Share is the part of the series' transaction in its system; 0 adds nothing to weighted figures.
	Share uint32
	// InService says whether the series has any time in service in the whole hour, even outside the window.
	InService bool
	// Tally is the series' time in the hour, or in the part of it that lies in the window.
	Tally Tally
}

// AddPortHour adds the series of one group at one port in one UTC hour; volume is the port's travelers in it.
//
// Design 3.5: "Every figure is the sum of w x up over the sum of w x monitored, over series-hours."
func (s *Sum) AddPortHour(weight portolan.Weight, volume uint32, group []SeriesHour) {
	var shares uint64
	for _, h := range group {
		if h.InService {
			shares += uint64(h.Share)
		}
	}
	for _, h := range group {
		s.Add(Weigh(weight, h.Share, shares, volume), h.Tally)
	}
}

// Add adds a series' time in one hour, or in the part of it that lies in the window, with the weight that Weigh
// gives the series in that hour.
func (s *Sum) Add(weight uint64, t Tally) {
	s.time.add(weight, &t.Time)
	s.uncertain.add(weight, &t.Uncertain)
	s.planned.add(weight, &t.Planned)
	s.plannedUncertain.add(weight, &t.PlannedUncertain)
	s.plain.add(1, &t.Time)
}

// Merge adds the other sum to s.
func (s *Sum) Merge(o *Sum) {
	s.time = s.time.plus(o.time)
	s.uncertain = s.uncertain.plus(o.uncertain)
	s.planned = s.planned.plus(o.planned)
	s.plannedUncertain = s.plannedUncertain.plus(o.plannedUncertain)
	s.plain = s.plain.plus(o.plain)
}

func (t *times) add(weight uint64, micros *[Classes]int64) {
	for c, m := range micros {
		t[c] = t[c].Add(product(weight, uint64(max(0, m))))
	}
}

func (t times) plus(o times) times {
	for c := range t {
		t[c] = t[c].Add(o[c])
	}
	return t
}

// minus takes away a part of t.
func (t times) minus(part times) times {
	for c := range t {
		t[c] = t[c].Sub(part[c])
	}
	return t
}

// of returns the time in any of these classes.
func (t times) of(classes ...Class) Uint128 {
	var sum Uint128
	for _, c := range classes {
		sum = sum.Add(t[c])
	}
	return sum
}

// monitored returns the time in which a result held.
//
// Design 3.3: "Unmonitored is not up and not down."
func (t times) monitored() Uint128 { return t.of(Up, Slow, DownService, DownDependency, DownNetwork) }

func (t times) inService() Uint128 { return t.monitored().Add(t[Unmonitored]) }
