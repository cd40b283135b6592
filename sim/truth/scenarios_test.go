package truth_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/internal/ways"
	"portolan/ports"
	"portolan/schedule"
	"portolan/sim"
	"portolan/sim/truth"
	"portolan/targets"
)

const scenarios = "../../configs/scenarios"

// primary are the applications that Table 3 counts.
var primary = []portolan.SystemID{"automated-passport-control", "global-entry", "tpac"}

func catalogue(t testing.TB) *targets.Catalogue {
	t.Helper()
	c, err := targets.Load(targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func world(t testing.TB, s *sim.Scenario, c *targets.Catalogue) *truth.World {
	t.Helper()
	w, err := truth.New(s, c, knownPorts(t))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func knownPorts(t testing.TB) []portolan.Port {
	t.Helper()
	known, err := ports.Load(filepath.Join(scenarios, "ports.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// months loads the scenarios of the audit.
func months(t testing.TB) map[string]*truth.World {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(scenarios, "20*.yaml"))
	if err != nil || len(files) != 10 {
		t.Fatalf("scenarios: got %d, %v; want ten months", len(files), err)
	}
	all, c := map[string]*truth.World{}, catalogue(t)
	for _, file := range files {
		s, err := sim.LoadScenario(file)
		if err != nil {
			t.Fatal(err)
		}
		w := world(t, s, c)
		month := w.Span.From.Time()
		if w.Span.To.Time() != month.AddDate(0, 1, 0) || filepath.Base(file) != month.Format("2006-01")+".yaml" {
			t.Errorf("%s: from %v to %v, want its month", file, w.Span.From, w.Span.To)
		}
		all[month.Format("2006-01")] = w
	}
	return all
}

// TestScenarios_AddUpToTable3 holds the scenarios to the audit: OIG-17-114, Table 3 and the text below it.
func TestScenarios_AddUpToTable3(t *testing.T) {
	t.Parallel()
	table := map[string]struct {
		issues int
		hours  float64
	}{
		"2016-06": {15, 55.4}, "2016-07": {14, 20.0}, "2016-08": {12, 26.6}, "2016-09": {2, 0.9}, "2016-10": {7, 10.2},
		"2016-11": {14, 27.5}, "2016-12": {10, 23.5}, "2017-01": {10, 65.4}, "2017-02": {9, 25.8}, "2017-03": {6, 22.0},
	}
	issues, tpac, own, external, hours, miami := 0, 0, 0, 0, 0.0, 0.0
	for month, w := range months(t) {
		n, h := 0, 0.0
		for _, i := range w.Issues() {
			if !i.Hits(primary...) {
				continue
			}
			n, h = n+1, h+i.Hours()
			if i.Hits("tpac") {
				tpac++
				if i.Component == "ident" {
					external++
				}
				if month >= "2016-11" && slices.ContainsFunc(i.Agents, func(a portolan.AgentID) bool { return a.Port() == "MIA" }) {
					miami += i.Hours()
				}
			}
			switch i.Cause {
			case "maintenance", "port-network", "office-circuit", "wide-area":
				own++
			}
		}
		if want := table[month]; n != want.issues || math.Abs(h-want.hours) > 1e-9 {
			t.Errorf("%s: got %d issues and %.2f hours, want %d and %.1f", month, n, h, want.issues, want.hours)
		}
		issues, hours = issues+n, hours+h
	}
	if issues != 99 || math.Abs(hours-277.3) > 1e-9 {
		t.Errorf("in all: got %d issues and %.2f hours, want 99 and 277.3", issues, hours)
	}
	if tpac != 73 || external != 24 {
		t.Errorf("TPAC: got %d issues, %d of them external; want 73, about a third external", tpac, external)
	}
	if own != 50 {
		t.Errorf("maintenance and network: got %d issues, want half of 99", own)
	}
	if math.Abs(miami-78) > 0.01 {
		t.Errorf("TPAC at Miami from November on: got %.2f hours, want about 78", miami)
	}
}

func TestScenarios_DatedIncidentsAreAtTheirPlaces(t *testing.T) {
	t.Parallel()
	all := months(t)
	find := func(at string, hours float64, component portolan.SystemID, agents int) {
		t.Helper()
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all[at[:7]].Issues() {
			if i.Span.Contains(portolan.InstantOf(when)) {
				if i.Hours() != hours || i.Component != component || len(i.Agents) != agents || !i.Hits("tpac") {
					t.Errorf("%s: got %+v, want %v hours of %s for %d agents", at, i, hours, component, agents)
				}
				return
			}
		}
		t.Errorf("%s: no issue", at)
	}
	find("2017-01-02T23:00:00Z", 4, "apis", 8) // all but the seaport's
	find("2017-03-27T18:00:00Z", 4, "tpac", 2) // Seattle alone
}

func TestScenarios_TPACIsFreeOfIssuesFor975OfMarch(t *testing.T) {
	t.Parallel()
	w := months(t)["2017-03"]
	var with []portolan.Span
	for _, i := range w.Issues() {
		if i.Hits("tpac") {
			with = append(with, i.Span)
		}
	}
	union, until := time.Duration(0), portolan.Instant(0)
	for _, s := range with { // by start
		union += portolan.Span{From: max(s.From, until), To: s.To}.Duration()
		until = max(until, s.To)
	}
	if free := 100 * (1 - union.Hours()/w.Span.Duration().Hours()); math.Round(free*10) != 975 {
		t.Errorf("got %.3f %%, want 97.5 %%", free)
	}
}

// TestScenarios_NoFaultIsNearAnObjective holds that no fault makes a transaction just so slow that chance decides: the truth
// would then be a matter of how long things usually take.
func TestScenarios_NoFaultIsNearAnObjective(t *testing.T) {
	t.Parallel()
	never := func(float64) bool { return false }
	for month, w := range months(t) {
		for _, i := range w.Issues() {
			middle := i.Span.From.Add(i.Span.Duration() / 2)
			for _, station := range w.Stations {
				for _, s := range station.Series {
					fast, slow := s.Run(middle, 0.85, never), s.Run(middle, 1.15, never)
					if (fast.Outcome == portolan.Good) != (slow.Outcome == portolan.Good) {
						t.Errorf("%s: %v of %s in %+v: %v and %v", month, s.Name, i.Component, i.Span, fast, slow)
					}
				}
			}
		}
	}
}
