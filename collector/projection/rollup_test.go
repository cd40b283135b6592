package projection

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// beginning comes before that of a month, on whose first day clocks go back in New York.
var beginning = portolan.InstantOf(time.Date(2026, time.October, 29, 20, 0, 0, 0, time.UTC))

func zonesOf(t *testing.T, names ...string) []*time.Location {
	t.Helper()
	zones := make([]*time.Location, len(names))
	for i, name := range names {
		var err error
		if zones[i], err = time.LoadLocation(name); err != nil {
			t.Fatal(err)
		}
	}
	return zones
}

// history makes evidence of some agents, bit by bit: some of it late, with stops, changes of plan and planned work.
type history struct {
	t      *testing.T
	rng    *rand.Rand
	ledger ledger.Ledger
	fleet  []*fake
	now    portolan.Instant
	held   map[*fake][]evidence.Record // not sent yet
	asleep map[*fake]portolan.Instant  // until when
	worse  map[*fake]portolan.Outcome
}

const runEvery = 20 * time.Minute

func newHistory(t *testing.T, rng *rand.Rand, l ledger.Ledger) *history {
	h := &history{
		t: t, rng: rng, ledger: l, now: beginning,
		held: map[*fake][]evidence.Record{}, asleep: map[*fake]portolan.Instant{}, worse: map[*fake]portolan.Outcome{},
	}
	for _, agent := range []portolan.AgentID{"MIA-1", "MIA-2", "SEA-1", "IAD-1"} {
		h.fleet = append(h.fleet, newFake(t, l, agent, h.plan()))
	}
	h.ports()
	return h
}

func (h *history) plan() portolan.Plan {
	var plan portolan.Plan
	for _, s := range []portolan.Series{{System: "tpac", Transaction: "primary"}, {System: "tpac", Transaction: "lookup"}, {System: "ident", Transaction: "primary"}} {
		if h.rng.IntN(6) == 0 {
			continue
		}
		plan.Series = append(plan.Series, portolan.PlannedSeries{
			System: s.System, Transaction: s.Transaction, Share: uint32(h.rng.IntN(4)), Interval: runEvery, Latency: 5 * time.Second,
		})
	}
	return plan
}

// ports journals which ports there are, some of them with volumes.
func (h *history) ports() {
	ports := []portolan.Port{
		{Code: "MIA", Office: "Miami", Kind: portolan.Air, Zone: "America/New_York", Volumes: volumes(uint32(h.rng.IntN(400)))},
		{Code: "SEA", Office: "Seattle", Kind: portolan.Sea, Zone: "Asia/Kolkata", Volumes: volumes(uint32(h.rng.IntN(400)))},
		{Code: "IAD", Office: "Miami", Kind: portolan.Land, Zone: "UTC"},
	}
	if h.rng.IntN(2) == 0 {
		ports[2].Volumes = volumes(70)
	}
	journal(h.t, h.ledger, h.now, evidence.EntryPorts, "", ports)
}

// pass lets time go by and has the agents make and send evidence.
func (h *history) pass(d time.Duration) {
	until := h.now.Add(d)
	for _, f := range h.fleet {
		if h.rng.IntN(30) == 0 {
			f.plan = h.plan()
			f.plan.Port = f.chain.Agent.Port()
		}
		h.live(f, portolan.Span{From: h.now, To: until})
	}
	h.now = until
	for _, f := range h.fleet {
		h.sendSome(f)
	}
	switch h.rng.IntN(12) {
	case 0:
		h.ports()
	case 1:
		from := h.now.Add(time.Duration(h.rng.IntN(60)-30) * time.Hour)
		journal(h.t, h.ledger, h.now, evidence.EntryMaintenance, "tpac", Maintenance{
			System: "tpac", Port: []portolan.PortCode{"", "MIA"}[h.rng.IntN(2)],
			From: from.Time(), To: from.Add(time.Duration(h.rng.IntN(40)) * time.Hour).Time(),
		})
	case 2:
		journal(h.t, h.ledger, h.now, evidence.EntryMaintenance, "tpac", Maintenance{System: "tpac", Cancels: uint64(1 + h.rng.IntN(8))})
	}
}

// live has an agent run its series through a span, as far as it is awake.
func (h *history) live(f *fake, span portolan.Span) {
	for at := span.From; at < span.To; at = at.Add(runEvery) {
		switch {
		case at < h.asleep[f]:
			continue
		case h.rng.IntN(60) == 0:
			h.asleep[f] = at.Add(time.Duration(1+h.rng.IntN(40)) * time.Hour)
			switch h.rng.IntN(4) {
			case 0:
				f.record(evidence.Record{Farewell: &portolan.Farewell{At: at}})
			case 1:
				f.record(evidence.Record{Gap: &portolan.Gap{Span: portolan.Span{From: at, To: h.asleep[f]}}})
			}
			continue
		case h.rng.IntN(9) == 0:
			h.worse[f] = portolan.Outcome(1 + h.rng.IntN(3))
		}
		for i, s := range f.plan.Series {
			f.run(s.Transaction, at.Add(time.Duration(i)*time.Second), max(portolan.Good, h.worse[f]))
			f.made[len(f.made)-1].Result.System = s.System
		}
	}
	h.held[f] = append(h.held[f], f.made...)
	f.made = nil
}

// sendSome sends what an agent holds, mostly; sometimes it holds it back, or sends what is newer first.
func (h *history) sendSome(f *fake) {
	records := h.held[f]
	switch h.rng.IntN(8) {
	case 0, 1:
		return
	case 2:
		cut := h.rng.IntN(len(records) + 1)
		h.held[f], records = records[:cut], records[cut:]
	default:
		h.held[f] = nil
	}
	if len(records) > 0 {
		f.send(portolan.Backlog, h.now.Add(time.Duration(1+h.rng.IntN(300))*time.Second), records...)
	}
}

func (h *history) query() Query {
	q := Query{
		Weight: portolan.Weight(h.rng.IntN(4)), Zone: zonesOf(h.t, "UTC", "America/New_York", "Asia/Kolkata", "America/Chicago")[h.rng.IntN(4)],
	}
	length := h.now.Sub(beginning)
	at := func() portolan.Instant {
		one := beginning.Add(time.Duration(h.rng.Int64N(int64(length+30*time.Hour))) - 20*time.Hour)
		switch h.rng.IntN(3) {
		case 0:
			y, m, d := one.Time().In(q.Zone).Date()
			return portolan.InstantOf(time.Date(y, m, d, 0, 0, 0, 0, q.Zone))
		case 1:
			return one.Hour()
		default:
			return one
		}
	}
	q.Window = portolan.Span{From: at(), To: at()}
	if q.Window.From > q.Window.To {
		q.Window.From, q.Window.To = q.Window.To, q.Window.From
	}
	for d := ByNation; d <= ByMonth; d++ {
		if h.rng.IntN(5) == 0 {
			q.Group = append(q.Group, d)
		}
	}
	some := func() bool { return h.rng.IntN(5) == 0 }
	if some() {
		q.Systems = [][]portolan.SystemID{{"tpac"}, {"ident"}, {"tpac", "ident"}}[h.rng.IntN(3)]
	}
	if some() {
		q.Transactions = []portolan.TransactionID{"primary"}
	}
	if some() {
		q.Ports = [][]portolan.PortCode{{"MIA"}, {"SEA", "IAD"}, {"XXX"}}[h.rng.IntN(3)]
	}
	if some() {
		q.Offices = []string{"Miami"}
	}
	if some() {
		q.Agents = []portolan.AgentID{"MIA-2"}
	}
	return q
}

// withoutRollups answers a query from rows and states alone.
func withoutRollups(t *testing.T, p *Projection, q Query, now portolan.Instant) []Total {
	t.Helper()
	var rows []Total
	err := p.at(t.Context(), nil, now, func(k *known) (err error) {
		k.rolls = nil
		q.clamp(k.at)
		rows, err = k.figures(&q)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Whatever comes, in whatever order: figures made of roll-ups are those made of rows, and those that a fold of the
// evidence as of the cut gives.
func TestRollups_GiveTheSameFigures(t *testing.T) {
	t.Parallel()
	for seed := range histories(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 4))
			h := newHistory(t, rng, openLedger(t))
			p, err := New(t.Context(), Options{Ledger: h.ledger, Zones: zonesOf(t, "UTC", "America/New_York", "Asia/Kolkata")})
			if err != nil {
				t.Fatal(err)
			}
			used := 0
			for h.now < beginning.Add(3*24*time.Hour) {
				h.pass(time.Duration(1+rng.IntN(40)) * runEvery)
				catchUp(t, p)
				if _, err := p.RollUp(t.Context(), h.now, rng.IntN(400)); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					used += h.compare(p)
				}
				h.compareWindowed(p)
				h.compareLatencies(p)
			}
			if used < 100 {
				t.Errorf("%d roll-ups were used, want many", used)
			}
			h.compareAsOf(p)
		})
	}
}

// compare asks one question with and without roll-ups, and returns how many were there to be used.
func (h *history) compare(p *Projection) int {
	h.t.Helper()
	q, now := h.query(), h.now.Add(time.Duration(h.rng.IntN(120)-30)*time.Minute)
	want := withoutRollups(h.t, p, q, now)
	q.Now = now
	got := ask(h.t, p, q).Rows
	if diff := cmp.Diff(got, want); diff != "" && len(got)+len(want) > 0 {
		h.t.Fatalf("at %s, %s to %s by %v in %s, weight %s, of %v %v %v %v %v (-with roll-ups +without):\n%s", h.now, q.Window.From, q.Window.To,
			q.Group, q.Zone, q.Weight, q.Systems, q.Transactions, q.Ports, q.Offices, q.Agents, diff)
	}
	used := 0
	err := p.at(h.t.Context(), nil, now, func(k *known) error {
		all, err := k.rollups(ledger.RollupFilter{Span: q.Window})
		used = len(all)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return used
}

// compareWindowed holds windowed uptime made of roll-ups against the one made of rows.
func (h *history) compareWindowed(p *Projection) {
	h.t.Helper()
	q := h.query()
	q.Now = h.now.Add(time.Duration(h.rng.IntN(120)-30) * time.Minute)
	got, err := p.Windowed(h.t.Context(), q)
	if err != nil {
		h.t.Fatal(err)
	}
	err = p.at(h.t.Context(), nil, q.Now, func(k *known) error {
		if got.Whole == nil {
			return nil
		}
		k.rolls = nil
		q.Group, q.Window = nil, got.Window
		minutes, err := k.minutes(&q, got.Whole.Weight)
		if diff := cmp.Diff(got.Worst, availability.WorstWindows(q.Window.From, minutes)); diff != "" {
			h.t.Errorf("windows of %v (-with roll-ups +without):\n%s", q.Window, diff)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// compareLatencies holds latencies made of roll-ups against those made of what ports had.
func (h *history) compareLatencies(p *Projection) {
	h.t.Helper()
	q := h.query()
	q.Agents, q.Now = nil, h.now
	q.Group = slices.DeleteFunc(q.Group, func(d Dimension) bool { return d == ByAgent })
	steps := h.rng.IntN(4) == 0 && q.nationwide()
	got, err := p.Latencies(h.t.Context(), q, steps)
	if err != nil {
		h.t.Fatal(err)
	}
	err = p.at(h.t.Context(), nil, q.Now, func(k *known) error {
		k.rolls = nil
		q.clamp(k.at)
		want, err := k.latencies(&q, steps, nil)
		if diff := cmp.Diff(got.Rows, want); diff != "" && len(got.Rows)+len(want) > 0 {
			h.t.Errorf("latencies of %v by %v (-with roll-ups +without):\n%s", q.Window, q.Group, diff)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// compareAsOf holds figures against a fold of the evidence up to the newest cut.
func (h *history) compareAsOf(p *Projection) {
	h.t.Helper()
	for range 6 {
		q := h.query()
		var end portolan.Instant
		cut := ask(h.t, p, q).Cut
		if err := p.atOlder(h.t.Context(), cut, func(k *known) error { end = k.at; return nil }); err != nil {
			h.t.Fatal(err)
		}
		q.Now = end
		got := ask(h.t, p, q).Rows
		q.AsOf = &cut
		want := ask(h.t, p, q).Rows
		if diff := cmp.Diff(got, want); diff != "" && len(got)+len(want) > 0 {
			h.t.Fatalf("as of %s, %s to %s by %v (-with roll-ups +folded):\n%s", cut, q.Window.From, q.Window.To, q.Group, diff)
		}
	}
}

// What was journaled in time and is read after hours were rolled up is in the figures nevertheless.
func TestRollups_FollowWhatIsReadLate(t *testing.T) {
	t.Parallel()
	for name, note := range map[string]func(h *history){
		"planned work": func(h *history) {
			journal(t, h.ledger, beginning.Add(30*time.Hour), evidence.EntryMaintenance, "tpac", Maintenance{
				System: "tpac", From: beginning.Time(), To: beginning.Add(40 * time.Hour).Time(),
			})
		},
		"volumes": func(h *history) { h.now = beginning.Add(30 * time.Hour); h.ports() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, rand.New(rand.NewPCG(1, 5)), openLedger(t))
			for h.now < beginning.Add(50*time.Hour) {
				h.pass(10 * time.Hour)
			}
			p := newProjection(t, h.ledger)
			rollUp(t, p, h.now)
			q := Query{Window: portolan.Span{From: beginning, To: h.now}, Group: []Dimension{BySystem}, Weight: portolan.WeightTraveler}
			before, now := ask(t, p, q).Rows, h.now.Add(time.Hour)
			note(h)
			catchUp(t, p)
			if cmp.Equal(withoutRollups(t, p, q, now), before) {
				t.Fatal("what was journaled changes no figure")
			}
			for range 2 {
				q.Now = now
				if diff := cmp.Diff(ask(t, p, q).Rows, withoutRollups(t, p, q, now)); diff != "" {
					t.Errorf("-with roll-ups +without:\n%s", diff)
				}
				rollUp(t, p, now)
			}
		})
	}
}

// rollUp does all that is to be done.
func rollUp(t *testing.T, p *Projection, now portolan.Instant) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = p.RollUp(t.Context(), now, 1000); err != nil {
			t.Fatal(err)
		}
	}
}

// What an earlier release stored has no latencies added up: they are from the hours that it left, and are the same.
func TestRollUp_GoesOnFromAnEarlierRelease(t *testing.T) {
	t.Parallel()
	h := newHistory(t, rand.New(rand.NewPCG(3, 5)), openLedger(t))
	for h.now < beginning.Add(40*time.Hour) {
		h.pass(10 * time.Hour)
	}
	p := newProjection(t, h.ledger)
	rollUp(t, p, h.now)
	want := rollupsOf(t, h.ledger)
	earlier := *p.folder.rolls
	earlier.units = slices.DeleteFunc(slices.Clone(earlier.units), func(u *unitState) bool { return u.kind == anHourOfLatencies })
	err := h.ledger.Update(t.Context(), func(tx ledger.Tx) error {
		return errors.Join(tx.PutValues(ledger.Value{Key: rollKey(), Body: earlier.encode()}),
			tx.DropRollups(ledger.RollupFilter{Unit: latencyUnit().name(), Span: portolan.Span{To: forever}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	p = newProjection(t, h.ledger)
	q := Query{Window: portolan.Span{From: beginning, To: h.now}, Group: []Dimension{ByTransaction}, Now: h.now}
	before, err := p.Latencies(t.Context(), q, false)
	if err != nil {
		t.Fatal(err)
	}
	rollUp(t, p, h.now)
	after, err := p.Latencies(t.Context(), q, false)
	if diff := cmp.Diff(before, after); diff != "" || err != nil || len(after.Rows) == 0 {
		t.Errorf("%d rows, %v (-before +rolled up):\n%s", len(after.Rows), err, diff)
	}
	if diff := cmp.Diff(want, rollupsOf(t, h.ledger)); diff != "" {
		t.Errorf("-as this release stores it +gone on:\n%s", diff)
	}
}

func rollupsOf(t *testing.T, l ledger.Ledger) (all []ledger.Rollup) {
	t.Helper()
	err := l.View(t.Context(), func(v ledger.View) (err error) {
		all, err = v.Rollups(ledger.RollupFilter{Span: portolan.Span{To: forever}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
