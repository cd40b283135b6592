package projection

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// journal appends an entry to the ledger's journal.
func journal(t testing.TB, l ledger.Ledger, at portolan.Instant, kind evidence.EntryKind, subject string, body any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.AppendJournal(t.Context(), func(newest *evidence.Entry) (evidence.Entry, error) {
		return evidence.NextEntry(newest, evidence.Entry{At: at, Kind: kind, Subject: subject, Body: encoded}, key)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, p *Projection, q Query) Answer {
	t.Helper()
	if q.Now == 0 {
		q.Now = q.Window.To.Add(24 * time.Hour)
	}
	answer, err := p.Figures(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// A local day has 23 hours when clocks go forward, and 25 when they go back.
func TestFigures_DaysFollowTheZoneAcrossClockChanges(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		day   time.Time
		hours float64
	}{
		"forward": {time.Date(2026, time.March, 8, 0, 0, 0, 0, zone), 23},
		"back":    {time.Date(2026, time.November, 1, 0, 0, 0, 0, zone), 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLedger(t)
			f := newFake(t, l, "MIA-1", planOf("primary"))
			from := portolan.InstantOf(c.day.AddDate(0, 0, -1))
			to := portolan.InstantOf(c.day.AddDate(0, 0, 2))
			for at := from; at < to; at = at.Add(time.Minute) {
				f.run("primary", at, portolan.Good)
			}
			f.send(portolan.Backlog, to, f.made...)
			p := newProjection(t, l)
			answer := ask(t, p, Query{Window: portolan.Span{From: from, To: to}, Zone: zone, Group: []Dimension{ByDay}})
			if len(answer.Rows) != 3 {
				t.Fatalf("got %d days, want 3", len(answer.Rows))
			}
			changed := answer.Rows[1]
			if got := changed.Figure.Up.Seconds() / 3600; got != c.hours {
				t.Errorf("up for %v h on the day of the change, want %v", got, c.hours)
			}
			if changed.Key.Period.From != portolan.InstantOf(c.day) {
				t.Errorf("day begins at %s, want %s", changed.Key.Period.From, c.day)
			}
		})
	}
}

func volumes(each uint32) *portolan.Volumes {
	var v portolan.Volumes
	for d := range v {
		for h := range v[d] {
			v[d][h] = each
		}
	}
	return &v
}

func TestFigures_WeighByTravelersOnlyWhereAllVolumesAreKnown(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	ports := []portolan.Port{
		{Code: "MIA", Office: "Miami", Kind: portolan.Air, Zone: "America/New_York", Volumes: volumes(300)},
		{Code: "SEA", Office: "Seattle", Kind: portolan.Air, Zone: "America/Los_Angeles", Volumes: volumes(100)},
		{Code: "IAD", Office: "Baltimore", Kind: portolan.Air, Zone: "America/New_York"},
	}
	journal(t, l, day, evidence.EntryPorts, "", ports)
	for agent, outcome := range map[portolan.AgentID]portolan.Outcome{"MIA-1": portolan.Failed, "SEA-1": portolan.Good, "IAD-1": portolan.Good} {
		f := newFake(t, l, agent, planOf("primary"))
		for at := day; at < day.Add(time.Hour); at = at.Add(time.Minute) {
			f.run("primary", at, outcome)
		}
		f.send(portolan.Backlog, day.Add(time.Hour), f.made...)
	}
	p := newProjection(t, l)
	window := portolan.Span{From: day, To: day.Add(time.Hour)}
	for name, c := range map[string]struct {
		query  Query
		weight portolan.Weight
		ratio  float64
	}{
		"two-ports-with-volumes":  {Query{Ports: []portolan.PortCode{"MIA", "SEA"}}, portolan.WeightTraveler, 0.25},
		"one-port-without":        {Query{}, portolan.WeightTime, 2.0 / 3},
		"asked-for":               {Query{Ports: []portolan.PortCode{"MIA", "SEA"}, Weight: portolan.WeightTime}, portolan.WeightTime, 0.5},
		"by-office":               {Query{Offices: []string{"Seattle"}}, portolan.WeightTraveler, 1},
		"kind-that-no-port-is-of": {Query{Kinds: []portolan.PortKind{portolan.Land}}, portolan.WeightUnknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			q := c.query
			q.Window, q.Group = window, []Dimension{ByNation}
			rows := ask(t, p, q).Rows
			if c.weight == portolan.WeightUnknown {
				if len(rows) != 0 {
					t.Errorf("got %d rows, want none", len(rows))
				}
				return
			}
			if got := rows[0]; got.Weight != c.weight || got.Figure.EndUser.Ratio.Float64() != c.ratio {
				t.Errorf("got %v by %s, want %v by %s", got.Figure.EndUser.Ratio.Float64(), got.Weight, c.ratio, c.weight)
			}
		})
	}
	q := Query{Window: window, Group: []Dimension{ByNation}, Weight: portolan.WeightTraveler, Ports: []portolan.PortCode{"IAD"}}
	if got := ask(t, p, q).Rows[0].Figure; got.EndUser.Ratio.Exists() || got.Why == "" {
		t.Errorf("zero weight: got %v, %q; want no figure, with a reason", got.EndUser.Ratio, got.Why)
	}
}

func TestFigures_MaintenanceCountsFromItsDeclarationUntilItIsCancelled(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	for at := day; at < day.Add(time.Hour); at = at.Add(time.Minute) {
		outcome := portolan.Good
		if at >= day.Add(30*time.Minute) {
			outcome = portolan.Failed
		}
		f.run("primary", at, outcome)
	}
	f.send(portolan.Backlog, day.Add(time.Hour), f.made...)
	journal(t, l, day, evidence.EntryMaintenance, "tpac", Maintenance{
		System: "tpac", From: day.Add(30 * time.Minute).Time(), To: day.Add(time.Hour).Time(),
	})
	p := newProjection(t, l)
	q := Query{Window: portolan.Span{From: day, To: day.Add(time.Hour)}, Group: []Dimension{BySystem}}
	before := ask(t, p, q)
	if got := before.Rows[0].Figure; got.WithoutMaintenance.Ratio.Float64() != 1 || got.EndUser.Ratio.Float64() >= 0.6 {
		t.Errorf("got %v without maintenance and %v with it, want 1 and about a half",
			got.WithoutMaintenance.Ratio.Float64(), got.EndUser.Ratio.Float64())
	}
	journal(t, l, day.Add(45*time.Minute), evidence.EntryMaintenance, "tpac", Maintenance{System: "tpac", Cancels: 1})
	catchUp(t, p)
	if got := ask(t, p, q).Rows[0].Figure.WithoutMaintenance.Ratio.Float64(); got < 0.6 || got > 0.7 {
		t.Errorf("cancelled after a quarter: got %v without maintenance, want 30 of 45 minutes", got)
	}
	q.AsOf = &before.Cut
	if diff := cmp.Diff(ask(t, p, q).Rows[0].Figure, before.Rows[0].Figure); diff != "" {
		t.Errorf("as of %s (-got +then):\n%s", before.Cut, diff)
	}
	q.AsOf = &Cut{Position: 99999, Journal: 1}
	if _, err := p.Figures(t.Context(), q); !errors.Is(err, ErrAhead) {
		t.Errorf("a cut that does not exist yet: got %v, want ErrAhead", err)
	}
}

// The cut that an answer names gives that answer again, whatever comes later.
func TestFigures_AnOlderCutGivesTheOlderAnswer(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	for at := day; at < day.Add(2*time.Hour); at = at.Add(time.Minute) {
		f.run("primary", at, portolan.Outcome(1+at.Time().Minute()/20))
	}
	var answers []Answer
	q := Query{Window: portolan.Span{From: day, To: day.Add(2 * time.Hour)}, Group: []Dimension{BySystem}}
	p := newProjection(t, l)
	for i := 0; i < len(f.made); i += 20 {
		back := len(f.made) - 20 - i
		f.send(portolan.Backlog, day.Add(5*time.Hour+time.Duration(i)*time.Minute), f.made[back:back+20]...)
		catchUp(t, p)
		answers = append(answers, ask(t, p, q))
	}
	for i, then := range answers {
		again := q
		again.AsOf = &then.Cut
		got := ask(t, p, again)
		if diff := cmp.Diff(got.Rows, then.Rows); diff != "" {
			t.Errorf("as of %s (-got +then):\n%s", then.Cut, diff)
		}
		if want := i + 1; then.Rows[0].Standing.Revision < want-1 {
			t.Errorf("answer %d has revision %d, want it to rise with each late batch", i, then.Rows[0].Standing.Revision)
		}
	}
}

func TestFigures_AccountForEveryDueRun(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	times := scheduleOf("MIA-1", &f.plan.Series[0])
	due := times.Next(day)
	next := func(minutes int) portolan.Instant { return due.Add(time.Duration(minutes) * time.Minute) }
	at := func(minutes int, late, took time.Duration) {
		f.run("primary", next(minutes).Add(late), portolan.Good)
		r := f.made[len(f.made)-1].Result
		r.Due, r.Duration = next(minutes), took
	}
	at(0, 0, time.Second)
	at(1, 70*time.Second, time.Second) // late
	at(3, 0, 150*time.Second)          // displaces 4 and 5
	f.record(evidence.Record{Excuse: &portolan.Excuse{
		System: "tpac", Transaction: "primary", Reason: portolan.SkipBackOff, Span: portolan.Span{From: next(6) + 1, To: next(8) + 1},
	}})
	at(6, 0, time.Second)
	f.made[len(f.made)-1], f.made[len(f.made)-2] = f.made[len(f.made)-2], f.made[len(f.made)-1]
	at(10, 0, time.Second) // 2 and 9 are missing, 7 and 8 excused
	for i := range f.made {
		f.made[i] = f.made[i].WithSeq(portolan.Seq(i + 1))
	}
	f.send(portolan.Backlog, next(11), f.made...)
	p := newProjection(t, l)
	window := portolan.Span{From: day, To: next(11)}
	got := ask(t, p, Query{Window: window, Group: []Dimension{BySystem}, Now: next(11)}).Rows[0].Due
	want := availability.Due{Seen: 4, Late: 1, Displaced: 2, Excused: 2, Missing: 2}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	later := ask(t, p, Query{Window: portolan.Span{From: day, To: next(60)}, Group: []Dimension{BySystem}, Now: next(60)}).Rows[0].Due
	if later.Missing < 40 {
		t.Errorf("an hour later: got %d missing, want those that never came", later.Missing)
	}
}
