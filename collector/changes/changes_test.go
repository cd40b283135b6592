package changes_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/collector/changes"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
	"portolan/collector/projection"
	"portolan/effect"
	"portolan/evidence"
	"portolan/probe"
	"portolan/targets"
)

func instant(t testing.TB, text string) portolan.Instant {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return portolan.InstantOf(at)
}

// catalogue has APIS, TPAC that depends on it, and IDENT, that has nothing to do with it.
func catalogue() *targets.Catalogue {
	system := func(id portolan.SystemID, steps ...probe.Step) *targets.System {
		return &targets.System{ID: id, Transactions: []*probe.Transaction{{ID: "primary", Steps: steps}}}
	}
	return &targets.Catalogue{Systems: []*targets.System{
		system("apis", probe.Step{ID: "send"}),
		system("ident", probe.Step{ID: "identify"}),
		system("tpac", probe.Step{ID: "sign-on"}, probe.Step{ID: "apis-match", Dependency: "apis"}),
	}}
}

// history is what agents at MIA saw of every system, a run each quarter of an hour: in the hours of harm, TPAC's step that asks
// APIS is forty times as slow, and for an hour in a past week it was down.
func history(t *testing.T, from, to portolan.Instant, harm portolan.Span) *projection.Projection {
	t.Helper()
	l, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	plan := portolan.Plan{Port: "MIA"}
	for _, s := range catalogue().Systems {
		series := portolan.PlannedSeries{
			System: s.ID, Transaction: "primary", Share: 1, Interval: 15 * time.Minute, Latency: 5 * time.Second, Timeout: time.Minute,
		}
		for _, step := range s.Transactions[0].Steps {
			series.Steps = append(series.Steps, portolan.PlannedStep{Step: step.ID, Dependency: step.Dependency})
		}
		plan.Series = append(plan.Series, series)
	}
	var records []evidence.Record
	for at := from; at < to; at = at.Add(15 * time.Minute) {
		for n, series := range plan.Series {
			records = append(records, evidence.Record{Result: run(series, at.Add(time.Duration(n)*time.Second), harm)}.WithSeq(portolan.Seq(len(records)+1)))
		}
	}
	send(t, l, plan, records, to)
	p, err := projection.New(t.Context(), projection.Options{Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func run(series portolan.PlannedSeries, at portolan.Instant, harm portolan.Span) *portolan.Result {
	r := &portolan.Result{System: series.System, Transaction: series.Transaction, Due: at, Start: at, Attempt: 1, Outcome: portolan.Good}
	for _, step := range series.Steps {
		took := 300*time.Millisecond + time.Duration(int64(at)/1e6%41)*time.Millisecond
		if harm.Contains(at) && step.Dependency == "apis" {
			took *= 40
			r.Outcome, r.Symptom = portolan.Slow, portolan.Symptom{Step: step.Step, Phase: portolan.PhaseWait, Kind: portolan.KindLate, Dependency: "apis"}
		}
		r.Steps = append(r.Steps, portolan.StepResult{Step: step.Step, Offset: r.Duration, Duration: took, Outcome: portolan.Good})
		r.Duration += took
	}
	return r
}

// send puts the records into the ledger in batches of a day.
func send(t *testing.T, l ledger.Ledger, plan portolan.Plan, records []evidence.Record, received portolan.Instant) {
	t.Helper()
	const size = 288
	chain, last := ledger.Chain{Agent: "MIA-1", Stream: portolan.Stream{1}}, evidence.Hash{}
	for number := uint64(1); len(records) > 0; number++ {
		some := records[:min(size, len(records))]
		records = records[len(some):]
		batch := evidence.Batch{
			Agent: chain.Agent, Stream: chain.Stream, Number: number, Previous: last, Lane: portolan.Backlog, SentAt: received,
			Plan: evidence.HashPlan(&plan), PlanBody: &plan, CarriesPlan: number == 1, Records: some,
		}
		sealed, err := evidence.Seal(batch, nil)
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := l.Append(context.Background(), ledger.Offer{
			Chain: chain, Number: number, Hash: sealed.Hash, Previous: last, ReceivedAt: received, Lane: portolan.Backlog,
			Bytes: sealed.Bytes, Status: ledger.Accepted, Content: ledger.Content{
				Plan: batch.Plan, PlanBody: &plan, Records: uint64(len(some)), SentAt: received,
				Span: portolan.Span{From: some[0].At(), To: some[len(some)-1].Result.End() + 1},
			},
		})
		if err != nil || receipt.Verdict != ledger.Stored {
			t.Fatalf("batch %d: %v, %v", number, receipt.Verdict, err)
		}
		last = sealed.Hash
	}
}

// APIS was changed on 28 December 2016, and the change did harm under the load of 2 January 2017, for four hours, at TPAC.
func TestFind_HarmOfAnotherSystemDaysLater(t *testing.T) {
	t.Parallel()
	changed := instant(t, "2016-12-28T15:00:00Z")
	harm := portolan.Span{From: instant(t, "2017-01-02T22:00:00Z"), To: instant(t, "2017-01-03T02:00:00Z")}
	now := instant(t, "2017-01-04T00:20:00Z")
	p := history(t, changed.Add(-29*24*time.Hour), now, harm)
	a := projection.Annotation{ID: 7, System: "apis", From: changed.Time(), To: changed.Time(), Text: "new code"}
	for _, port := range []portolan.PortCode{"", "MIA"} {
		a.Port = port
		var followed changes.Followed
		err := p.Look(t.Context(), nil, now, func(s *projection.Snapshot) (err error) {
			followed, err = changes.Find(s, a, catalogue(), time.UTC)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := (portolan.Span{From: changed, To: instant(t, "2017-01-04T00:00:00Z")}); followed.Span != want || followed.Next != 0 {
			t.Errorf("compared %v until change %d, want %v", followed.Span, followed.Next, want)
		}
		step := portolan.StepID("apis-match")
		if port != "" {
			step = "" // of one port there are latencies of whole runs
		}
		found := map[string]bool{}
		for _, row := range followed.Rows {
			if row.Why != "" || row.Weeks != effect.Weeks || row.Hours != 153 {
				t.Errorf("port %q: %+v", port, row)
			}
			found[strings.Join([]string{string(row.System), string(row.Transaction), string(row.Step)}, "/")] = row.Latency
			if row.System == "ident" || row.Step == "sign-on" {
				t.Errorf("port %q: %+v, which the change cannot show in", port, row)
			}
			harmed := row.System == "tpac"
			if stands := len(row.Standing) > 0; stands != harmed {
				t.Errorf("port %q: stands out %t, want %t: %+v", port, stands, harmed, row)
			} else if stands && (len(row.Standing) != 1 || row.Standing[0].Span != harm) {
				t.Errorf("port %q: %s stands out at %+v, want %v", port, row.Step, row.Standing, harm)
			}
		}
		for name, latency := range map[string]bool{"apis//": false, "tpac//": false, "tpac/primary/" + string(step): true} {
			if got, there := found[name]; !there || got != latency {
				t.Errorf("port %q: no row of %s in %v", port, name, found)
			}
		}
		if first := followed.Rows[0]; first.System != "apis" || first.Latency {
			t.Errorf("the first row is of %+v, want the availability of the changed system", first)
		}
	}
}
