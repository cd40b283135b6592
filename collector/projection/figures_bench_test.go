package projection

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
	"portolan/evidence"
)

// The fleet that figures are measured on: 13 months until the middle of a day.
const (
	figurePorts   = 477
	figureSystems = 20
)

func figuresNow() portolan.Instant {
	return portolan.InstantOf(time.Date(2026, time.March, 15, 14, 37, 0, 0, time.UTC))
}

// BenchmarkFigures asks for 13 months until now, of 477 ports with 20 systems and one agent each: one system, one port, every
// system at every port by month, and what a page shows.
func BenchmarkFigures(b *testing.B) {
	p := figuresFleet(b)
	now := figuresNow()
	year := portolan.Span{From: portolan.InstantOf(now.Time().AddDate(0, -13, 0)), To: now}
	midnight := portolan.Span{From: portolan.InstantOf(now.Time().Truncate(24 * time.Hour)), To: now}
	months := portolan.Span{From: portolan.InstantOf(time.Date(2025, time.February, 1, 0, 0, 0, 0, time.UTC)), To: portolan.InstantOf(time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC))}
	everywhere := []Dimension{BySystem, ByPort}
	for _, c := range []struct {
		name    string
		rows    int
		queries []Query
	}{
		{"one-system", 1, []Query{{Window: year, Group: []Dimension{BySystem}, Systems: []portolan.SystemID{"system-7"}}}},
		{"one-port", figureSystems, []Query{{Window: year, Group: everywhere, Ports: []portolan.PortCode{"X0077"}}}},
		{"all-by-month", 13 * figurePorts * figureSystems, []Query{{Window: months, Group: append(everywhere, ByMonth)}}},
		{"all-by-month-until-now", 13 * figurePorts * figureSystems, []Query{{Window: portolan.Span{From: months.From.Add(28 * 24 * time.Hour), To: now}, Group: append(everywhere, ByMonth)}}},
		{"page", figurePorts * figureSystems, []Query{
			{Window: midnight, Group: everywhere}, {Window: portolan.Span{From: now.Add(-24 * time.Hour), To: now}, Group: everywhere},
			{Window: portolan.Span{From: portolan.InstantOf(time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)), To: now}, Group: everywhere},
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				answers, err := p.ManyFigures(context.Background(), nil, now, c.queries...)
				if err != nil || len(answers[0].Rows) != c.rows {
					b.Fatalf("%d rows, want %d, %v", len(answers[0].Rows), c.rows, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
		})
	}
}

// BenchmarkWindowed asks for windowed user-uptime over 13 months until now: of the nation, and of one system everywhere.
func BenchmarkWindowed(b *testing.B) {
	p := figuresFleet(b)
	err := p.ledger.Update(context.Background(), func(tx ledger.Tx) error { return putMinutes(tx, figuresState()) })
	if err != nil {
		b.Fatal(err)
	}
	now := figuresNow()
	year := portolan.Span{From: portolan.InstantOf(now.Time().AddDate(0, -13, 0)), To: now}
	for name, q := range map[string]Query{"nation": {}, "one-system": {Systems: []portolan.SystemID{"system-7"}}} {
		q.Window, q.Now = year, now
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				answer, err := p.Windowed(context.Background(), q)
				if err != nil || len(answer.Worst) != 20 || answer.Whole == nil {
					b.Fatalf("%d lengths, want 20, %v", len(answer.Worst), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
		})
	}
}

// putMinutes keeps the roll-ups of the minutes of every hour.
func putMinutes(tx ledger.Tx, rolls *rollState) error {
	var bodies [16][]byte
	for variant := range bodies {
		bodies[variant] = drawnMinutes(variant)
	}
	u := rolls.units[len(rolls.units)-2]
	var made []ledger.Rollup
	for hour := range u.within(portolan.Span{From: rolls.first, To: u.upTo}) {
		for _, part := range []string{partOfAll, partOf("system-7")} {
			made = append(made, ledger.Rollup{
				Key: ledger.RollupKey{Unit: u.name(), Part: part, Start: hour.From}, Body: bodies[len(made)%len(bodies)],
			})
		}
	}
	return tx.PutRollups(made...)
}

// drawnMinutes is the roll-up of an hour's minutes, no two of them the same.
func drawnMinutes(variant int) []byte {
	minutes := make([]availability.Minute, 60)
	for i := range minutes {
		all := uint64(figurePorts) * 60_000_000 * 1_000_000
		down := all / uint64(10+(i*7+variant)%50)
		minutes[i] = availability.Minute{
			InService: availability.Uint128{Lo: all}, Monitored: availability.Uint128{Lo: all - down/3}, Up: availability.Uint128{Lo: all - down},
		}
	}
	var w writer
	for range len(sums{}) {
		w.bytes(availability.AppendMinutes(nil, minutes))
	}
	return w.b
}

// figuresFleet returns a projection with drawn figures: whole months and the days and hours around them as roll-ups, the
// last two hours as rows.
func figuresFleet(b *testing.B) *Projection {
	b.Helper()
	l, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(b.TempDir(), "ledger.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	})
	rolls := figuresState()
	journalPorts(b, l, rolls.ports)
	for _, unit := range rolls.units[:len(rolls.units)-2] { // figures need neither minutes nor latencies
		err := l.Update(context.Background(), func(tx ledger.Tx) error { return putUnits(tx, rolls, unit) })
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Update(context.Background(), func(tx ledger.Tx) error { return putLive(tx, rolls) }); err != nil {
		b.Fatal(err)
	}
	p, err := New(context.Background(), Options{Ledger: l})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func figuresState() *rollState {
	rolls := newRollState([]*time.Location{time.UTC})
	rolls.first = portolan.InstantOf(time.Date(2025, time.February, 1, 0, 0, 0, 0, time.UTC))
	for n := range figurePorts {
		rolls.place[portolan.PortCode(fmt.Sprintf("X%04d", n))] = n
		rolls.ports = append(rolls.ports, portolan.PortCode(fmt.Sprintf("X%04d", n)))
	}
	rolls.advance(figuresNow())
	for _, u := range rolls.units {
		clear(u.todo)
	}
	return rolls
}

func journalPorts(b *testing.B, l ledger.Ledger, codes []portolan.PortCode) {
	b.Helper()
	var ports []portolan.Port
	for i, code := range codes {
		ports = append(ports, portolan.Port{Code: code, Kind: portolan.Air, Zone: "America/New_York", Volumes: volumes(uint32(10 + i))})
	}
	journal(b, l, 1, evidence.EntryPorts, "", ports)
}

// putUnits keeps the roll-ups of a unit that a query over the 13 months reads: all months, the days of those that are not
// whole, the hours of the days that are not.
func putUnits(tx ledger.Tx, rolls *rollState, u *unitState) error {
	spans := []portolan.Span{{From: rolls.first, To: u.upTo}}
	if u.kind != aMonth {
		larger := unit{u.kind + 1, time.UTC}
		spans = []portolan.Span{larger.after(portolan.InstantOf(figuresNow().Time().AddDate(0, -13, 0))), larger.after(u.upTo)}
	}
	bodies := map[string][][]byte{}
	for _, l := range levels() {
		for variant := range 16 {
			bodies[l.name] = append(bodies[l.name], drawnBody(l, u, variant))
		}
	}
	for at, port := range append([]portolan.PortCode{""}, rolls.ports...) {
		var made []ledger.Rollup
		for _, span := range spans {
			for one := range u.within(portolan.Span{From: max(span.From, rolls.first), To: min(span.To, u.upTo)}) {
				for _, l := range levels() {
					made = append(made, ledger.Rollup{
						Key:  ledger.RollupKey{Port: port, Unit: u.name(), Part: l.name, Start: one.From},
						Body: bodies[l.name][at%16],
					})
				}
			}
		}
		if err := tx.PutRollups(made...); err != nil {
			return err
		}
	}
	return nil
}

// drawnBody is a roll-up with something of each kind of time in it.
func drawnBody(l level, u *unitState, variant int) []byte {
	groups := map[Key]*group{}
	q := Query{everyWeight: true}
	t := &tallies{query: &q, groups: groups}
	systems := figureSystems
	if l.name == "all" {
		systems = 1
	}
	for n := range systems {
		key := Key{}
		if l.name != "all" {
			key.System = figureSystem(n)
		}
		if l.name == "transaction" {
			key.Transaction = "primary"
		}
		g := t.group(key, portolan.Span{})
		length := int64(time.Hour/time.Microsecond) * []int64{1, 24, 720}[u.kind]
		var tally availability.Tally
		for class := range availability.Classes {
			tally.Time[class] = length / int64(10+variant+class)
			tally.Uncertain[class] = length / int64(1000+variant+class)
		}
		tally.Planned[availability.DownService] = length / int64(300+variant)
		for _, sum := range g.sums {
			sum.Add(uint64(1_000_000+n), tally)
		}
		g.due.Seen, g.due.Missing = int(length/60_000_000), variant
		g.ports.add("X0000")
	}
	return encodeGroups(groups, 0, func(portolan.PortCode) int { return 0 })
}

func figureSystem(n int) portolan.SystemID { return portolan.SystemID(fmt.Sprintf("system-%d", n)) }

// putLive keeps the rows and states of the hours that are not rolled up.
func putLive(tx ledger.Tx, rolls *rollState) error {
	a := newAgentState("")
	for _, port := range rolls.ports {
		for n := range figureSystems {
			a.id = portolan.AgentID(port + "-1")
			t := &track{number: 0, name: portolan.Series{Agent: a.id, System: figureSystem(n), Transaction: "primary"}}
			s := newSeriesState()
			s.planned = &portolan.PlannedSeries{Share: 1, Interval: time.Minute}
			run := availability.Run{Start: figuresNow().Add(-30 * time.Second), Duration: 2 * time.Second, Hold: 150 * time.Second, Class: availability.Up}
			s.timeline.Append(nil, run)
			s.since, s.lastDue, s.last.at = run.Start, run.Start, run.Start
			a.states = []*seriesState{s}
			state, err := a.stored(t)
			if err != nil {
				return err
			}
			if err := tx.PutSeries(state); err != nil {
				return err
			}
			for part := range availability.Hours(portolan.Span{From: rolls.units[0].upTo, To: run.Start}) {
				r := row{track: t, hour: part.From.Hour(), segments: []availability.Segment{{Span: part, Class: availability.Up}}}
				if err := tx.PutHours(r.stored()); err != nil {
					return err
				}
			}
		}
	}
	at := ledger.Value{Key: positionKey(), Body: []byte{format, 0}}
	return tx.PutValues(at, ledger.Value{Key: rollKey(), Body: rolls.encode()})
}
