package projection

import (
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
)

func current(t *testing.T, p *Projection, now portolan.Instant) Current {
	t.Helper()
	agents := p.Agents(now, 15*time.Second)
	if len(agents) != 1 || len(agents[0].Series) != 1 {
		t.Fatalf("got %+v, want one agent with one series", agents)
	}
	return agents[0].Series[0].Current
}

func TestStates_FollowLiveEvidenceAndExpire(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	p := newProjection(t, l)
	send := func(lane portolan.Lane, at portolan.Instant, outcome portolan.Outcome) {
		t.Helper()
		f.run("primary", at, outcome)
		f.send(lane, at.Add(3*time.Second), f.made[len(f.made)-1])
		catchUp(t, p)
	}
	check := func(what string, now portolan.Instant, state portolan.State, since portolan.Instant) {
		t.Helper()
		if got := current(t, p, now); got.State != state || got.Since != since {
			t.Errorf("%s: got %s since %s, want %s since %s", what, got.State, got.Since, state, since)
		}
	}
	minute := func(n int) portolan.Instant { return day.Add(time.Duration(n) * time.Minute) }
	send(portolan.Live, minute(0), portolan.Good)
	send(portolan.Live, minute(1), portolan.Good)
	check("up", minute(1).Add(5*time.Second), portolan.Up, minute(0))
	send(portolan.Live, minute(2), portolan.Failed)
	check("down", minute(2).Add(5*time.Second), portolan.Down, minute(2))
	send(portolan.Backlog, minute(3), portolan.Good)
	check("backlog changes nothing", minute(3).Add(5*time.Second), portolan.Down, minute(2))
	expires := minute(2).Add(2*time.Second + 150*time.Second)
	check("hold expired, a result may be on its way", expires.Add(15*time.Second), portolan.Down, minute(2))
	check("hold expired", expires.Add(20*time.Second), portolan.Unmonitored, expires)
	check("hold long expired", minute(30), portolan.Unmonitored, expires)
	f.run("primary", minute(30), portolan.Good)
	overtaken := f.made[len(f.made)-1]
	send(portolan.Live, minute(31), portolan.Slow)
	f.send(portolan.Live, minute(31).Add(5*time.Second), overtaken)
	catchUp(t, p)
	check("slow", minute(31).Add(10*time.Second), portolan.SlowState, minute(31))

	again, err := New(t.Context(), Options{Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	if got := current(t, again, minute(31).Add(10*time.Second)); got.State != portolan.SlowState || got.Symptom.Kind != portolan.KindLate {
		t.Errorf("after a restart: got %+v, want slow as before", got)
	}
	f.record(evidence.Record{Farewell: &portolan.Farewell{At: minute(32)}})
	f.send(portolan.Live, minute(32), f.made[len(f.made)-1])
	catchUp(t, p)
	check("farewell", minute(32).Add(time.Second), portolan.Unmonitored, minute(32))
	if a := p.Agents(minute(90), 15*time.Second)[0]; !a.Stopped || a.Silent {
		t.Errorf("after a farewell: got stopped %v, silent %v", a.Stopped, a.Silent)
	}
}

func TestStates_OpenRunIsProvisionallySlow(t *testing.T) {
	t.Parallel()
	l := liveState{}
	l.openRun(day, portolan.PlannedStep{Step: "match", Dependency: "ident"}, 5*time.Second)
	got := l.at(day.Add(8*time.Second), 15*time.Second)
	if got.State != portolan.SlowState || !got.Provisional || got.Symptom.Step != "match" || got.Took != 8*time.Second || got.Limit != 5*time.Second {
		t.Errorf("got %+v, want provisionally slow at match", got)
	}
	l.state, l.since, l.start, l.holdEnd = portolan.Down, day.Add(-time.Minute), day.Add(-time.Minute), day.Add(time.Minute)
	if got := l.at(day.Add(8*time.Second), 15*time.Second); got.State != portolan.Down || got.Provisional {
		t.Errorf("while the last result failed: got %+v, want down as it was", got)
	}
	if got := l.at(day.Add(time.Hour), 15*time.Second); got.State != portolan.Unmonitored {
		t.Errorf("an hour without another word: got %s, want unmonitored", got.State)
	}
}

// A notice names a step; what the step leans on is in the plan.
func TestStates_OpenRunNamesTheStepsDependency(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	f.run("primary", day, portolan.Good)
	f.send(portolan.Live, day.Add(time.Second), f.made...)
	f.open = []evidence.OpenRun{{System: "tpac", Transaction: "primary", Start: day.Add(time.Minute), Step: "match"}}
	f.send(portolan.Live, day.Add(70*time.Second))
	p := newProjection(t, l)
	want := portolan.Symptom{Step: "match", Kind: portolan.KindLate, Dependency: "ident"}
	if got := current(t, p, day.Add(71*time.Second)); got.Symptom != want || !got.Provisional {
		t.Errorf("got %+v, want provisionally slow by %+v", got, want)
	}
	again, err := New(t.Context(), Options{Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	if got := current(t, again, day.Add(71*time.Second)); got.Symptom != want {
		t.Errorf("after a restart: got %+v, want %+v", got.Symptom, want)
	}
}

func TestStates_SilenceCountsOnlyWhileOthersAreHeard(t *testing.T) {
	t.Parallel()
	const every = 15 * time.Second
	heardAt := func(ago ...time.Duration) []AgentNow {
		var agents []AgentNow
		for _, d := range ago {
			agents = append(agents, AgentNow{HeardAt: day.Add(-d)})
		}
		return agents
	}
	for name, c := range map[string]struct {
		agents  []AgentNow
		upSince portolan.Instant
		want    bool
	}{
		"just-heard":           {heardAt(10*time.Second, 0), day.Add(-time.Hour), false},
		"three-missed":         {heardAt(50*time.Second, 0), day.Add(-time.Hour), true},
		"all-silent-together":  {heardAt(10*time.Minute, 10*time.Minute), day.Add(-time.Hour), false},
		"collector-just-began": {heardAt(10*time.Minute, 0), day.Add(-20 * time.Second), false},
		"only-agent":           {heardAt(50 * time.Second), day.Add(-time.Hour), true},
	} {
		markSilent(c.agents, day, c.upSince, every)
		if got := c.agents[0].Silent; got != c.want {
			t.Errorf("%s: silent is %v, want %v", name, got, c.want)
		}
	}
}

func TestPortStates_MoreThanHalfDecides(t *testing.T) {
	t.Parallel()
	agent := func(id portolan.AgentID, state portolan.State, dependency portolan.SystemID) AgentNow {
		c := Current{State: state, Since: day}
		if state >= portolan.SlowState {
			c.Symptom = portolan.Symptom{Step: "match", Kind: portolan.KindTimeout, Dependency: dependency}
		}
		return AgentNow{Agent: id, Series: []SeriesNow{{Series: portolan.Series{Agent: id, System: "tpac", Transaction: "primary"}, Current: c}}}
	}
	cells := PortStates([]AgentNow{
		agent("MIA-1", portolan.Down, "apis"), agent("MIA-2", portolan.Down, "ident"), agent("MIA-3", portolan.Down, "ident"),
		agent("MIA-4", portolan.Up, ""), agent("SEA-1", portolan.Unmonitored, ""),
	})
	if len(cells) != 2 {
		t.Fatalf("got %d cells, want 2", len(cells))
	}
	if c := cells[0]; c.State != portolan.Down || c.Affected != 3 || c.Monitored != 4 || c.Symptom.Dependency != "ident" {
		t.Errorf("MIA: got %+v, want down, 3 of 4, ident", c)
	}
	if c := cells[1]; c.State != portolan.Unmonitored || c.Monitored != 0 {
		t.Errorf("SEA: got %+v, want unmonitored", c)
	}
}
