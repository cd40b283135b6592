package incident

import (
	"strings"
	"testing"
	"time"

	"portolan"
)

func TestAdvise_FollowsTheProcedure(t *testing.T) {
	t.Parallel()
	now := portolan.InstantOf(time.Date(2017, 1, 2, 18, 0, 0, 0, time.UTC))
	since := func(d time.Duration) portolan.Instant { return now.Add(-d) }
	means := func(system portolan.SystemID, state portolan.State, d time.Duration) Means {
		return Means{System: system, State: state, Since: since(d), Offline: system == "pals"}
	}
	up := []Means{means("ats-qq", portolan.Up, time.Hour), means("mobile-primary", portolan.Up, time.Hour), means("pals", portolan.Up, time.Hour)}
	old := []Means{means("ats-qq", portolan.Down, time.Hour), {System: "pals", State: portolan.Up, Offline: true, DataAge: 43 * 24 * time.Hour}}
	for _, c := range []struct {
		name     string
		standing Standing
		action   Action
		use      portolan.SystemID
	}{
		{"all is well", Standing{Primary: means("tpac", portolan.Up, time.Hour), Backups: up}, Stay, "tpac"},
		{"down for a minute", Standing{Primary: means("tpac", portolan.Down, time.Minute), Backups: up}, Prepare, "tpac"},
		{"down for three", Standing{Primary: means("tpac", portolan.Down, 3*time.Minute), Backups: up}, Begin, "ats-qq"},
		{"slow for three", Standing{Primary: means("tpac", portolan.SlowState, 3*time.Minute), Backups: up}, Prepare, "tpac"},
		{"slow for eleven", Standing{Primary: means("tpac", portolan.SlowState, 11*time.Minute), Backups: up}, Begin, "ats-qq"},
		{"first backup fails too", Standing{Primary: means("tpac", portolan.Down, time.Hour), Backups: []Means{means("ats-qq", portolan.Down, time.Hour), up[1]}}, Begin, "mobile-primary"},
		{"network down", Standing{Primary: means("tpac", portolan.Down, time.Hour), Backups: up, NetworkDown: true}, Begin, "pals"},
		{"extract too old", Standing{Primary: means("tpac", portolan.Down, time.Hour), Backups: old}, Stay, "tpac"},
		{"backup in use", Standing{Primary: means("tpac", portolan.Down, time.Hour), Backups: up, InForce: "ats-qq"}, Stay, "ats-qq"},
		{"backup in use fails", Standing{Primary: means("tpac", portolan.Down, time.Hour), Backups: up, NetworkDown: true, InForce: "ats-qq"}, Switch, "pals"},
		{"up for five minutes", Standing{Primary: means("tpac", portolan.Up, 5*time.Minute), Backups: up, InForce: "ats-qq"}, Stay, "ats-qq"},
		{"up for ten", Standing{Primary: means("tpac", portolan.Up, 10*time.Minute), Backups: up, InForce: "ats-qq"}, End, "tpac"},
		{"nothing measured", Standing{Primary: Means{System: "tpac"}, Backups: up}, Stay, "tpac"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.standing.Now, c.standing.Port = now, "MIA"
			a := Advise(&c.standing)
			if a.Action != c.action || a.Use != c.use {
				t.Errorf("got %s %s, want %s %s: %+v", a.Action, a.Use, c.action, c.use, a)
			}
			if a.Action == Begin && (len(a.Steps) == 0 || !strings.Contains(strings.Join(a.Steps, " "), "Director") || len(a.Lost) == 0) {
				t.Errorf("who decides and what is lost is not said: %+v", a)
			}
		})
	}
}
