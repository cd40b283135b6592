package availability

import (
	"math/bits"
	"time"

	"portolan"
)

// Minute is what a group had in one UTC minute: weighted time, in millionths of microseconds.
type Minute struct {
	Up, Monitored, InService Uint128
}

// minutesAnHour is how many minutes an hour has.
const minutesAnHour = 60

// HourMinutes adds up the minutes of one UTC hour. The zero HourMinutes is empty.
type HourMinutes struct {
	// whole and steps are sums: of parts of a minute, and of what begins (or ends, as a negative number modulo 2^128)
	// with a minute and goes on.
	parts, steps [minutesAnHour + 1]Minute
}

// Add adds the segments of one series in the hour, with the weight that Weigh gives the series in it.
func (h *HourMinutes) Add(weight uint64, hour portolan.Instant, segments []Segment) {
	span := portolan.Span{From: hour, To: hour.Add(time.Hour)}
	for _, s := range segments {
		if part := s.Span.Intersect(span); !part.Empty() {
			h.add(weight, s.Class.State(), part.From-hour, part.To-hour)
		}
	}
}

// add adds a stretch in one state, from and to being microseconds of the hour.
func (h *HourMinutes) add(weight uint64, state portolan.State, from, to portolan.Instant) {
	const minute = portolan.Instant(time.Minute / time.Microsecond)
	first, last := from/minute, to/minute
	if first == last {
		h.parts[first].add(state, product(weight, uint64(to-from)))
		return
	}
	if begun := from % minute; begun != 0 {
		h.parts[first].add(state, product(weight, uint64(minute-begun)))
		first++
	}
	if over := to % minute; over != 0 {
		h.parts[last].add(state, product(weight, uint64(over)))
	}
	whole := product(weight, uint64(minute))
	h.steps[first].add(state, whole)
	h.steps[last].add(state, Uint128{}.Sub(whole))
}

func (m *Minute) add(state portolan.State, time Uint128) {
	m.InService = m.InService.Add(time)
	if state != portolan.Unmonitored {
		m.Monitored = m.Monitored.Add(time)
	}
	if state == portolan.Up {
		m.Up = m.Up.Add(time)
	}
}

func (m Minute) plus(o Minute) Minute {
	return Minute{Up: m.Up.Add(o.Up), Monitored: m.Monitored.Add(o.Monitored), InService: m.InService.Add(o.InService)}
}

func (m Minute) minus(o Minute) Minute {
	return Minute{Up: m.Up.Sub(o.Up), Monitored: m.Monitored.Sub(o.Monitored), InService: m.InService.Sub(o.InService)}
}

// Minutes returns the sums of the hour's minutes, in order.
func (h *HourMinutes) Minutes() []Minute {
	minutes := make([]Minute, minutesAnHour)
	var running Minute
	for i := range minutes {
		running = running.plus(h.steps[i])
		minutes[i] = running.plus(h.parts[i])
	}
	return minutes
}

// Worst is the worst window of one length.
type Worst struct {
	Window   portolan.Span
	Ratio    Ratio // the share of monitored time that was up
	Coverage Ratio // the share of the time in service that was monitored
}

// WorstWindows returns, for each length of 2^k minutes that fits, the window in which the share of monitored time that was
// up is the least: windowed user-uptime. Minutes follow each other from an instant on.
//
// Design 3.7: "Windows start on whole UTC minutes, over weighted per-minute sums; lengths are 2^k minutes up to the
// largest that fits (the curve is then monotone); windows with no monitored time are skipped, there is no other threshold,
// the worst one's coverage is shown; ties go to the earliest".
func WorstWindows(from portolan.Instant, minutes []Minute) []Worst {
	until := make([]Minute, len(minutes)+1) // the sums of all minutes before
	for i, m := range minutes {
		until[i+1] = until[i].plus(m)
	}
	var curve []Worst
	for length := 1; length <= len(minutes); length *= 2 {
		at, sum, found := worstOf(until, length)
		if !found {
			continue
		}
		start := from.Add(time.Duration(at) * time.Minute)
		curve = append(curve, Worst{
			Window:   portolan.Span{From: start, To: start.Add(time.Duration(length) * time.Minute)},
			Ratio:    Ratio{Num: sum.Up, Den: sum.Monitored},
			Coverage: Ratio{Num: sum.Monitored, Den: sum.InService},
		})
	}
	return curve
}

// worstOf returns where the worst window of a length begins, and its sums.
func worstOf(until []Minute, length int) (at int, worst Minute, found bool) {
	var least float64 // the worst ratio so far, within a part in 10^14
	for i := range len(until) - length {
		before, behind := &until[i], &until[i+length]
		monitored, up := behind.Monitored.Sub(before.Monitored), behind.Up.Sub(before.Up)
		if monitored.IsZero() || found && up == monitored {
			continue
		}
		ratio := up.float() / monitored.float()
		if found && (ratio > least*(1+1e-12) || !less(up, monitored, worst.Up, worst.Monitored)) {
			continue // the quotient tells what is clearly no worse; what is close is compared exactly
		}
		at, worst, found, least = i, behind.minus(*before), true, ratio
	}
	return at, worst, found
}

// float returns the float nearest to u, or the next one.
func (u Uint128) float() float64 { return float64(u.Hi)*(1<<64) + float64(u.Lo) }

// less reports whether a/b < c/d; b and d are not zero.
func less(a, b, c, d Uint128) bool {
	left, right := a.times(d), c.times(b)
	for i := range left {
		if left[i] != right[i] {
			return left[i] < right[i]
		}
	}
	return false
}

// times returns u x o, the highest word first.
func (u Uint128) times(o Uint128) [4]uint64 {
	high, low := product(u.Hi, o.Hi), product(u.Lo, o.Lo)
	sum := [4]uint64{high.Hi, high.Lo, low.Hi, low.Lo}
	for _, middle := range [...]Uint128{product(u.Hi, o.Lo), product(u.Lo, o.Hi)} {
		var carry uint64
		sum[2], carry = bits.Add64(sum[2], middle.Lo, 0)
		sum[1], carry = bits.Add64(sum[1], middle.Hi, carry)
		sum[0] += carry
	}
	return sum
}
