package availability

import "time"

// Figure is what users had in a window: never a bare number.
type Figure struct {
	// EndUser is the share of monitored time in which the series were up; slow is not up (design 3.4).
	EndUser Bounded
	// Conventional is the figure that the 2017 audit criticised, on the same denominator (design 3.8).
	Conventional Bounded
	// WithoutMaintenance is EndUser with the time of planned maintenance left out (design 3.9).
	WithoutMaintenance Bounded
	// Difference explains Conventional minus EndUser.
	Difference Difference
	// Coverage is the share of the time in service that was monitored, weighted like the figures.
	Coverage Ratio
	// Up, Slow, Down and Unmonitored are series-time, each series counting alike whatever the weight.
	Up, Slow, Down, Unmonitored Total
	// Why says why EndUser has no ratio; empty if it has one.
	Why string
}

// Bounded is a ratio with what it could be if all that was not seen had been bad, or good.
type Bounded struct {
	Ratio, Low, High Ratio
}

// Difference is what the conventional figure leaves out, in the order in which it is charged. The parts have one
// denominator, and their numerators sum to the difference exactly.
type Difference struct {
	Maintenance, Slow, Dependency, Network, Other Ratio
}

// Total is an amount of time, in microseconds.
type Total Uint128

// Seconds returns the total in seconds, as the nearest float.
func (t Total) Seconds() float64 {
	return Ratio{Num: Uint128(t), Den: Uint128{Lo: uint64(time.Second / time.Microsecond)}}.Float64()
}
