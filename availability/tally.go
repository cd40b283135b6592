package availability

import "portolan"

// Tally is the time of one series in one window, in microseconds by class: a commutative sum, so that a window's
// tally is that of its parts.
type Tally struct {
	Time      [Classes]int64 // all of it
	Uncertain [Classes]int64 // the part of Time in gaps (design 3.6)
	// Planned and PlannedUncertain are the parts of the two that lie in planned maintenance.
	Planned          [Classes]int64
	PlannedUncertain [Classes]int64
}

// TallyOf returns the tally of the parts of segments that lie in window; maintenance is as Planned returns it.
func TallyOf(segments []Segment, window portolan.Span, maintenance []portolan.Span) Tally {
	var t Tally
	for _, s := range segments {
		t.Add(s, window, maintenance)
	}
	return t
}

// Add adds the part of a segment that lies in window. maintenance is as Planned returns it:
// disjoint, so that no time counts twice.
func (t *Tally) Add(s Segment, window portolan.Span, maintenance []portolan.Span) {
	span := s.Span.Intersect(window)
	if span.Empty() {
		return
	}
	class := s.Class.known()
	add(&t.Time, &t.Uncertain, class, s.Uncertain, span)
	for _, m := range maintenance {
		if part := span.Intersect(m); !part.Empty() {
			add(&t.Planned, &t.PlannedUncertain, class, s.Uncertain, part)
		}
	}
}

func add(all, unsure *[Classes]int64, c Class, uncertain bool, span portolan.Span) {
	micros := int64(span.To - span.From)
	all[c] += micros
	if uncertain {
		unsure[c] += micros
	}
}

// Merge adds the other tally's time to t's.
func (t *Tally) Merge(o Tally) {
	for c := range Classes {
		t.Time[c] += o.Time[c]
		t.Uncertain[c] += o.Uncertain[c]
		t.Planned[c] += o.Planned[c]
		t.PlannedUncertain[c] += o.PlannedUncertain[c]
	}
}

// InService returns the time from the series' first result on, retirements left out.
func (t *Tally) InService() int64 {
	var sum int64
	for _, micros := range t.Time {
		sum += micros
	}
	return sum
}
