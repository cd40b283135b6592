package availability

import (
	"math/bits"
	"time"

	"portolan"
)

// millionths is the scale of weights.
const millionths = 1_000_000

// Weigh returns the weight of one series in one hour, in millionths rounded down: share is the series' own, shares
// the sum over the group's series in service at the port in that hour, volume the port's travelers in it.
//
// Design 3.5: "time: w = 1. port: w = 1 / (series of that group in service at the port in that hour). traveler: w =
// the port's volume in that hour / that same number. w is an integer in millionths, rounded down". Where shares
// differ, a series counts as its share of those in service.
func Weigh(weight portolan.Weight, share uint32, shares uint64, volume uint32) uint64 {
	own := millionths * uint64(share)
	switch weight {
	case portolan.WeightTime:
		return own
	case portolan.WeightPort:
		return quotient(own, 1, shares)
	case portolan.WeightTraveler:
		return quotient(own, uint64(volume), shares)
	default:
		return 0
	}
}

// quotient returns a x b / n rounded down; 0 if n is, and at most the greatest uint64.
func quotient(a, b, n uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	switch {
	case n == 0:
		return 0
	case hi >= n:
		return ^uint64(0)
	}
	q, _ := bits.Div64(hi, lo, n)
	return q
}

// DefaultWeight returns the weight of a figure for which none was asked; known holds, for each port of the group,
// the spans for which its volumes are known.
//
// Design 3.5: "The default is traveler only where every port of the group has volumes for the whole window, else
// time".
func DefaultWeight(window portolan.Span, known [][]portolan.Span) portolan.Weight {
	if len(known) == 0 {
		return portolan.WeightTime
	}
	for _, spans := range known {
		if !covers(spans, window) {
			return portolan.WeightTime
		}
	}
	return portolan.WeightTraveler
}

// covers reports whether the spans together hold every instant of window.
func covers(spans []portolan.Span, window portolan.Span) bool {
	at := window.From
	for _, s := range union(spans) {
		if s.From <= at {
			at = max(at, s.To)
		}
	}
	return at >= window.To
}

// HourVolume returns a port's travelers in a UTC hour: those of the local hour that it is, or, in a zone that lies
// between whole hours, the mean over its quarters, rounded down. A clock change makes a local hour count twice or
// not at all, as its travelers do.
func HourVolume(v *portolan.Volumes, hour portolan.Instant, zone *time.Location) uint32 {
	const quarters = 4
	var sum uint64
	for q := range quarters {
		local := hour.Add(time.Duration(q) * time.Hour / quarters).Time().In(zone)
		sum += uint64(v[local.Weekday()][local.Hour()])
	}
	return uint32(sum / quarters)
}
