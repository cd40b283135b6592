package availability_test

import (
	"math/big"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

// fleet is a group of series at some ports, with all that a figure depends on.
type fleet struct {
	world       world
	series      []fleetSeries
	volumes     map[portHour]uint32
	maintenance []availability.Maintenance
}

type fleetSeries struct {
	port   string
	share  uint32
	events availability.Events
}

// fiveMinutes is a world of four hours.
func fiveMinutes() world {
	return world{origin: instantAt(10, 0), tick: portolan.Instant(5 * time.Minute / time.Microsecond), ticks: 48}
}

func instantAt(hour, minute int) portolan.Instant {
	return portolan.InstantOf(time.Date(2017, 1, 2, hour, minute, 0, 0, time.UTC))
}

func drawFleet(t *rapid.T) fleet {
	f := fleet{world: fiveMinutes(), volumes: map[portHour]uint32{}}
	for range rapid.IntRange(1, 4).Draw(t, "series") {
		f.series = append(f.series, fleetSeries{
			port:   rapid.SampledFrom([]string{"MIA", "SEA"}).Draw(t, "port"),
			share:  rapid.Uint32Range(0, 5).Draw(t, "share"),
			events: f.world.events(t),
		})
	}
	for _, port := range []string{"MIA", "SEA"} {
		for hour := range 4 {
			f.volumes[portHour{port, instantAt(10+hour, 0)}] = rapid.SampledFrom([]uint32{0, 1, 7, 1000, 1<<32 - 1}).Draw(t, "volume")
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "maintenance") {
		f.maintenance = append(f.maintenance, availability.Maintenance{
			Span: f.world.span(t, "work"), Declared: f.world.instant(t, "declared"),
		})
	}
	return f
}

// sum adds the fleet's window up as a collector does.
func (f *fleet) sum(weight portolan.Weight, window portolan.Span) availability.Sum {
	var sum availability.Sum
	planned := availability.Planned(f.maintenance)
	for part := range availability.Hours(window) {
		hour := portolan.Span{From: part.From.Hour(), To: part.From.Hour().Add(time.Hour)}
		for _, port := range []string{"SEA", "MIA"} {
			var group []availability.SeriesHour
			for _, s := range f.series {
				if s.port != port {
					continue
				}
				segments := fold(s.events, hour)
				all := availability.TallyOf(segments, hour, nil)
				group = append(group, availability.SeriesHour{
					Share: s.share, InService: all.InService() > 0, Tally: availability.TallyOf(segments, part, planned),
				})
			}
			sum.AddPortHour(weight, f.volumes[portHour{port, hour.From}], group)
		}
	}
	return sum
}

// truth is the oracle's figure: sums of weighted ticks, as the standard library's big integers.
type truth struct {
	monitored, inService                       *big.Int
	up, low, high                              *big.Int
	conventional, conventionalLow, convHigh    *big.Int
	open, openKnown, openUp, openLow, openHigh *big.Int
	parts                                      [4]*big.Int // maintenance, slow, dependency, network
	plain                                      [4]int64    // up, slow, down, unmonitored, in ticks
}

func newTruth() *truth {
	n := func() *big.Int { return new(big.Int) }
	return &truth{
		monitored: n(), inService: n(), up: n(), low: n(), high: n(),
		conventional: n(), conventionalLow: n(), convHigh: n(),
		open: n(), openKnown: n(), openUp: n(), openLow: n(), openHigh: n(),
		parts: [4]*big.Int{n(), n(), n(), n()},
	}
}

// truth asks what each series was at each tick of the window.
func (f *fleet) truth(weight portolan.Weight, window portolan.Span) *truth {
	sum := newTruth()
	for at := window.From; at < window.To; at += f.world.tick {
		for i, s := range f.series {
			if m := momentOf(s.events, at); m.inService {
				sum.add(m, f.weightOf(i, weight, at), f.plannedAt(at))
			}
		}
	}
	return sum
}

func (f *fleet) plannedAt(at portolan.Instant) bool {
	for _, m := range f.maintenance {
		if m.Span.Contains(at) && m.Declared <= at {
			return true
		}
	}
	return false
}

// weightOf returns the weight in millionths of series i in the hour of at.
func (f *fleet) weightOf(i int, weight portolan.Weight, at portolan.Instant) *big.Int {
	own := big.NewInt(1_000_000 * int64(f.series[i].share))
	if weight == portolan.WeightTime {
		return own
	}
	var shares int64
	for _, s := range f.series {
		if s.port == f.series[i].port && f.servesIn(s, at.Hour()) {
			shares += int64(s.share)
		}
	}
	if shares == 0 {
		return new(big.Int)
	}
	if weight == portolan.WeightTraveler {
		own.Mul(own, big.NewInt(int64(f.volumes[portHour{f.series[i].port, at.Hour()}])))
	}
	return own.Quo(own, big.NewInt(shares))
}

func (f *fleet) servesIn(s fleetSeries, hour portolan.Instant) bool {
	for at := hour; at < hour.Add(time.Hour); at += f.world.tick {
		if momentOf(s.events, at).inService {
			return true
		}
	}
	return false
}

func (t *truth) add(m moment, w *big.Int, planned bool) {
	plus := func(n *big.Int, when bool) {
		if when {
			n.Add(n, w)
		}
	}
	state := m.class.State()
	seen, good := state != portolan.Unmonitored, state == portolan.Up
	couldBeGood := good || m.uncertain || !seen
	isGood := good && !m.uncertain
	failing := m.class == availability.DownService && !planned
	// A gap in planned work stays up: conventionally nothing in it can be down.
	couldFail := failing || m.uncertain && !planned

	plus(t.monitored, seen)
	plus(t.inService, true)
	plus(t.up, good)
	plus(t.low, isGood)
	plus(t.high, couldBeGood)
	plus(t.conventional, seen && !failing)
	plus(t.conventionalLow, seen && !couldFail)
	plus(t.convHigh, !failing || m.uncertain)
	plus(t.open, seen && !planned)
	plus(t.openKnown, !planned)
	plus(t.openUp, good && !planned)
	plus(t.openLow, isGood && !planned)
	plus(t.openHigh, couldBeGood && !planned)
	plus(t.parts[0], seen && !good && planned)
	plus(t.parts[1], m.class == availability.Slow && !planned)
	plus(t.parts[2], m.class == availability.DownDependency && !planned)
	plus(t.parts[3], m.class == availability.DownNetwork && !planned)
	t.plain[(int(state)+3)%4]++
}
