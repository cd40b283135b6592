package collector

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
	"portolan/schedule"
)

// fleet returns n agents, of which the first down see tpac down, the next unseen see nothing and the others see it up.
func fleet(n, down, unseen int) []projection.AgentNow {
	agents := make([]projection.AgentNow, n)
	for i := range agents {
		id := portolan.AgentID(fmt.Sprintf("MIA-%d", i+1))
		state := portolan.Up
		switch {
		case i < down:
			state = portolan.Down
		case i < down+unseen:
			state = portolan.Unmonitored
		}
		agents[i] = projection.AgentNow{Agent: id, Series: []projection.SeriesNow{{
			Series: portolan.Series{Agent: id, System: "tpac", Transaction: "t"}, Current: projection.Current{State: state},
		}}}
	}
	return agents
}

func TestBackOffs_BeginsOnlyWhenMostFailForLong(t *testing.T) {
	t.Parallel()
	config := BackOffConfig{Agents: 10, After: 2 * time.Minute, Factor: 5}
	for name, c := range map[string]struct {
		agents []projection.AgentNow
		factor int
		want   bool
	}{
		"all-down":             {fleet(20, 20, 0), 5, true},
		"four-of-five":         {fleet(20, 16, 0), 5, true},
		"fewer":                {fleet(20, 15, 0), 5, false},
		"of-those-that-see-it": {fleet(20, 10, 10), 5, true},
		"too-few-see-it":       {fleet(20, 9, 11), 5, false},
		"turned-off":           {fleet(20, 20, 0), 1, false},
	} {
		config := config
		config.Factor = c.factor
		var watch backOffs
		var ordered []projection.Probing
		for second := 0; second <= 150; second += 15 {
			found := watch.review(c.agents, nil, config, portolan.Instant(1).Add(time.Duration(second)*time.Second))
			if len(found) > 0 && second < 120 {
				t.Errorf("%s: ordered after %d s, want 120 at least", name, second)
			}
			ordered = append(ordered, found...)
		}
		if (len(ordered) > 0) != c.want {
			t.Errorf("%s: ordered %+v, want an order: %t", name, ordered, c.want)
		}
		if c.want && (ordered[0].Order != portolan.OrderBackOff || ordered[0].Factor != 5 || ordered[0].System != "tpac" || ordered[0].Reason == "") {
			t.Errorf("%s: ordered %+v", name, ordered[0])
		}
	}
}

func TestBackOffs_AFlappingSystemDoesNotBeginOne(t *testing.T) {
	t.Parallel()
	config := BackOffConfig{Agents: 10, After: 2 * time.Minute, Factor: 5}
	var watch backOffs
	for i := range 100 {
		agents := fleet(20, 20, 0)
		if i%6 == 5 {
			agents = fleet(20, 10, 0)
		}
		if found := watch.review(agents, nil, config, portolan.Instant(1).Add(time.Duration(i)*15*time.Second)); len(found) > 0 {
			t.Fatalf("ordered %+v", found)
		}
	}
}

func TestBackOffs_EndsByThoseThatKeptTheRate(t *testing.T) {
	t.Parallel()
	config := BackOffConfig{Agents: 10, After: 2 * time.Minute, Factor: 5}
	keep := keepOf(fleet(20, 20, 0), "tpac")
	inForce := []portolan.BackOff{{System: "tpac", Factor: 5, Keep: keep}}
	with := func(keepers, others portolan.State) []projection.AgentNow {
		agents := fleet(20, 0, 0)
		for i := range agents {
			agents[i].Series[0].State = others
			if schedule.Rank(agents[i].Agent, "tpac") <= keep {
				agents[i].Series[0].State = keepers
			}
		}
		return agents
	}
	ends := func(agents []projection.AgentNow) bool {
		var watch backOffs
		if len(watch.review(agents, inForce, config, 1)) > 0 {
			t.Error("a back-off ended at the first sign")
		}
		found := watch.review(agents, inForce, config, portolan.Instant(1).Add(2*time.Minute))
		return len(found) == 1 && found[0].Order == portolan.OrderFullRate
	}
	for name, c := range map[string]struct {
		agents []projection.AgentNow
		want   bool
	}{
		"the tenth sees it work":           {with(portolan.Up, portolan.Down), true},
		"the tenth sees it slow":           {with(portolan.SlowState, portolan.Down), true},
		"the tenth sees it fail":           {with(portolan.Down, portolan.Up), false},
		"the tenth sees nothing":           {with(portolan.Unmonitored, portolan.Down), false},
		"the tenth nothing, the rest work": {with(portolan.Unmonitored, portolan.Up), true},
		"nobody sees anything":             {with(portolan.Unmonitored, portolan.Unmonitored), true},
		"nobody probes it":                 {nil, true},
	} {
		if got := ends(c.agents); got != c.want {
			t.Errorf("%s: ends %t, want %t", name, got, c.want)
		}
	}
}

func TestKeepOf_IsATenthAndOneAtLeast(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 1, 9: 1, 10: 1, 11: 2, 200: 20} {
		agents := fleet(n, n, 0)
		keep, kept := keepOf(agents, "tpac"), 0
		for i := range agents {
			if schedule.Rank(agents[i].Agent, "tpac") <= keep {
				kept++
			}
		}
		if kept != want {
			t.Errorf("%d of %d agents keep the rate, want %d", kept, n, want)
		}
	}
}

func TestCollector_OrdersABackOffAndEndsIt(t *testing.T) {
	t.Parallel()
	var c *collector
	r := startCollector(t, t.TempDir(), func(o *Options) {
		o.Config.BackOff = BackOffConfig{Agents: 3, After: time.Minute, Factor: 4}
		o.Config.SendInterval = time.Minute // so that the collector's own loop stays out of the way
		o.started = func(started *collector) { c = started }
	})
	now := portolan.InstantOf(time.Now())
	var agents []*remote
	for i := range 4 {
		a := r.enroll(portolan.AgentID(fmt.Sprintf("MIA-%d", i+1)))
		if status := a.send(portolan.Live, a.run(now.Add(-time.Minute), portolan.Failed)); status != http.StatusOK {
			t.Fatal(status)
		}
		agents = append(agents, a)
	}
	r.foldedAll()
	var watch backOffs
	c.reviewBackOffs(t.Context(), &watch, now)
	if len(r.asked().BackOffs) != 0 {
		t.Error("agents are slowed down at the first sight")
	}
	c.reviewBackOffs(t.Context(), &watch, now.Add(time.Minute))
	r.await(func() bool { return len(r.asked().BackOffs) == 1 })
	ordered := r.asked().BackOffs[0]
	if ordered.System != "tpac" || ordered.Factor != 4 {
		t.Errorf("ordered %+v", ordered)
	}
	for _, a := range agents {
		if schedule.Rank(a.id, "tpac") <= ordered.Keep {
			a.send(portolan.Live, evidence.Record(a.run(now, portolan.Good)))
		}
	}
	r.foldedAll()
	c.reviewBackOffs(t.Context(), &watch, now.Add(2*time.Minute))
	c.reviewBackOffs(t.Context(), &watch, now.Add(3*time.Minute))
	r.await(func() bool { return len(r.asked().BackOffs) == 0 })
}
