package projection

import (
	"math"
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
)

func TestResults_PagesHoldEveryResultOnce(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	want := 0
	for _, agent := range []portolan.AgentID{"MIA-1", "SEA-1"} {
		f := newFake(t, l, agent, planOf("primary"))
		for at := day; at < day.Add(150*time.Minute); at = at.Add(time.Minute) {
			f.run("primary", at, portolan.Good)
			want++
		}
		f.send(portolan.Backlog, day.Add(3*time.Hour), f.made[50:]...)
		f.send(portolan.Backlog, day.Add(3*time.Hour), f.made[:60]...) // ten of them again
	}
	p := newProjection(t, l)
	q := ResultQuery{Window: portolan.Span{From: day, To: day.Add(4 * time.Hour)}, Limit: 37}
	seen := map[ResultCursor]bool{}
	previous := portolan.Instant(0)
	for {
		page, err := p.Results(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page {
			if page[i].EventTime < previous || seen[page[i].Cursor()] {
				t.Fatalf("%s comes out of order or again", page[i].Cursor())
			}
			previous = page[i].EventTime
			seen[page[i].Cursor()] = true
		}
		if len(page) < q.Limit {
			break
		}
		cursor, err := ParseResultCursor(page[len(page)-1].Cursor().String())
		if err != nil {
			t.Fatal(err)
		}
		q.After = &cursor
	}
	if len(seen) != want {
		t.Errorf("got %d results, want %d", len(seen), want)
	}
	newest, err := p.Results(t.Context(), ResultQuery{Window: q.Window, Limit: 3, Newest: true, Ports: []portolan.PortCode{"SEA"}})
	if err != nil || len(newest) != 3 || newest[0].EventTime != day.Add(149*time.Minute) || newest[0].Agent != "SEA-1" {
		t.Errorf("newest at SEA: got %+v, %v", newest, err)
	}
}

func TestLatencies_AreWithinOnePercentAndCountEachRightAnswerOnce(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	for i := range 100 {
		outcome := portolan.Good
		if i%4 == 3 {
			outcome = portolan.Failed
		}
		f.run("primary", day.Add(time.Duration(i)*time.Minute), outcome)
		f.made[i].Result.Duration = time.Duration(i+1) * 10 * time.Millisecond
	}
	f.send(portolan.Backlog, day.Add(3*time.Hour), f.made[40:]...)
	f.send(portolan.Backlog, day.Add(3*time.Hour), f.made[:60]...)
	p := newProjection(t, l)
	q := Query{Window: portolan.Span{From: day, To: day.Add(3 * time.Hour)}, Group: []Dimension{BySystem, ByPort}, Now: day.Add(24 * time.Hour)}
	answer, err := p.Latencies(t.Context(), q, false)
	if err != nil || len(answer.Rows) != 1 {
		t.Fatalf("got %+v, %v; want one row", answer.Rows, err)
	}
	row := answer.Rows[0]
	if row.Count != 75 || row.Key.Port != "MIA" {
		t.Errorf("got %d at %q, want 75 at MIA", row.Count, row.Key.Port)
	}
	if math.Abs(row.P50-0.50)/0.50 > 0.03 || math.Abs(row.P99-0.99)/0.99 > 0.03 {
		t.Errorf("got p50 %v and p99 %v, want about 0.5 and 0.99", row.P50, row.P99)
	}
	q.Group = []Dimension{ByTransaction}
	steps, err := p.Latencies(t.Context(), q, true)
	if err != nil || len(steps.Rows) != 1 || steps.Rows[0].Step != "sign-on" || math.Abs(steps.Rows[0].P95-1) > 0.011 {
		t.Errorf("steps: got %+v, %v; want sign-on at 1 s", steps.Rows, err)
	}
	q.AsOf = &Cut{Position: 1}
	older, err := p.Latencies(t.Context(), q, true)
	if err != nil || len(older.Rows) != 1 || older.Rows[0].Count != 45 {
		t.Errorf("as of the first batch: got %+v, %v; want 45", older.Rows, err)
	}
}

func TestAgents_TellWhatTheyLost(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	f.run("primary", day, portolan.Good)
	f.seq = 20
	f.record(evidence.Record{Loss: &portolan.Loss{
		First: 2, Last: 20, Results: 19, Span: portolan.Span{From: day.Add(time.Minute), To: day.Add(20 * time.Minute)},
	}})
	f.send(portolan.Live, day.Add(21*time.Minute), f.made...)
	f.send(portolan.Live, day.Add(22*time.Minute), f.made[1])
	p := newProjection(t, l)
	if got := p.Agents(day.Add(22*time.Minute), time.Minute)[0].Lost; got != 19 {
		t.Errorf("got %d lost, want 19, counted once", got)
	}
	segments := segmentsOf(t, p, f.series("primary"), portolan.Span{From: day, To: day.Add(10 * time.Minute)})
	if end := segments[0].Span.To; segments[len(segments)-1].Class.State() != portolan.Unmonitored || end > day.Add(time.Minute) {
		t.Errorf("got %+v: a result must not hold where lost ones began", segments)
	}
}

func FuzzParseCut(f *testing.F) {
	f.Add("1042.17")
	f.Add(".")
	f.Fuzz(func(t *testing.T, s string) {
		if cut, err := ParseCut(s); err == nil {
			if again, err := ParseCut(cut.String()); err != nil || again != cut {
				t.Errorf("%q: %v comes back as %v, %v", s, cut, again, err)
			}
		}
	})
}

func FuzzParseResultCursor(f *testing.F) {
	f.Add(ResultCursor{At: day, Agent: "MIA-1", Seq: 7}.String())
	f.Add("1.2.3.4")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseResultCursor(s); err == nil {
			if again, err := ParseResultCursor(c.String()); err != nil || again != c {
				t.Errorf("%q: %v comes back as %v, %v", s, c, again, err)
			}
		}
	})
}
