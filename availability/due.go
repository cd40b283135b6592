package availability

import (
	"iter"

	"portolan"
)

// Schedule says when a series is due.
type Schedule interface {
	// Next returns the first due instant strictly after an instant.
	Next(after portolan.Instant) portolan.Instant
}

// Attempt is one run of a series, first attempts and later ones, as the accounting of due runs sees it.
type Attempt struct {
	Due, Start, End portolan.Instant
	Number          int // 1 for the run that the schedule asked for; later attempts only occupy the series
}

// Due is what became of the runs that a schedule asked for: each counts in exactly one of the fields.
type Due struct {
	Seen      int // started within its interval
	Late      int // started after it
	Displaced int // another run of the series was still in progress
	Excused   int // farewell, closed hours, back-off, kill switch, not yet assigned
	Missing   int // the rest
}

// Total returns how many runs were due.
func (d Due) Total() int { return d.Seen + d.Late + d.Displaced + d.Excused + d.Missing }

// Merge adds the other accounting to d.
func (d *Due) Merge(o Due) {
	d.Seen += o.Seen
	d.Late += o.Late
	d.Displaced += o.Displaced
	d.Excused += o.Excused
	d.Missing += o.Missing
}

// DueOptions is what CountDue needs to know. Where a plan changed within a window, count each plan's part and merge.
type DueOptions struct {
	Window   portolan.Span
	Schedule Schedule
	// Attempts holds the series' runs in any order: those due in the window whenever they started, and those in
	// progress in it whenever they were due. For each due run all of them are looked through.
	Attempts []Attempt
	Excused  []portolan.Span
}

// CountDue says what became of the runs due in a window.
//
// Design 2: "due: a run that the schedule asked for: seen (started within its interval) + late (started after it) +
// displaced (another run of the series was still in progress) + excused (farewell, closed hours, back-off, kill
// switch, not yet assigned) + missing (the rest)".
func CountDue(o DueOptions) Due {
	var count Due
	var busy, excused []portolan.Span
	sorted := false // what is needed only for runs that did not take place
	for due, next := range dues(o.Schedule, o.Window) {
		if start, ran := firstStart(o.Attempts, due); ran {
			count.Merge(CountRun(start, next))
			continue
		}
		if !sorted {
			busy, excused, sorted = busySpans(o.Attempts), union(o.Excused), true
		}
		switch {
		case within(&busy, due):
			count.Displaced++
		case within(&excused, due):
			count.Excused++
		default:
			count.Missing++
		}
	}
	return count
}

// CountRun says what became of a due run that took place, given when it started and when the next was due. It is CountDue
// of a window that holds no other.
func CountRun(start, next portolan.Instant) Due {
	if start < next {
		return Due{Seen: 1}
	}
	return Due{Late: 1}
}

// dues yields the due instants of a window, each with the one after it.
func dues(s Schedule, window portolan.Span) iter.Seq2[portolan.Instant, portolan.Instant] {
	return func(yield func(due, next portolan.Instant) bool) {
		due := s.Next(window.From - 1)
		for window.Contains(due) {
			next := s.Next(due)
			if !yield(due, next) || next <= due {
				return
			}
			due = next
		}
	}
}

// firstStart returns the earliest start of a first attempt at a due instant.
func firstStart(attempts []Attempt, due portolan.Instant) (start portolan.Instant, ran bool) {
	for i := range attempts {
		if a := &attempts[i]; a.Number == 1 && a.Due == due && (!ran || a.Start < start) {
			start, ran = a.Start, true
		}
	}
	return start, ran
}

// busySpans returns when any run was in progress.
func busySpans(attempts []Attempt) []portolan.Span {
	spans := make([]portolan.Span, 0, len(attempts))
	for _, a := range attempts {
		spans = append(spans, portolan.Span{From: a.Start, To: a.End})
	}
	return union(spans)
}

// within reports whether t lies in one of the sorted disjoint spans. It drops those that end before t: t must not
// fall from call to call.
func within(spans *[]portolan.Span, t portolan.Instant) bool {
	for len(*spans) > 0 && (*spans)[0].To <= t {
		*spans = (*spans)[1:]
	}
	return len(*spans) > 0 && (*spans)[0].Contains(t)
}
