package sim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/internal/ways"
	"portolan/probe"
	"portolan/schedule"
	"portolan/sim/fault"
	"portolan/sim/screening"
	"portolan/targets"
)

// catalogue is the built-in one.
func catalogue(t *testing.T) *targets.Catalogue {
	t.Helper()
	c, err := targets.Load(targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// definition is one system of the built-in catalogue, changed; to read one file takes a twentieth of the time.
func definition(t *testing.T, id portolan.SystemID, change func([]byte) []byte) *targets.System {
	t.Helper()
	file := filepath.Join("..", "targets", "catalogue", string(id)+".yaml")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	system, faults := targets.Parse(file, change(source), targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron})
	if faults != nil {
		t.Fatal(faults)
	}
	return system
}

// workstation runs the catalogue's transactions against a world as an agent does.
type workstation struct {
	world
	runner *probe.Runner
	system *targets.System
}

func (w world) workstation(agent portolan.AgentID, id portolan.SystemID) workstation {
	w.t.Helper()
	return w.workstationFor(agent, definition(w.t, id, func(source []byte) []byte { return source }))
}

// workstationFor is workstation for a definition of one's own.
func (w world) workstationFor(agent portolan.AgentID, system *targets.System) workstation {
	w.t.Helper()
	for _, endpoint := range system.EndpointIDs() {
		_, name := endpoint.Split()
		if err := system.Redirect(name, w.link(agent, endpoint).url()); err != nil {
			w.t.Fatal(err)
		}
	}
	runner := probe.NewRunner(probe.Options{Values: map[string]string{"agent": string(agent), "port": string(agent.Port())}})
	return workstation{w, runner, system}
}

func (w world) link(agent portolan.AgentID, endpoint targets.EndpointID) *link {
	w.t.Helper()
	at := slices.IndexFunc(w.links, func(l *link) bool { return l.origin.Agent == agent && l.endpoint == endpoint })
	if at < 0 {
		w.t.Fatalf("no relay from %s to %s", agent, endpoint)
	}
	return w.links[at]
}

// run runs a transaction once, with another latency objective and time-out; zero leaves them.
func (w workstation) run(id portolan.TransactionID, latency, timeout time.Duration) portolan.Result {
	w.t.Helper()
	found := w.system.Transaction(id)
	if found == nil {
		w.t.Fatalf("%s has no transaction %s", w.system.ID, id)
	}
	transaction := *found
	transaction.Latency, transaction.Timeout = cmp.Or(latency, found.Latency), cmp.Or(timeout, found.Timeout)
	result, _ := w.runner.Run(w.t.Context(), &transaction, 1, 1)
	return result
}

// try runs a transaction once, and returns what failed too; a time-out of zero is the transaction's own.
func (w workstation) try(id portolan.TransactionID, timeout time.Duration) (portolan.Result, []*probe.Failure) {
	transaction := *w.system.Transaction(id)
	transaction.Timeout = cmp.Or(timeout, transaction.Timeout)
	return w.runner.Run(w.t.Context(), &transaction, 1, 1)
}

// held returns how many entries made as a test all systems together hold.
func (w world) held() int {
	w.t.Helper()
	_, body := w.admin(http.MethodGet, "/admin/v1/systems", "")
	var list addresses
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		w.t.Fatal(err)
	}
	held := 0
	for _, s := range list.Systems {
		if s.Held != nil {
			held += *s.Held
		}
	}
	return held
}

func TestCatalogue_StepsAreTheSystemsOwn(t *testing.T) {
	t.Parallel()
	all := screening.All(screening.Settings{})
	for _, system := range catalogue(t).Systems {
		simulated, here := systemOf(all, system.ID)
		if !here {
			continue
		}
		served := simulated.Steps()
		for _, through := range simulated.Via {
			other, _ := systemOf(all, through)
			served = append(served, other.Steps()...)
		}
		for _, transaction := range system.Transactions {
			for _, step := range transaction.Steps {
				if !slices.Contains(served, step.ID) {
					t.Errorf("%s %s: step %s is not simulated, %q are", system.ID, transaction.ID, step.ID, served)
				}
			}
		}
		for _, d := range system.Dependencies {
			if !slices.Contains(simulated.Needs(), d.System) {
				t.Errorf("%s depends on %s, its simulation on %q", system.ID, d.System, simulated.Needs())
			}
		}
	}
}

const short = 800 * time.Millisecond // long enough for every run, on a busy machine too

func TestCatalogue_FaultsGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	for system, cases := range symptomCases(t) {
		t.Run(string(system), func(t *testing.T) {
			t.Parallel()
			o := Options{Systems: []string{string(system)}, Ports: []string{"MIA"}}
			patient := start(t, o).workstation("MIA-1", system)
			o.Upstream = upstream
			station := start(t, o).workstation("MIA-1", system)
			for _, c := range cases {
				if c.effect == fault.Slow { // its systems wait for each other as long as they must
					patient.check(c)
				} else {
					station.check(c)
				}
			}
			checkWhole(t, station.system, cases)
		})
	}
}

// check runs a case.
func (w workstation) check(c symptomCase) {
	w.t.Helper()
	w.put(c.faults())
	if r := w.run(c.transaction, c.latency(), c.timeout()); r.Outcome != c.outcome || r.Symptom != c.symptom {
		w.t.Errorf("line %d: got %v %+v, want %v %+v", c.line, r.Outcome, r.Symptom, c.outcome, c.symptom)
	}
	w.repair()
	if r := w.run(c.transaction, 0, 0); r.Outcome != portolan.Good {
		w.t.Fatalf("line %d: after the repair: %v %+v", c.line, r.Outcome, r.Symptom)
	}
}

// checkWhole fails unless a system is broken in every way, and each of its dependencies is.
func checkWhole(t *testing.T, s *targets.System, cases []symptomCase) {
	t.Helper()
	effects, pointed := map[fault.Effect]bool{}, map[portolan.SystemID]bool{}
	for _, c := range cases {
		effects[c.effect] = true
		pointed[c.symptom.Dependency] = true
	}
	for _, effect := range []fault.Effect{fault.Outage, fault.Hang, fault.Slow, fault.Error, fault.Wrong} {
		if !effects[effect] {
			t.Errorf("no case with effect %s", effect)
		}
	}
	for _, d := range s.Dependencies {
		if !pointed[d.System] {
			t.Errorf("no case that points to %s", d.System)
		}
	}
}

// TestCatalogue_OldCopyIsNoticed lets ATS-QQ's copy grow old, by a limit that is shorter than the catalogue's.
func TestCatalogue_OldCopyIsNoticed(t *testing.T) {
	t.Parallel()
	impatient := func(source []byte) []byte {
		return bytes.Replace(source, []byte(`duration("15m")`), []byte(`duration("1s")`), 1)
	}
	for name, broken := range map[string]string{
		"copying":     `[{"where":{"system":"ats-qq"},"effect":"stale"}]`,
		"tecs-outage": `[{"where":{"system":"tecs-platform"},"effect":"outage"}]`,
		"tecs-hang":   `[{"where":{"system":"tecs-platform"},"effect":"hang"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, Options{Systems: []string{"ats-qq"}, Ports: []string{"MIA"}})
			station := w.workstationFor("MIA-1", definition(t, "ats-qq", impatient))
			if r := station.run("quick-query", 0, 0); r.Outcome != portolan.Good {
				t.Fatalf("without faults: %v %+v", r.Outcome, r.Symptom)
			}
			w.put(broken)
			want := portolan.Symptom{Step: "data-age", Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion, Dependency: "tecs-platform"}
			var r portolan.Result
			for begun := time.Now(); r.Outcome != portolan.Failed && time.Since(begun) < patience; {
				r = station.run("quick-query", 0, 0)
			}
			if r.Symptom != want {
				t.Errorf("got %v %+v, want %+v", r.Outcome, r.Symptom, want)
			}
		})
	}
}

// TestCatalogue_EveryFalseAnswerIsNoticed breaks each step alone. What was made as a test must be gone after each
// run, unless the step that takes it away is the broken one.
func TestCatalogue_EveryFalseAnswerIsNoticed(t *testing.T) {
	t.Parallel()
	for system := range symptomCases(t) {
		t.Run(string(system), func(t *testing.T) {
			t.Parallel()
			w := start(t, Options{Systems: []string{string(system)}, Ports: []string{"MIA"}})
			station := w.workstation("MIA-1", system)
			for _, transaction := range station.system.Transactions {
				if transaction.LeastInterval > 0 {
					continue // it needs a browser: e2e has one
				}
				for _, step := range transaction.Steps {
					for effect, kinds := range map[string][]portolan.ErrorKind{
						`"wrong"`:             {portolan.KindAssertion, portolan.KindStatus, portolan.KindExtract},
						`"error","ratio":1.0`: {portolan.KindStatus},
					} {
						w.put(fmt.Sprintf(`[{"where":{"agent":"MIA-1","step":%q},"effect":%s}]`, step.ID, effect))
						before := w.held()
						r := station.run(transaction.ID, 0, 0)
						if r.Outcome != portolan.Failed || r.Symptom.Step != step.ID || !slices.Contains(kinds, r.Symptom.Kind) || r.Symptom.Dependency != step.Dependency {
							t.Errorf("%s %s, %s: got %v %+v", transaction.ID, step.ID, effect, r.Outcome, r.Symptom)
						}
						w.repair()
						if after := w.held(); after > before && !step.Always {
							t.Errorf("%s %s, %s: %d test entries are left", transaction.ID, step.ID, effect, after-before)
						}
					}
				}
			}
		})
	}
}

// TestCatalogue_WhatALostAnswerConfirmedIsTakenAway loses the answer to each step that makes something: the system does what it
// was asked, and says so too late. With the steps that clean up it is gone; without them it is there still.
func TestCatalogue_WhatALostAnswerConfirmedIsTakenAway(t *testing.T) {
	t.Parallel()
	for _, made := range []struct {
		system      portolan.SystemID
		transaction portolan.TransactionID
		step        portolan.StepID
	}{
		{"tpac", "referral", "referral"},
		{"vehicle-face", "face-match", "capture"},
		{"mobile-primary", "mobile-inspection", "i-94"},
		{"automated-passport-control", "kiosk-dialogue", "receipt"},
		{"global-entry", "card", "receipt"},
		{"e3-intake", "intake", "open-subject"},
		{"e3-processing", "processing", "file"},
		{"e3-prosecution", "prosecution", "filing"},
		{"e3-prosecution", "prosecution", "upload"},
		{"justice-upload", "direct", "upload"},
	} {
		t.Run(string(made.system)+"-"+string(made.step), func(t *testing.T) {
			t.Parallel()
			w := start(t, Options{Systems: []string{string(made.system)}, Ports: []string{"MIA"}, LatencyScale: 0.02})
			w.put(fmt.Sprintf(`[{"where":{"system":%q,"step":%q},"effect":"slow","factor":1000}]`, made.system, made.step))
			for _, always := range []string{"true", "false"} {
				system := definition(t, made.system, func(source []byte) []byte {
					return bytes.ReplaceAll(source, []byte("always: true"), []byte("always: "+always))
				})
				r := w.workstationFor("MIA-1", system).run(made.transaction, 0, short)
				if r.Symptom.Step != made.step || r.Symptom.Kind != portolan.KindTimeout {
					t.Fatalf("got %v %+v, want a time-out at %s", r.Outcome, r.Symptom, made.step)
				}
				if held := w.held(); (held > 0) != (always == "false") {
					t.Errorf("cleaning up %s: %d test entries are held", always, held)
				}
			}
		})
	}
}
