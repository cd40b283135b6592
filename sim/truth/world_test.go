package truth_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/sim"
	"portolan/sim/truth"
	"portolan/targets"
)

// play returns the world of a scenario of ten hours, two agents at each of the ports, with the faults as YAML.
func play(t *testing.T, c *targets.Catalogue, faults string) *truth.World {
	t.Helper()
	const head = "name: x\nstart: 2017-01-30T20:00:00Z\nlength: 10h\nseed: 1\nfleet: {ports: [MIA, SEA], agents_per_port: 2, systems: [tpac, ident, pals]}\nfaults:\n"
	s, err := sim.ParseScenario("x.yaml", []byte(head+faults))
	if err != nil {
		t.Fatal(err)
	}
	return world(t, s, c)
}

// up returns the share of the monitored time in which a system was up at a port, all months together.
func up(t *testing.T, w *truth.World, system portolan.SystemID, port portolan.PortCode) (ratio, unmonitored float64) {
	t.Helper()
	var sum truth.Figure
	for _, f := range w.Figures() {
		if f.System == system && f.Port == port {
			sum.Up, sum.Slow, sum.Down, sum.Unmonitored = sum.Up+f.Up, sum.Slow+f.Slow, sum.Down+f.Down, sum.Unmonitored+f.Unmonitored
		}
	}
	ratio, ok := sum.EndUser()
	if !ok {
		t.Fatalf("%s at %q: nothing monitored", system, port)
	}
	return ratio, sum.Unmonitored / (sum.Up + sum.Slow + sum.Down + sum.Unmonitored)
}

func TestWorld_Figures(t *testing.T) {
	t.Parallel()
	systems := catalogue(t)
	// A run that begins a few seconds before a fault and comes to its step in it is hit: figures are a little less than
	// the faults' shares.
	const near = 0.0006
	for name, c := range map[string]struct {
		faults string
		system portolan.SystemID
		port   portolan.PortCode
		want   float64
	}{
		"outage-of-the-system":         {"- {at: 1h, for: 2h, where: {system: tpac}, effect: outage}", "tpac", "", 0.8},
		"at-one-port":                  {"- {at: 1h, for: 2h, where: {system: tpac, port: MIA}, effect: outage}", "tpac", "", 0.9},
		"at-one-port-for-the-port":     {"- {at: 1h, for: 2h, where: {system: tpac, port: MIA}, effect: outage}", "tpac", "MIA", 0.8},
		"not-at-the-other":             {"- {at: 1h, for: 2h, where: {system: tpac, port: MIA}, effect: outage}", "tpac", "SEA", 1},
		"hang":                         {"- {at: 1h, for: 2h, where: {system: ident}, effect: hang}", "ident", "", 0.8},
		"half-of-the-requests-of-one":  {"- {at: 1h, for: 2h, where: {system: ident}, effect: error, ratio: 0.5}", "ident", "", 0.9},
		"wrong":                        {"- {at: 1h, for: 2h, where: {system: ident}, effect: wrong}", "ident", "", 0.8},
		"too-slow":                     {"- {at: 1h, for: 2h, where: {system: ident}, effect: slow, factor: 40}", "ident", "", 0.8},
		"slow-within-the-objective":    {"- {at: 1h, for: 2h, where: {system: ident}, effect: slow, factor: 2}", "ident", "", 1},
		"interface-only":               {"- {at: 1h, for: 2h, where: {dependency: ident}, effect: outage}", "ident", "", 1},
		"partition":                    {"- {at: 1h, for: 2h, where: {port: SEA}, effect: partition}", "ident", "SEA", 0.8},
		"partition-spares-the-offline": {"- {at: 1h, for: 2h, where: {port: SEA}, effect: partition}", "pals", "SEA", 0.95}, // the laptop, not the file server
		"over-the-end-of-the-month":    {"- {at: 3h, for: 2h, where: {system: ident}, effect: outage}", "ident", "", 0.8},
		"two-at-once-count-once":       {"- {at: 1h, for: 2h, where: {system: ident}, effect: outage}\n- {at: 1h, for: 2h, where: {system: ident}, effect: hang}", "ident", "", 0.8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, unmonitored := up(t, play(t, systems, c.faults), c.system, c.port)
			if got < c.want-near || got > c.want+near || unmonitored != 0 {
				t.Errorf("got %.5f with %.5f unmonitored, want %.5f", got, unmonitored, c.want)
			}
		})
	}
}

// TestWorld_DependencyHitsTheStepsThatNameIt works out by shares what TPAC has when IDENT is out: of six shares, the four
// of the two transactions with a biometric step are down.
func TestWorld_DependencyHitsTheStepsThatNameIt(t *testing.T) {
	t.Parallel()
	w := play(t, catalogue(t), "- {at: 0s, for: 10h, where: {system: ident}, effect: outage}")
	down, all := 0.0, 0.0
	for _, s := range w.Stations[0].Series {
		if s.Name.System != "tpac" {
			continue
		}
		all += float64(s.Planned.Share)
		for _, step := range s.Planned.Steps {
			if step.Dependency == "ident" {
				down += float64(s.Planned.Share)
			}
		}
	}
	if got, _ := up(t, w, "tpac", ""); down == 0 || down == all || math.Abs(got-(1-down/all)) > 0.0001 {
		t.Errorf("got %.5f, want all but %v of %v shares", got, down, all)
	}
}

func TestWorld_SleepIsNoOutage(t *testing.T) {
	t.Parallel()
	w := play(t, catalogue(t), "- {at: 1h, for: 5h, where: {agent: MIA-2}, effect: asleep}\n- {at: 2h, for: 1h, where: {port: MIA, system: ident}, effect: outage}")
	// Of MIA-1's ten hours one is down, of MIA-2's five none.
	got, unmonitored := up(t, w, "ident", "MIA")
	if math.Abs(got-14.0/15) > 0.0005 || math.Abs(unmonitored-0.25) > 1e-9 {
		t.Errorf("got %.5f and %.5f unmonitored, want 14/15 and 1/4", got, unmonitored)
	}
	if issues := w.Issues(); len(issues) != 1 {
		t.Errorf("got issues %+v, want the outage alone", issues)
	}
}

func TestWorld_AnOutageOfTheCenterIsNoIssue(t *testing.T) {
	t.Parallel()
	w := play(t, catalogue(t), "- {at: 1h, for: 1h, where: {system: collector, port: MIA}, effect: partition}")
	if issues := w.Issues(); len(issues) != 0 {
		t.Errorf("got issues %+v, want none", issues)
	}
	for _, station := range w.Stations {
		at := w.Span.From.Add(90 * time.Minute)
		if cut := station.CutOff(at); cut != (station.Port == "MIA") || w.Quiet(at) {
			t.Errorf("%s: cut off: %v, quiet: %v", station.Agent, cut, w.Quiet(at))
		}
	}
	if got, _ := up(t, w, "tpac", "MIA"); got != 1 {
		t.Errorf("tpac at MIA: got %v, want it up throughout", got)
	}
}

func TestSeries_RunsAreCutAndDelayed(t *testing.T) {
	t.Parallel()
	w := play(t, catalogue(t), "- {at: 1h, for: 1h, where: {system: ident}, effect: hang}\n- {at: 3h, for: 1h, where: {dependency: ident}, effect: hang}\n- {at: 5h, for: 1h, where: {port: MIA}, effect: partition}")
	series := func(id portolan.TransactionID) *truth.Series {
		for _, s := range w.Stations[0].Series {
			if s.Name.Transaction == id {
				return s
			}
		}
		t.Fatalf("no %s", id)
		return nil
	}
	for name, c := range map[string]struct {
		series  portolan.TransactionID
		at      time.Duration
		outcome portolan.Outcome
		symptom string
		took    time.Duration
	}{
		"hangs-to-its-time-out":       {"verification", 90 * time.Minute, portolan.Failed, "verification wait timeout ", 0},
		"the-hang-ends-in-time":       {"verification", 2*time.Hour - 3*time.Second, portolan.Good, " none none ", 3*time.Second + 550*time.Millisecond},
		"the-hang-ends-late":          {"verification", 2*time.Hour - 15*time.Second, portolan.Slow, "verification wait late ", 15*time.Second + 550*time.Millisecond},
		"asked-by-another-is-told-so": {"primary-inspection", 200 * time.Minute, portolan.Failed, "biometric-verification wait status ident", 0},
		"begins-before-the-fault":     {"primary-inspection", 3*time.Hour - time.Second, portolan.Failed, "biometric-verification wait status ident", 0},
		"cut-off":                     {"primary-inspection", 330 * time.Minute, portolan.Failed, "sign-on connect timeout ", 45 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := series(c.series)
			r := s.Run(w.Span.From.Add(c.at), 1, func(float64) bool { return false })
			symptom := fmt.Sprintf("%s %s %s %s", r.Symptom.Step, r.Symptom.Phase, r.Symptom.Kind, r.Symptom.Dependency)
			if r.Outcome != c.outcome || symptom != c.symptom || c.took != 0 && r.Duration != c.took || r.Duration > s.Planned.Timeout {
				t.Errorf("got %s %q after %s, want %s %q after %s", r.Outcome, symptom, r.Duration, c.outcome, c.symptom, c.took)
			}
		})
	}
}

func TestWorld_IssuesTellScopeAndCause(t *testing.T) {
	t.Parallel()
	w := play(t, catalogue(t), `- {at: 1h, for: 10m, where: {system: ident}, effect: outage}
- {at: 2h, for: 10m, where: {port: MIA}, effect: partition}
- {at: 3h, for: 10m, where: {office: Seattle}, effect: slow, factor: 40}
- {at: 4h, for: 10m, where: {system: tpac}, effect: outage}
- {at: 5h, for: 10m, where: {system: tpac, kind: air}, effect: hang}
- {at: 6h, for: 10m, where: {agent: SEA-1}, effect: hang}
- {at: 7h, for: 10m, where: {system: tpac}, effect: wrong}
maintenance: [{at: 230m, for: 1h, where: {system: tpac}}]
changes: [{at: 410m, system: tpac, text: release}]
`)
	var got []string
	for _, i := range w.Issues() {
		got = append(got, fmt.Sprintf("%s %s %q %d agents %v", i.Scope, i.Cause, i.Component, len(i.Agents), i.Systems))
	}
	want := []string{
		`nation dependency "ident" 4 agents [ident tpac]`, `port port-network "" 2 agents [ident pals tpac]`,
		`office office-circuit "" 2 agents [ident pals tpac]`, `nation maintenance "tpac" 4 agents [tpac]`,
		`kind service "tpac" 4 agents [tpac]`, `agent workstation "" 1 agents [ident pals tpac]`, `nation change "tpac" 4 agents [tpac]`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNew_TellsWhatCannotBePlayed(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	const head = "name: x\nstart: 2017-01-30T20:00:00Z\nlength: 10h\nseed: 1\n"
	for given, want := range map[string]string{
		"fleet: {ports: [LAX]}":         `"LAX"`,
		"fleet: {ports: 500}":           "want at most 6",
		"fleet: {systems: [tpac, nix]}": "fleet.systems",
		"fleet: {systems: [tpac]}\nfaults: [{at: 1h, for: 1h, where: {system: e3-intake}, effect: outage}]": "faults[0].where: hits no step",
		"faults: [{at: 1h, for: 1h, where: {system: amoss}, effect: stale}]":                                "faults[0].effect: stale",
	} {
		s, err := sim.ParseScenario("x.yaml", []byte(head+given))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := truth.New(s, c, knownPorts(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", given, err, want)
		}
	}
}
