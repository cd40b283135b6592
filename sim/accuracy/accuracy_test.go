package accuracy_test

import (
	"math"
	"testing"
	"time"

	"portolan"
	"portolan/sim"
	"portolan/sim/accuracy"
)

// twoHours is a scenario of two hours with an outage of IDENT for half an hour, one of TPAC at Seattle for ten minutes, a port
// that is cut off, and a workstation that sleeps.
const twoHours = `name: two-hours
start: 2017-01-30T20:00:00Z
length: 2h
seed: 7
fleet: {ports: [MIA, SEA, X0002], agents_per_port: 2, interval: 60s, systems: [ident, tpac]}
faults:
  - {at: 20m, for: 30m, where: {system: ident}, effect: outage}
  - {at: 65m, for: 10m, where: {system: tpac, port: SEA}, effect: slow, factor: 10}
  - {at: 90m, for: 12m, where: {port: MIA}, effect: partition}
  - {at: 30m, for: 40m, where: {agent: X0002-2}, effect: asleep}
`

func scenario(t testing.TB, text string) *sim.Scenario {
	t.Helper()
	s, err := sim.ParseScenario("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPlay_ACollectorThatIsPlayedToKnowsTheTruth plays a scenario over TLS to a whole collector in the scenario's time.
func TestPlay_ACollectorThatIsPlayedToKnowsTheTruth(t *testing.T) {
	t.Parallel()
	report, p := played(t, scenario(t, twoHours))
	if p.Agents != 6 || p.Results < 6*4*110 {
		t.Errorf("played: %+v", p)
	}
	for _, f := range report.Availability {
		// An edge of a fault is seen up to a minute late: that is a part of the two hours.
		if f.Error == nil || math.Abs(*f.Error) > 0.7 || !f.Inside {
			t.Errorf("%s at %q: error %v, truth inside the bounds: %v", f.System, f.Port, value(f.Error), f.Inside)
		}
	}
	i := report.Incidents
	if i.Issues != 3 || i.Found != 3 || i.ScopeRight != 3 || i.CauseRight != 3 {
		t.Errorf("incidents: %+v", i)
	}
	for _, m := range i.Rows {
		if m.Found != nil && (math.Abs(m.StartError) > 180 || math.Abs(m.EndError) > 180) {
			t.Errorf("%s %s: start off by %.0f s, end by %.0f s", m.Scope, m.Component, m.StartError, m.EndError)
		}
	}
}

func value(p *float64) any {
	if p == nil {
		return "none"
	}
	return *p
}

// said returns an answer of the collector for tpac in January at all ports.
func said(ratio, low, high float64) accuracy.Said {
	return accuracy.Said{Rows: []accuracy.Row{{System: "tpac", Month: "2017-01", EndUser: accuracy.Bounded{Ratio: &ratio, Low: &low, High: &high}}}}
}

func TestCompare_TellsErrorsAndBounds(t *testing.T) {
	t.Parallel()
	w := worldOf(t, scenario(t, twoHours))
	right, ok := 0.0, false
	for _, f := range w.Figures() {
		if f.System == "tpac" && f.Port == "" {
			right, ok = f.EndUser()
		}
	}
	if !ok || right <= 0.5 || right >= 0.95 {
		t.Fatalf("truth: %v", right)
	}
	for name, c := range map[string]struct {
		said   accuracy.Said
		points float64
		inside bool
	}{
		"right":          {said(right, right-0.01, right+0.01), 0, true},
		"too-much":       {said(right+0.02, right-0.01, right+0.03), 2, true},
		"outside":        {said(right-0.02, right-0.03, right-0.01), -2, false},
		"a-narrow-bound": {said(right, right, right), 0, true},
	} {
		report := accuracy.Compare("x", w, c.said)
		for _, f := range report.Availability {
			switch {
			case f.System == "tpac" && f.Port == "":
				if f.Error == nil || math.Abs(*f.Error-c.points) > 1e-9 || f.Inside != c.inside {
					t.Errorf("%s: got %v, %v, want %v, %v", name, value(f.Error), f.Inside, c.points, c.inside)
				}
			case f.Error != nil || f.Inside:
				t.Errorf("%s: %s at %q was not said: got %v", name, f.System, f.Port, value(f.Error))
			}
		}
		if points, outside := report.Worst(); points != 100 || outside == 0 { // ident was not said
			t.Errorf("%s: worst %v points, %d outside", name, points, outside)
		}
	}
}

func TestCompare_MatchesIncidentsWithIssues(t *testing.T) {
	t.Parallel()
	w := worldOf(t, scenario(t, twoHours))
	at := func(minutes float64) time.Time {
		return w.Span.From.Add(time.Duration(minutes * float64(time.Minute))).Time()
	}
	incident := func(id, level, cause string, component portolan.SystemID, from, to float64) accuracy.Incident {
		end := at(to)
		i := accuracy.Incident{ID: id, Cause: cause, Component: component, Start: at(from), End: &end, Known: at(from + 1)}
		i.Scope.Level = level
		return i
	}
	seattle := incident("I-2", "port", "service", "tpac", 66, 75)
	seattle.Scope.Port = "SEA"
	elsewhere := incident("I-4", "port", "service", "tpac", 66, 75)
	elsewhere.Scope.Port = "MIA"
	report := accuracy.Compare("x", w, accuracy.Said{Incidents: []accuracy.Incident{
		incident("I-1", "nation", "dependency", "ident", 20.5, 49), seattle, incident("I-3", "nation", "service", "tpac", 110, 115),
		elsewhere, incident("I-5", "nation", "service", "tpac", 200, 210), // after the scenario
		incident("I-6", "nation", "monitor", "", 112, 118),
	}}).Incidents
	if report.Issues != 3 || report.Found != 2 || report.Missed != 1 || report.False != 2 || report.ScopeRight != 2 || report.CauseRight != 2 {
		t.Errorf("got %+v", report)
	}
	if report.Monitor != 1 || math.Abs(report.SaidHours-(28.5+9+5+9)/60) > 1e-9 || math.Abs(report.FoundHours-(28.5+9)/60) > 1e-9 {
		t.Errorf("got %d of the monitor, %v hours said, %v found", report.Monitor, report.SaidHours, report.FoundHours)
	}
	first := report.Rows[0]
	if first.Found == nil || first.Found.ID != "I-1" || first.StartError != 30 || first.EndError != -60 || first.KnownAfter != 90 {
		t.Errorf("the outage of IDENT: got %+v", first)
	}
	if last := report.Rows[2]; last.Found != nil || last.Cause != "port-network" || last.Scope != "port" {
		t.Errorf("the port that was cut off: got %+v, want it missed", last)
	}
}

func TestUsual_CountsSlowAsUpAndKnowsNothingOfWhatIsCutOff(t *testing.T) {
	t.Parallel()
	s := scenario(t, twoHours)
	w := worldOf(t, s)
	figures, err := accuracy.Usual(w, s.Seed)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		want := map[portolan.PortCode]float64{
			"MIA": 100 * (78.0/108 - 78.0/120), // its cut is not seen: 30 of 108 minutes were down, not 42 of 120
			"SEA": 0,
		}
		if points, ok := want[f.Port]; ok && f.System == "ident" && (f.Error == nil || math.Abs(*f.Error-points) > 1.5) {
			t.Errorf("%s at %s: off by %v points, want about %v", f.System, f.Port, value(f.Error), points)
		}
		if f.System == "tpac" && f.Port == "SEA" && (f.Error == nil || *f.Error < 6) {
			t.Errorf("tpac at SEA: off by %v points, want ten slow minutes of 120 counted as up", value(f.Error))
		}
	}
}
