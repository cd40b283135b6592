package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const browserTransaction = "primary-inspection-browser"

// tried is what a test reads of portolanctl try.
type tried struct {
	Outcome string
	Symptom *struct{ Step, Phase, Kind, Dependency string }
	Steps   []struct {
		Step     string
		Measures []struct{ Measure string }
		Acts     []struct{ Act string }
	}
}

// try runs TPAC's browser transaction once, as an operator would at MIA-1.
func (w *world) try(args ...string) tried {
	w.t.Helper()
	return w.tryPages("tpac", browserTransaction, "MIA-1", args...)
}

// tryPages runs a browser transaction once, as an operator would at the agent's workstation.
func (w *world) tryPages(system, transaction, agent string, args ...string) (got tried) {
	w.t.Helper()
	given := []string{"try", "../targets/catalogue/" + system + ".yaml", "--transaction", transaction, "--agent", agent, "--output", "json"}
	for _, endpoint := range w.endpoints(agent, system) {
		given = append(given, "--endpoint", endpoint)
	}
	cmd := exec.Command(filepath.Join(binaries, "portolanctl"), append(given, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(browserProgram())+string(filepath.ListSeparator)+os.Getenv("PATH"))
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || failed.ExitCode() != 1) {
		w.t.Fatalf("try: %v", err)
	}
	if err := json.Unmarshal(out, &got); err != nil {
		w.t.Fatalf("try: %v: %s", err, out)
	}
	return got
}

// check fails the test unless what was tried failed so: "STEP PHASE KIND DEPENDENCY", or its beginning.
func (got tried) check(t *testing.T, fault, want string) {
	t.Helper()
	if got.Symptom == nil {
		t.Errorf("%s: %s", fault, got.Outcome)
		return
	}
	if s := got.Symptom; !strings.HasPrefix(fmt.Sprintf("%s %s %s %s", s.Step, s.Phase, s.Kind, s.Dependency), want) {
		t.Errorf("%s: got %+v, want %s", fault, *s, want)
	}
}

// endpoints returns where an agent reaches a system, as its configuration says and portolanctl try takes it.
func (w *world) endpoints(agent, system string) (all []string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "sim", agent+".yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		id, address, found := strings.Cut(strings.TrimSpace(line), ": ")
		if _, name, further := strings.Cut(id, system+"."); found && (id == system || further) {
			all = append(all, strings.TrimPrefix(name+"="+strings.Trim(address, `"`), "="))
		}
	}
	if len(all) == 0 {
		w.t.Fatalf("no endpoint of %s in %s", system, text)
	}
	return all
}

func TestBrowser_FaultsOfThePagesGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	w := newCountry(t, "", time.Second, "MIA")
	good := w.try()
	if good.Outcome != "good" || len(good.Steps) != 5 {
		t.Fatalf("without faults: %+v", good)
	}
	for _, step := range good.Steps {
		if len(step.Acts) == 0 || len(step.Measures) != 1 || step.Measures[0].Measure != "largest-paint" {
			t.Errorf("step %s has acts %v and measures %v, want its acts and the largest paint", step.Step, step.Acts, step.Measures)
		}
	}
	pictures := filepath.Join(t.TempDir(), "pictures")
	for fault, want := range map[string]string{
		`{"where":{"system":"tpac","step":"open-client"},"effect":"wrong"}`:         "open-client check assertion ",
		`{"where":{"system":"tpac","step":"sign-on"},"effect":"wrong"}`:             "sign-on check assertion ",
		`{"where":{"system":"tecs-platform"},"effect":"wrong"}`:                     "biographic-query check assertion tecs-platform",
		`{"where":{"dependency":"tecs-platform"},"effect":"error","ratio":1}`:       "biographic-query check status tecs-platform",
		`{"where":{"system":"tpac","step":"decision"},"effect":"wrong"}`:            "decision check assertion ",
		`{"where":{"system":"tpac","step":"sign-off"},"effect":"error","ratio":1}`:  "sign-off check status ",
		`{"where":{"agent":"MIA-1","system":"tpac"},"effect":"outage"}`:             "open-client connect refused ",
		`{"where":{"system":"tpac","step":"sign-on"},"effect":"slow","factor":150}`: "sign-on wait ", // late, or past the time-out
	} {
		w.faults("[" + fault + "]")
		w.try("--screenshots", pictures).check(t, fault, want)
	}
	if taken, _ := filepath.Glob(filepath.Join(pictures, "*.png")); len(taken) < 4 {
		t.Errorf("the failures left %d pictures", len(taken))
	}
}

// TestBrowser_FaultsOfOtherPagesGiveTheirSymptoms has the TECS Portal's pages and those of e3's modules. What e3 was asked to make
// is taken away again, also where the page showed something false.
func TestBrowser_FaultsOfOtherPagesGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	w := newCountryWith(t, "tecs-portal,e3-intake,e3-processing,e3-biometrics,e3-detention,e3-prosecution", "", time.Second, "2504")
	for _, pages := range []struct {
		system, transaction string
		steps               int // of a run without faults; zero for none of these: a fault shows those before it, the clean-up those after
		faults              map[string]string
	}{
		{"tecs-portal", "lookout-search-browser", 5, map[string]string{
			`{"where":{"system":"tecs-platform"},"effect":"wrong"}`:                              "name-search check extract tecs-platform", // there is no record to open
			`{"where":{"system":"tecs-portal","step":"open-record"},"effect":"error","ratio":1}`: "open-record check status tecs-platform",
		}},
		{"e3-intake", "intake-browser", 5, map[string]string{
			`{"where":{"system":"e3-intake","step":"open-subject"},"effect":"wrong"}`: "open-subject check assertion eid",
			`{"where":{"system":"e3-intake","step":"sign-off"},"effect":"wrong"}`:     "sign-off check assertion ",
			`{"where":{"system":"eid"},"effect":"outage"}`:                            "open-subject check status eid",
		}},
		{"e3-processing", "processing-browser", 0, map[string]string{
			`{"where":{"system":"e3-processing","step":"file"},"effect":"wrong"}`: "file check assertion eid",
		}},
		{"e3-biometrics", "biometrics-browser", 0, map[string]string{
			`{"where":{"system":"ident"},"effect":"wrong"}`: "identification check assertion ident",
		}},
		{"e3-detention", "detention-browser", 0, map[string]string{
			`{"where":{"system":"e3-detention","step":"custody"},"effect":"wrong"}`: "custody check assertion eid",
		}},
		{"e3-prosecution", "prosecution-browser", 0, map[string]string{
			`{"where":{"system":"justice-upload"},"effect":"wrong"}`: "upload check assertion justice-upload",
		}},
		{"e3-prosecution", "whole-subject-browser", 13, map[string]string{
			`{"where":{"system":"e3-detention","step":"custody"},"effect":"error","ratio":1}`: "custody check status e3-detention",
		}},
	} {
		if w.faults("[]"); pages.steps > 0 {
			if got := w.tryPages(pages.system, pages.transaction, "2504-1"); got.Outcome != "good" || len(got.Steps) != pages.steps {
				t.Fatalf("%s without faults: %+v", pages.transaction, got)
			}
		}
		for fault, want := range pages.faults {
			w.faults("[" + fault + "]")
			w.tryPages(pages.system, pages.transaction, "2504-1").check(t, fault, want)
			if held := w.held(); held != 0 {
				t.Errorf("%s, %s: %d test entries are left", pages.transaction, fault, held)
			}
		}
	}
}

// held returns how many entries made as a test the simulated systems hold.
func (w *world) held() (held int) {
	w.t.Helper()
	var list struct{ Systems []struct{ Held int } }
	if err := getJSON("http://"+w.sim+"/admin/v1/systems", &list); err != nil {
		w.t.Fatal(err)
	}
	for _, s := range list.Systems {
		held += s.Held
	}
	return held
}

// resultRow is what a test reads of GET /api/v1/results.
type resultRow struct {
	Transaction string
	Outcome     string
	Steps       []struct{ Measures []struct{ Measure string } }
}

func TestBrowser_AgentRunsItAndSaysWhereItCannot(t *testing.T) {
	t.Parallel()
	w := newCountry(t, "", time.Second, "MIA", "SEA")
	w.startCollector()
	for _, agent := range []string{"MIA-1", "SEA-1"} {
		w.enroll(agent)
	}
	config := filepath.Join(w.dir, "sim", "MIA-1.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, fmt.Appendf(text, "browser: {program: %q}\n", browserProgram()), 0o600); err != nil {
		t.Fatal(err)
	}
	w.startAgent("MIA-1")
	w.startAgent("SEA-1")
	w.until(90*time.Second, "a result of the browser transaction at MIA", func() error {
		var answer struct{ Rows []resultRow }
		if err := w.get("/api/v1/results?system=tpac&port=MIA&limit=500", &answer); err != nil {
			return err
		}
		for _, row := range answer.Rows {
			if row.Transaction == browserTransaction && row.Outcome == "good" && len(row.Steps) == 5 && len(row.Steps[0].Measures) == 1 {
				return nil
			}
		}
		return fmt.Errorf("there is none among %d", len(answer.Rows))
	})
	w.until(90*time.Second, "SEA to say that it has no browser", func() error {
		log, err := os.ReadFile(w.agents["SEA-1"].log)
		if err == nil && !strings.Contains(string(log), "find portolan-browser: it is neither beside this program nor on the search path") {
			return errors.New("it does not")
		}
		return err
	})
	w.untilState(10*time.Second, "up", "MIA", "SEA")
}
