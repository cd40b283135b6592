package availability

import "time"

// Figure is what users had in a window: never a bare number.
type Figure struct {
	// EndUser is the share of monitored time in which the series were up.
	EndUser Bounded
	// Conventional is the figure that the 2017 audit criticised, on the same denominator.
	Conventional Bounded
	// WithoutMaintenance is EndUser with the time of planned maintenance left out.
	WithoutMaintenance Bounded
	// Difference explains Conventional minus EndUser.
	Difference Difference
	// Coverage is the share of the time in service that was monitored, weighted like the figures.
	Coverage Ratio
	// Up, Slow, Down and Unmonitored are series-time, each series counting alike whatever the weight.
	Up, Slow, Down, Unmonitored Total
	// Why is EndUser.Why: empty if there is a figure at all.
	Why string
}

// Bounded is a ratio with the least and the greatest that it could be, given what was not seen.
type Bounded struct {
	Ratio, Low, High Ratio
	// Why says, where Ratio does not exist, why it does not. Bounds may exist without a ratio: nothing monitored
	// is a figure between 0 and 1.
	Why string
}

// Difference is what the conventional figure leaves out, in the order in which it is charged. The parts have one
// denominator, and their numerators sum to Conventional minus EndUser exactly.
type Difference struct {
	Maintenance, Slow, Dependency, Network, Other Ratio
}

// Total is an amount of time, in microseconds.
type Total Uint128

// Seconds returns the total in seconds, as the nearest float.
func (t Total) Seconds() float64 {
	return Ratio{Num: Uint128(t), Den: Uint128{Lo: uint64(time.Second / time.Microsecond)}}.Float64()
}

// The reasons why a figure does not exist.
const (
	whyNotInService  = "no series was in service"
	whyUnmonitored   = "nothing was monitored"
	whyNoWeight      = "the monitored time has no weight: its volumes or shares are zero"
	whyAllMaintained = "all monitored time with weight was planned maintenance"
)

// Figure returns what the sum amounts to.
func (s *Sum) Figure() Figure {
	why := s.why()
	endUser := s.endUser(why)
	return Figure{
		EndUser:            endUser,
		Conventional:       s.conventional(why),
		WithoutMaintenance: s.withoutMaintenance(why),
		Difference:         s.difference(),
		Coverage:           Ratio{Num: s.time.monitored(), Den: s.time.inService()},
		Up:                 Total(s.plain[Up]),
		Slow:               Total(s.plain[Slow]),
		Down:               Total(s.plain.of(DownService, DownDependency, DownNetwork)),
		Unmonitored:        Total(s.plain[Unmonitored]),
		Why:                why,
	}
}

// why says why there is no figure, if there is none.
//
// Design 3.5: "Zero weight in the whole window gives null with a reason."
func (s *Sum) why() string {
	switch {
	case s.plain.inService().IsZero():
		return whyNotInService
	case s.plain.monitored().IsZero():
		return whyUnmonitored
	case s.time.monitored().IsZero():
		return whyNoWeight
	default:
		return ""
	}
}

// endUser returns the share of monitored time that was up.
//
// Design 3.4: "Slow is not available to an end user."
func (s *Sum) endUser(why string) Bounded {
	return bound(s.time, verdict{
		up:       s.time[Up],
		upGaps:   s.uncertain[Up],
		downGaps: s.uncertain.of(Slow, DownService, DownDependency, DownNetwork),
	}, why)
}

// withoutMaintenance returns endUser over the time outside planned maintenance.
//
// Design 3.9: "Maintenance declared in advance is shown both ways: as users had it, and without planned work."
func (s *Sum) withoutMaintenance(why string) Bounded {
	open := Sum{time: s.time.minus(s.planned), uncertain: s.uncertain.minus(s.plannedUncertain)}
	if why == "" && open.time.monitored().IsZero() {
		why = whyAllMaintained
	}
	return open.endUser(why)
}

// conventional returns the figure that counts as not up only what failed in the system itself, outside planned
// maintenance. In maintenance it is never down, so that gaps there do not widen its bounds.
//
// Design 3.8: "Conventional: the way that the audit criticised, on the same denominator: a result is not up only if
// it failed in a step naming no dependency, and not in dns, route, proxy or a connect or TLS time-out (refused
// counts), and outside planned maintenance."
func (s *Sum) conventional(why string) Bounded {
	gaps := s.uncertain.minus(s.plannedUncertain)
	return bound(s.time, verdict{
		up:       s.conventionalUp(),
		upGaps:   gaps.of(Up, Slow, DownDependency, DownNetwork),
		downGaps: gaps[DownService],
	}, why)
}

func (s *Sum) conventionalUp() Uint128 {
	down := s.time[DownService].Sub(s.planned[DownService])
	return s.time.monitored().Sub(down)
}

// difference charges what the conventional figure leaves out.
//
// Design 3.8: "The difference is split in the order maintenance, slow, dependency, network, other, and the parts sum
// exactly."
func (s *Sum) difference() Difference {
	open := s.time.minus(s.planned)
	monitored := s.time.monitored()
	rest := s.conventionalUp().Sub(s.time[Up])
	part := func(num Uint128) Ratio {
		rest = rest.Sub(num)
		return Ratio{Num: num, Den: monitored}
	}
	return Difference{
		Maintenance: part(s.planned.of(Slow, DownService, DownDependency, DownNetwork)),
		Slow:        part(open[Slow]),
		Dependency:  part(open[DownDependency]),
		Network:     part(open[DownNetwork]),
		Other:       Ratio{Num: rest, Den: monitored},
	}
}

// verdict is what one way of counting makes of monitored time: what was up, and how much of the up and of the
// not-up time lies in gaps.
type verdict struct {
	up, upGaps, downGaps Uint128
}

// bound divides a verdict by the time it is about.
//
// Design 3.6: "U = unmonitored time in service, M = monitored time: low = (up with gaps counted down) / (M+U), high =
// (up with gaps counted up, plus U) / (M+U)."
func bound(t times, v verdict, why string) Bounded {
	known := t.inService()
	return Bounded{
		Ratio: Ratio{Num: v.up, Den: t.monitored()},
		Low:   Ratio{Num: v.up.Sub(v.upGaps), Den: known},
		High:  Ratio{Num: v.up.Add(v.downGaps).Add(t[Unmonitored]), Den: known},
		Why:   why,
	}
}
