package projection

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/evidence"
)

// groupTime is what a group had, counted without the projection.
type groupTime struct{ up, monitored, inService int64 }

// groupingWorld is two ports with three agents, of which every series' timeline is known from a fold of its own.
type groupingWorld struct {
	projection *Projection
	window     portolan.Span
	series     map[portolan.Series][]availability.Segment
	ports      map[portolan.PortCode]portolan.Port
}

func newGroupingWorld(t *testing.T, window portolan.Span) *groupingWorld {
	t.Helper()
	rng, l := rand.New(rand.NewPCG(8, 3)), openLedger(t)
	w := &groupingWorld{window: window, series: map[portolan.Series][]availability.Segment{}, ports: map[portolan.PortCode]portolan.Port{
		"MIA": {Code: "MIA", Office: "Miami", Kind: portolan.Air, Zone: "America/New_York"},
		"SEA": {Code: "SEA", Office: "Seattle", Kind: portolan.Sea, Zone: "America/Los_Angeles"},
	}}
	journal(t, l, window.From.Add(-48*time.Hour), evidence.EntryPorts, "", []portolan.Port{w.ports["MIA"], w.ports["SEA"]})
	systems := map[portolan.TransactionID]portolan.SystemID{"primary": "tpac", "match": "ident", "look-up": "tpac"}
	for agent, transactions := range map[portolan.AgentID][]portolan.TransactionID{
		"MIA-1": {"primary"}, "MIA-2": {"match", "look-up"}, "SEA-1": {"primary", "match"},
	} {
		f := newFake(t, l, agent, planOf(transactions...))
		for i := range f.plan.Series {
			f.plan.Series[i].System = systems[f.plan.Series[i].Transaction]
		}
		for _, transaction := range transactions {
			outcome := portolan.Good
			for at := window.From.Add(-10 * time.Minute); at < window.To; at = at.Add(2*time.Minute + time.Duration(rng.IntN(3e7))*time.Microsecond) {
				if rng.IntN(20) == 0 {
					outcome = portolan.Outcome(1 + rng.IntN(3))
				}
				f.run(transaction, at, outcome)
				f.made[len(f.made)-1].Result.System = systems[transaction]
			}
		}
		f.send(portolan.Backlog, window.To, f.made...)
		for _, transaction := range transactions {
			name := portolan.Series{Agent: agent, System: systems[transaction], Transaction: transaction}
			w.series[name] = availability.Clip(f.oracle(name, window), window)
		}
	}
	w.projection = newProjection(t, l)
	return w
}

// periodsOf splits the window where the local date changes, found by walking through its minutes.
func (w *groupingWorld) periodsOf(zone *time.Location, layout string) []portolan.Span {
	spans := []portolan.Span{{From: w.window.From}}
	for at := w.window.From; at < w.window.To; at = nextMinute(at) {
		last := &spans[len(spans)-1]
		if at.Time().In(zone).Format(layout) != last.From.Time().In(zone).Format(layout) {
			last.To = at
			spans = append(spans, portolan.Span{From: at})
		}
	}
	spans[len(spans)-1].To = w.window.To
	return spans
}

// count adds up every series by the group that it is in.
func (w *groupingWorld) count(group []Dimension, zone *time.Location) map[Key]groupTime {
	in := map[Dimension]bool{}
	for _, d := range group {
		in[d] = true
	}
	periods := []portolan.Span{w.window}
	switch {
	case in[ByDay]:
		periods = w.periodsOf(zone, "2006-01-02")
	case in[ByMonth]:
		periods = w.periodsOf(zone, "2006-01")
	}
	counted := map[Key]groupTime{}
	for name, segments := range w.series {
		for _, period := range periods {
			key, port := Key{}, w.ports[name.Agent.Port()]
			if in[BySystem] || in[ByTransaction] {
				key.System = name.System
			}
			if in[ByTransaction] {
				key.Transaction = name.Transaction
			}
			if in[ByPort] {
				key.Port = port.Code
			}
			if in[ByOffice] {
				key.Office = port.Office
			}
			if in[ByKind] {
				key.Kind = port.Kind
			}
			if in[ByAgent] {
				key.Agent = name.Agent
			}
			if in[ByDay] || in[ByMonth] {
				key.Period = period
			}
			g := counted[key]
			for _, s := range availability.Clip(segments, period) {
				d := int64(s.Span.To - s.Span.From)
				g.inService += d
				if s.Class.State() != portolan.Unmonitored {
					g.monitored += d
				}
				if s.Class.State() == portolan.Up {
					g.up += d
				}
			}
			counted[key] = g
		}
	}
	return counted
}

// Figures by any grouping, in zones whose clocks change by an hour or by half of one, forward and back, and in zones that lie
// between the UTC hours: each group has exactly the time that its series had between the local midnights.
func TestFigures_EveryGroupingAcrossClockChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone string
		day  string // a local day around which the window lies
	}{
		{"America/New_York", "2026-03-08"}, {"America/New_York", "2026-11-01"}, // the first of a month, too
		{"Australia/Lord_Howe", "2026-04-05"}, {"Australia/Lord_Howe", "2026-10-04"},
		{"America/St_Johns", "2026-03-08"}, {"Asia/Kolkata", "2026-03-01"},
	} {
		t.Run(c.zone+"-"+c.day, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			midnight, err := time.ParseInLocation(time.DateOnly, c.day, zone)
			if err != nil {
				t.Fatal(err)
			}
			w := newGroupingWorld(t, portolan.Span{
				From: portolan.InstantOf(midnight.Add(-97*time.Minute + 3*time.Second)), To: portolan.InstantOf(midnight.Add(26*time.Hour + 11*time.Second)),
			})
			for set := range 1 << 6 {
				for _, period := range []Dimension{DimensionUnknown, ByDay, ByMonth} {
					w.check(t, set, period, zone)
				}
			}
		})
	}
}

// check holds the figures by a set of dimensions, a bit for each, against the count.
func (w *groupingWorld) check(t *testing.T, set int, period Dimension, zone *time.Location) {
	t.Helper()
	group := []Dimension{ByNation}
	for i, d := range []Dimension{BySystem, ByTransaction, ByPort, ByOffice, ByKind, ByAgent} {
		if set&(1<<i) != 0 {
			group = append(group, d)
		}
	}
	if period != DimensionUnknown {
		group = append(group, period)
	}
	rows := ask(t, w.projection, Query{Window: w.window, Zone: zone, Group: group, Weight: portolan.WeightTime}).Rows
	want := w.count(group, zone)
	if len(rows) != len(want) {
		t.Fatalf("by %v: got %d rows, want %d", group, len(rows), len(want))
	}
	for _, row := range rows {
		g, there := want[row.Key]
		ratio := float64(g.up) / float64(g.monitored)
		got := fmt.Sprintf("%.12f %d", row.Figure.EndUser.Ratio.Float64(), int64(row.Figure.Up.Seconds()*1e6+0.5))
		if expected := fmt.Sprintf("%.12f %d", ratio, g.up); !there || got != expected {
			t.Fatalf("by %v, %+v: got ratio and up %s, want %s", group, row.Key, got, expected)
		}
		if cover := float64(g.monitored) / float64(g.inService); fmt.Sprintf("%.12f", row.Figure.Coverage.Float64()) != fmt.Sprintf("%.12f", cover) {
			t.Fatalf("by %v, %+v: got coverage %v, want %v", group, row.Key, row.Figure.Coverage.Float64(), cover)
		}
	}
}

func nextMinute(at portolan.Instant) portolan.Instant {
	return portolan.InstantOf(at.Time().Truncate(time.Minute).Add(time.Minute))
}
