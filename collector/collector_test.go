package collector

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/evidence"
)

// direct is the figure that availability alone makes of a remote agent's runs.
func (a *remote) direct(window portolan.Span) availability.Figure {
	segments, _ := availability.Fold(availability.Timeline{}, a.events, window)
	return figureOfSegments(window, segments)
}

func figureOfSegments(window portolan.Span, segments []availability.Segment) availability.Figure {
	var tally availability.Tally
	for _, s := range segments {
		tally.Add(s, window, nil)
	}
	var sum availability.Sum
	sum.AddPortHour(portolan.WeightTime, 0, []availability.SeriesHour{{Share: 1, InService: true, Tally: tally}})
	return sum.Figure()
}

func checkFigure(t *testing.T, got availabilityRow, want availability.Figure) {
	t.Helper()
	for _, c := range []struct {
		name string
		got  *float64
		want availability.Ratio
	}{
		{"end_user.ratio", got.EndUser.Ratio, want.EndUser.Ratio},
		{"end_user.low", got.EndUser.Low, want.EndUser.Low},
		{"end_user.high", got.EndUser.High, want.EndUser.High},
		{"conventional.ratio", got.Conventional.Ratio, want.Conventional.Ratio},
		{"difference.dependency", got.Difference.Dependency, want.Difference.Dependency},
		{"coverage", got.Coverage, want.Coverage},
	} {
		if c.got == nil || *c.got != c.want.Float64() {
			t.Errorf("%s: got %v, want %v", c.name, deref(c.got), c.want.Float64())
		}
	}
	if got.UpSeconds != want.Up.Seconds() || got.UnmonitoredSeconds != want.Unmonitored.Seconds() {
		t.Errorf("seconds: got up %v, unmonitored %v; want %v, %v",
			got.UpSeconds, got.UnmonitoredSeconds, want.Up.Seconds(), want.Unmonitored.Seconds())
	}
}

func deref(p *float64) any {
	if p == nil {
		return nil
	}
	return *p
}

// ago returns a whole hour in the past.
func ago(hours int) portolan.Instant {
	return portolan.InstantOf(time.Now()).Hour().Add(-time.Duration(hours) * time.Hour)
}

func TestCollector_FiguresEqualADirectFold(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	rng := rand.New(rand.NewPCG(1, 2))
	window := portolan.Span{From: ago(3), To: ago(1)}
	for _, id := range []portolan.AgentID{"MIA-1", "SEA-1"} {
		a := r.enroll(id)
		var records []evidence.Record
		for at := window.From.Add(7 * time.Second); at < window.To; at = at.Add(time.Minute) {
			if rng.IntN(6) == 0 {
				at = at.Add(9 * time.Minute) // longer than a result holds
			}
			records = append(records, a.run(at, portolan.Outcome(1+rng.IntN(3))))
		}
		half := len(records) / 2
		for _, part := range [][]evidence.Record{records[half:], records[:half]} {
			if status := a.send(portolan.Backlog, part...); status != http.StatusOK {
				t.Fatalf("%s: status %d", id, status)
			}
		}
		r.foldedAll()
		answer := r.ask(window, url.Values{"agent": {string(id)}, "group": {"agent"}})
		if len(answer.Rows) != 1 {
			t.Fatalf("got %d rows, want 1", len(answer.Rows))
		}
		checkFigure(t, answer.Rows[0], a.direct(window))
	}
}

func TestCollector_RestartAndStopLoseNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := startCollector(t, data, nil)
	a := r.enroll("MIA-1")
	window := portolan.Span{From: ago(2), To: ago(1)}
	for i := range 20 {
		at := window.From.Add(time.Duration(i) * time.Minute)
		if status := a.send(portolan.Backlog, a.run(at, portolan.Good)); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	begun := time.Now()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("stopping took %s, want at most 5 s", took)
	}
	r = startCollector(t, data, nil)
	r.foldedAll()
	checkFigure(t, r.ask(window, nil).Rows[0], a.direct(window))
}

func TestCollector_LateEvidenceRevisesAndNeverChangesTheCurrentState(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	now := portolan.InstantOf(time.Now())
	window := portolan.Span{From: ago(3), To: ago(2)}
	var early, late []evidence.Record
	for i := range 60 {
		at := window.From.Add(time.Duration(i) * time.Minute)
		outcome := portolan.Good
		if i >= 20 && i < 40 {
			outcome = portolan.Failed
		}
		record := a.run(at, outcome)
		if outcome == portolan.Failed {
			late = append(late, record)
			continue
		}
		early = append(early, record)
	}
	live := a.run(now.Add(-5*time.Second), portolan.Good)
	a.send(portolan.Backlog, early...)
	a.send(portolan.Live, live)
	r.foldedAll()
	before := r.ask(window, nil)
	a.send(portolan.Backlog, late...)
	r.foldedAll()
	after := r.ask(window, nil)

	if before.Rows[0].Provisional || after.Rows[0].Revision != before.Rows[0].Revision+1 {
		t.Errorf("revision: got %d after %d, want one more", after.Rows[0].Revision, before.Rows[0].Revision)
	}
	checkFigure(t, after.Rows[0], a.direct(window))
	var state stateAnswer
	r.get("/api/v1/state", &state)
	if len(state.Rows) != 1 || state.Rows[0].State != portolan.Up {
		t.Errorf("state after late failures: got %+v, want up", state.Rows)
	}
	again := r.ask(window, url.Values{"as_of": {before.AsOf}})
	if *again.Rows[0].EndUser.Ratio != *before.Rows[0].EndUser.Ratio || again.Rows[0].Revision != before.Rows[0].Revision {
		t.Errorf("as of %s: got %v, want the earlier answer %v", before.AsOf, *again.Rows[0].EndUser.Ratio, *before.Rows[0].EndUser.Ratio)
	}
	if metricOf(r, `portolan_transactions_total{lane="backlog",outcome="failed",port="MIA",system="tpac",transaction="primary-inspection"}`) != "20" {
		t.Error("late failures are not counted in the backlog lane")
	}
}

func TestCollector_CurrentStateFollowsLiveEvidence(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	now := portolan.InstantOf(time.Now())
	agents := []*remote{r.enroll("MIA-1"), r.enroll("MIA-2"), r.enroll("MIA-3")}
	for i, outcome := range []portolan.Outcome{portolan.Failed, portolan.Failed, portolan.Good} {
		agents[i].send(portolan.Live, agents[i].run(now.Add(-10*time.Second), outcome))
	}
	r.foldedAll()
	var state stateAnswer
	r.get("/api/v1/state?port=MIA&system=tpac", &state)
	if len(state.Rows) != 1 {
		t.Fatalf("got %d rows, want 1", len(state.Rows))
	}
	row := state.Rows[0]
	if row.State != portolan.Down || row.Affected != 2 || row.Monitored != 3 || row.Symptom == nil || row.Symptom.Dependency != "ident" {
		t.Errorf("got %+v, want down, 2 of 3, ident", row)
	}
	agents[0].send(portolan.Live, agents[0].run(now.Add(-time.Second), portolan.Good))
	r.foldedAll()
	r.get("/api/v1/state", &state)
	if state.Rows[0].State != portolan.Up || state.Rows[0].Affected != 1 {
		t.Errorf("after one repair: got %+v, want up with 1 affected", state.Rows[0])
	}
	if !slices.ContainsFunc(state.Rows[0].Agents, func(a agentStateRow) bool { return a.Agent == "MIA-2" && a.State == portolan.Down }) {
		t.Error("MIA-2 is not down")
	}
}
