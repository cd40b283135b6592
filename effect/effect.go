// Package effect says what followed a change: it holds the hours after it against the same hours of past weeks, by weekday and
// local time, since travelers come in weekly tides. It says what followed, not why: incidents weigh causes.
//
// Start at Pairs, which says what is compared, and Compare, which compares. Values are whole numbers in a unit of the caller's
// (microseconds, millionths), and randomness is a seed, so that the same values always give the same answer.
package effect

import (
	"slices"
	"time"

	"portolan"
)

const (
	// Weeks is how many past weeks the hours after a change are held against.
	Weeks = 4
	// Follow is how long after a change hours are compared: harm may show only when load comes, days later.
	Follow = 14 * 24 * time.Hour
)

// Pair is an hour after a change, and the same hours of the past weeks, the newest first.
type Pair struct {
	After  portolan.Instant
	Before [Weeks]portolan.Instant
}

// Pairs returns the whole hours that followed a change until an instant, for Follow at most. The hours before are of the newest
// weeks in which they were over when the change began, at the same time of day in the zone; nil is UTC.
func Pairs(change portolan.Span, until portolan.Instant, zone *time.Location) []Pair {
	if zone == nil {
		zone = time.UTC
	}
	var pairs []Pair
	first := change.To.Add(time.Hour - time.Microsecond).Hour()
	for at := first; at.Add(time.Hour) <= min(until, first.Add(Follow)); at = at.Add(time.Hour) {
		pair, found := Pair{After: at}, 0
		for week := 1; found < Weeks; week++ {
			before := portolan.InstantOf(at.Time().In(zone).AddDate(0, 0, -7*week)).Hour()
			if before.Add(time.Hour) <= change.From {
				pair.Before[found] = before
				found++
			}
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// Measure says how values are read.
type Measure struct {
	LowerIsWorse bool
	// Least is the smallest difference that can stand out.
	Least int64
	// Seed is what the bounds are drawn from.
	Seed uint64
}

// Difference is what followed, in the unit of the values.
type Difference struct {
	Hours int // that were compared
	Weeks int // past weeks with any value
	// Before is the mean over the compared hours of the median of the past weeks, After the mean of the values that followed, and
	// Change the second less the first, between Low and High with 95 % confidence.
	Before, After, Change, Low, High int64
	// Usual is how far one hour in a hundred of the past weeks was worse than the median of the other ones.
	Usual int64
	// Standing are the stretches in which the values were worse by more than half as much again as Usual, in order.
	Standing []Standing
	// Why says why there is no difference; all else is zero then.
	Why string
}

// Standing is a stretch of two hours or more that stands out.
type Standing struct {
	Span   portolan.Span
	Change int64 // the mean difference in it
}

// atLeast is how many hours in a row make a stretch: one bad hour comes from time to time.
const atLeast = 2

// hour is a pair with its values; before holds a value where has says so.
type hour struct {
	at     portolan.Instant
	after  int64
	before [Weeks]int64
	has    [Weeks]bool
}

// Compare holds values after a change against those before. Hours without a value, and those with a value in fewer than two past
// weeks, are left out.
func Compare(pairs []Pair, values map[portolan.Instant]int64, m Measure) Difference {
	hours, weeks := compared(pairs, values)
	switch {
	case len(pairs) == 0:
		return Difference{Why: "no whole hour has passed since"}
	case len(weeks) < 2:
		return Difference{Why: "fewer than two of the past weeks were measured"}
	case len(hours) == 0:
		return Difference{Why: "nothing was measured since"}
	}
	d := Difference{Hours: len(hours), Weeks: len(weeks)}
	all := sum{}
	for i := range hours {
		median, _ := hours[i].median(weeks)
		all.add(hours[i].after, median)
	}
	d.Before, d.After, d.Change = all.before/all.hours, all.after/all.hours, all.change()
	d.Low, d.High = bounds(hours, weeks, m.Seed)
	d.Low, d.High = min(d.Low, d.Change), max(d.High, d.Change)
	d.Usual = usual(hours, m)
	d.Standing = standing(hours, weeks, m, max(d.Usual+d.Usual/2, m.Least))
	return d
}

// compared returns the hours that can be compared, and which of the past weeks have a value in any of them.
func compared(pairs []Pair, values map[portolan.Instant]int64) (hours []hour, weeks []int) {
	seen := [Weeks]bool{}
	for _, p := range pairs {
		h, n := hour{at: p.After}, 0
		for week, at := range p.Before {
			if h.before[week], h.has[week] = values[at]; h.has[week] {
				seen[week] = true
				n++
			}
		}
		after, measured := values[p.After]
		if h.after = after; measured && n >= 2 {
			hours = append(hours, h)
		}
	}
	for week, measured := range seen {
		if measured {
			weeks = append(weeks, week)
		}
	}
	return hours, weeks
}

// median returns the median of the hour's values in some weeks, a week that is named twice counting twice; ok is false if they
// have none.
func (h *hour) median(weeks []int) (median int64, ok bool) {
	var room [Weeks]int64
	values := room[:0]
	for _, week := range weeks {
		if h.has[week] {
			values = append(values, h.before[week])
		}
	}
	if len(values) == 0 {
		return 0, false
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2, true
}

// sum adds up hours.
type sum struct{ hours, before, after int64 }

func (s *sum) add(after, median int64) {
	s.hours, s.before, s.after = s.hours+1, s.before+median, s.after+after
}

// change returns the mean difference; 0 of nothing.
func (s *sum) change() int64 { return (s.after - s.before) / max(1, s.hours) }

// usual returns by how much one hour in a hundred of the past weeks was worse than the median of the other weeks; 0 if so many
// were not.
func usual(hours []hour, m Measure) int64 {
	var worse []int64
	for i := range hours {
		for week := range Weeks {
			var others []int
			for other := range Weeks {
				if other != week {
					others = append(others, other)
				}
			}
			if median, ok := hours[i].median(others); ok && hours[i].has[week] {
				worse = append(worse, m.worse(hours[i].before[week]-median))
			}
		}
	}
	slices.Sort(worse)
	return max(0, worse[len(worse)-1-len(worse)/100])
}

// worse returns a difference as a positive number if it is for the worse.
func (m Measure) worse(difference int64) int64 {
	if m.LowerIsWorse {
		return -difference
	}
	return difference
}

// standing returns the stretches in which every hour is worse by more than a limit.
func standing(hours []hour, weeks []int, m Measure, limit int64) []Standing {
	var all []Standing
	var now sum
	for i := range hours {
		h := &hours[i]
		median, _ := h.median(weeks)
		n := len(all)
		follows := now.hours > 0 && all[n-1].Span.To == h.at
		if m.worse(h.after-median) <= limit {
			now = sum{}
			continue
		}
		if !follows {
			now, all = sum{}, append(all, Standing{Span: portolan.Span{From: h.at}})
			n++
		}
		now.add(h.after, median)
		all[n-1].Span.To, all[n-1].Change = h.at.Add(time.Hour), now.change()
	}
	return slices.DeleteFunc(all, func(s Standing) bool { return s.Span.Duration() < atLeast*time.Hour })
}
