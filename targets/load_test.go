package targets_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/probe"
	"portolan/targets"
)

func definition(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("testdata/valid/desk.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func ids(c *targets.Catalogue) []string {
	var ids []string
	for _, s := range c.Systems {
		ids = append(ids, string(s.ID))
	}
	return ids
}

func TestLoad_ReadsTheEmbeddedCatalogue(t *testing.T) {
	t.Parallel()
	c, err := targets.Load(options())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range targets.BuiltIn() {
		if c.System(id) == nil {
			t.Errorf("file %s.yaml is not named for its system", id)
		}
	}
	tpac := c.System("tpac")
	if tpac == nil || c.System("tpa") != nil {
		t.Fatalf("got systems %q", ids(c))
	}
	want := portolan.Objective{Availability: 0.997, Window: 30 * 24 * time.Hour}
	if tpac.Objective != want {
		t.Errorf("objective: got %+v, want %+v", tpac.Objective, want)
	}
	if diff := cmp.Diff([]portolan.SystemID{"ats-qq", "mobile-primary", "pals"}, tpac.Backups); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
	var got []string
	for _, step := range tpac.Transaction("primary-inspection").Steps {
		got = append(got, strings.TrimSuffix(string(step.ID)+" "+string(step.Dependency), " "))
	}
	steps := []string{"sign-on", "read-document", "biographic-query tecs-platform", "apis-match apis", "biometric-verification ident", "decision", "sign-off"}
	if diff := cmp.Diff(steps, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestLoad_KeepsClocksConsentAndWhatExercises(t *testing.T) {
	t.Parallel()
	c, err := targets.Load(options())
	if err != nil {
		t.Fatal(err)
	}
	prosecution := c.System("e3-prosecution")
	limits := map[string]time.Duration{}
	for _, clock := range prosecution.Clocks {
		limits[clock.ID] = clock.Limit
	}
	want := map[string]time.Duration{"processing": 45 * time.Minute, "custody": 12 * time.Hour, "court": 48 * time.Hour}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Errorf("clocks (-want +got):\n%s", diff)
	}
	consent := targets.Consent{By: "e3 system owner (simulated)", Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	if prosecution.Consent != consent {
		t.Errorf("consent: got %+v, want %+v", prosecution.Consent, consent)
	}
	if diff := cmp.Diff([]string{
		"whole-subject/open-subject", "whole-subject/close-subject", "whole-subject-browser/open-subject", "whole-subject-browser/close-subject",
	}, prosecution.Exercising("e3-intake")); diff != "" {
		t.Errorf("steps that exercise e3-intake (-want +got):\n%s", diff)
	}
}

func TestLoad_FolderOverridesSystemBySystem(t *testing.T) {
	t.Parallel()
	o := options()
	o.Dir = folder(t, map[string]string{
		"ours.yml":   strings.Replace(definition(t), "system: desk", "system: tpac", 1),
		"desk.yaml":  definition(t),
		"notes.txt":  "not: a definition",
		".hid.yaml":  "not: a definition",
		"broken.bak": "\t",
	})
	c, err := targets.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	built, err := targets.Load(options())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Systems) != len(built.Systems)+1 || c.System("desk") == nil || c.System("tpac").Name != "Help desk" {
		t.Errorf("got systems %q, tpac is %q", ids(c), c.System("tpac").Name)
	}
}

func TestLoad_ReportsEveryFileOfTheFolder(t *testing.T) {
	t.Parallel()
	o := options()
	o.Dir = folder(t, map[string]string{
		"a.yaml": definition(t),
		"b.yaml": strings.Replace(definition(t), "accepted: true", "accepted: false", 1),
		"c.yaml": definition(t),
		"d.yaml": "name: [",
	})
	_, err := targets.Load(o)
	var faults strictyaml.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("got %v, want three faults", err)
	}
	for i, want := range []string{"b.yaml:4:23: synthetic.accepted: ", "c.yaml:1:9: system: system \"desk\" is defined in ", "d.yaml:1:1: syntax: "} {
		if got := faults[i].Error(); !strings.HasPrefix(got, filepath.Join(o.Dir, want)) {
			t.Errorf("fault %d: got %q, want prefix %q", i, got, want)
		}
	}
}

func TestLoad_RefusesAbsentFolder(t *testing.T) {
	t.Parallel()
	o := options()
	o.Dir = filepath.Join(t.TempDir(), "absent")
	if _, err := targets.Load(o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
}

func TestLoad_KeepsOnlyWhatIsAsked(t *testing.T) {
	t.Parallel()
	o := options()
	o.Dir = folder(t, map[string]string{"desk.yaml": definition(t)})
	o.Only = []portolan.SystemID{"desk", "desk"}
	c, err := targets.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ids(c), " "); got != "desk" {
		t.Errorf("got systems %s", got)
	}
	o.Only = []portolan.SystemID{"tpak"}
	const want = `system "tpak" is not in the catalogue: did you mean "tpac"?`
	if _, err := targets.Load(o); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLoad_ReplacesEndpoints(t *testing.T) {
	t.Parallel()
	o := options()
	o.Endpoints = map[targets.EndpointID]string{"tpac": "http://127.0.0.1:1"}
	c, err := targets.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	tpac := c.System("tpac")
	if got := tpac.Transactions[0].Values["endpoint"]; got != "http://127.0.0.1:1" || tpac.Endpoint != got {
		t.Errorf("got endpoint %q and %q", got, tpac.Endpoint)
	}
	for _, bad := range []map[targets.EndpointID]string{{"tpac.desk": "127.0.0.1:1"}, {"tpac": "localhost"}, {"none": "http://127.0.0.1:1"}} {
		o.Endpoints = bad
		if _, err := targets.Load(o); err == nil {
			t.Errorf("endpoints %v: got no error", bad)
		}
	}
}

func TestParse_UsesCron(t *testing.T) {
	t.Parallel()
	text := strings.Replace(definition(t), "    interval: 60s\n", "    cron: '*/5 6-22 * * *'\n    zone: UTC\n", 1)
	s, faults := targets.Parse("desk.yaml", []byte(text), options())
	if faults != nil {
		t.Fatal(faults)
	}
	every := func(*probe.Transaction) time.Duration { return 10 * time.Second }
	if got := s.Rate(portolan.Port{}, every); got != 0.1 || s.Transactions[0].Interval != 0 {
		t.Errorf("got rate %v and interval %v, want 0.1 and none", got, s.Transactions[0].Interval)
	}
	o := options()
	o.CheckCron = nil
	if _, faults := targets.Parse("desk.yaml", []byte(text), o); faults == nil {
		t.Error("cron was taken without a check")
	}
}

func TestCatalogue_Plan(t *testing.T) {
	t.Parallel()
	o := options()
	o.Dir = folder(t, map[string]string{"desk.yaml": definition(t)})
	o.Only = []portolan.SystemID{"desk"}
	c, err := targets.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	want := portolan.Plan{Port: "MIA", Series: []portolan.PlannedSeries{{
		System: "desk", Transaction: "ask", Revision: portolan.RevisionOf([]byte(definition(t))), Share: 1,
		Interval: time.Minute, Latency: 8 * time.Second, Timeout: 45 * time.Second,
		Steps: []portolan.PlannedStep{{Step: "greet"}, {Step: "ask", Dependency: "exchange"}},
	}}}
	if diff := cmp.Diff(want, c.Plan(portolan.Port{Code: "MIA"}, "", 0)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	want.Series[0].Interval = 10 * time.Second
	if diff := cmp.Diff(want, c.Plan(portolan.Port{Code: "MIA"}, "", 10*time.Second)); diff != "" {
		t.Errorf("plan with an interval (-want +got):\n%s", diff)
	}
	if got := c.System("desk").Rate(portolan.Port{}, nil); got != 1./60 {
		t.Errorf("rate of an agent: got %v, want one in 60 s", got)
	}
}

// deskAndPager loads two definitions alone.
func deskAndPager(t *testing.T, desk, pager string) *targets.Catalogue {
	t.Helper()
	o := options()
	o.Dir = folder(t, map[string]string{"desk.yaml": desk, "pager.yaml": pager})
	o.Only = []portolan.SystemID{"desk", "pager"}
	c, err := targets.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCatalogue_RunsWhereItIsUsed has a pager that airports and one center use, and a question to the desk that seaports
// alone ask.
func TestCatalogue_RunsWhereItIsUsed(t *testing.T) {
	t.Parallel()
	desk := strings.Replace(definition(t), "    title: Ask the desk\n", "    title: Ask the desk\n    where: {kinds: [sea]}\n", 1)
	pager := strings.NewReplacer("system: desk", "system: pager", "backups: [pager]", "where: {kinds: [air], ports: [AMOC]}").Replace(definition(t))
	c := deskAndPager(t, desk, pager)
	for name, want := range map[string]struct {
		at      portolan.Port
		runs    []portolan.SystemID
		backups int
	}{
		"air":          {portolan.Port{Code: "MIA", Kind: portolan.Air}, []portolan.SystemID{"pager"}, 1},
		"sea":          {portolan.Port{Code: "5201", Kind: portolan.Sea}, []portolan.SystemID{"desk"}, 0},
		"land":         {portolan.Port{Code: "2504", Kind: portolan.Land}, nil, 0},
		"center":       {portolan.Port{Code: "AMOC", Kind: portolan.Center}, []portolan.SystemID{"pager"}, 1},
		"other-center": {portolan.Port{Code: "NTC1", Kind: portolan.Center}, nil, 0},
		"kind-unknown": {portolan.Port{Code: "2504"}, []portolan.SystemID{"desk", "pager"}, 1},
	} {
		var runs []portolan.SystemID
		for _, s := range c.Plan(want.at, "", 0).Series {
			runs = append(runs, s.System)
		}
		if diff := cmp.Diff(want.runs, runs); diff != "" {
			t.Errorf("%s: runs (-want +got):\n%s", name, diff)
		}
		if got := c.BackupsAt(want.at, c.System("desk")); len(got) != want.backups {
			t.Errorf("%s: got backups %q, want %d", name, got, want.backups)
		}
		if got, want := c.System("desk").Rate(want.at, nil) > 0, slices.Contains(runs, "desk"); got != want {
			t.Errorf("%s: got a rate: %t, want %t", name, got, want)
		}
	}
	if got := c.System("pager").RunsAt().String(); got != "at air ports and AMOC" {
		t.Errorf("got %q", got)
	}
}

// TestCatalogue_RunsOnTheClassOfWorkstationThatUsesIt has a question to the desk that is asked at kiosks alone, and a pager
// that every workstation uses.
func TestCatalogue_RunsOnTheClassOfWorkstationThatUsesIt(t *testing.T) {
	t.Parallel()
	desk := strings.Replace(definition(t), "    title: Ask the desk\n", "    title: Ask the desk\n    where: {classes: [kiosk]}\n", 1)
	pager := strings.NewReplacer("system: desk", "system: pager", "backups: [pager]\n", "").Replace(definition(t))
	c := deskAndPager(t, desk, pager)
	at := portolan.Port{Code: "MIA", Kind: portolan.Air}
	for class, want := range map[portolan.WorkstationClass][]portolan.SystemID{
		"": {"desk", "pager"}, "kiosk": {"desk", "pager"}, "secondary": {"pager"},
	} {
		plan := c.Plan(at, class, 0)
		var runs []portolan.SystemID
		for _, s := range plan.Series {
			runs = append(runs, s.System)
		}
		if diff := cmp.Diff(want, runs); diff != "" || plan.Class != class {
			t.Errorf("class %q: plan of class %q, runs (-want +got):\n%s", class, plan.Class, diff)
		}
	}
	if !c.System("desk").UsedAt(at) || c.System("desk").Rate(at, nil) == 0 {
		t.Error("the port's kiosks use the desk: want it used there, and its load counted")
	}
}

func TestParse_WayBoundsTheInterval(t *testing.T) {
	t.Parallel()
	o := options()
	o.Ways[0].LeastInterval = 30 * time.Second
	o.Dir = folder(t, map[string]string{"desk.yaml": definition(t)})
	o.Only = []portolan.SystemID{"desk"}
	c, err := targets.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Plan(portolan.Port{Code: "MIA"}, "", 10*time.Second).Series[0].Interval; got != 30*time.Second {
		t.Errorf("an interval of 10s in place of the definition's: got %s, want the way's 30s", got)
	}
	o.Dir = folder(t, map[string]string{"desk.yaml": strings.Replace(definition(t), "interval: 60s", "interval: 15m", 1)})
	if c, err = targets.Load(o); err != nil {
		t.Fatal(err)
	}
	if got := c.Plan(portolan.Port{Code: "MIA"}, "", 10*time.Second).Series[0].Interval; got != 3*time.Minute {
		t.Errorf("an interval of 10s in place of one of 15m: got %s, want a fifth of that", got)
	}
	often := strings.NewReplacer("interval: 60s", "interval: 29s", "timeout: 45s", "timeout: 20s").Replace(definition(t))
	_, faults := targets.Parse("desk.yaml", []byte(often), o)
	want := "desk.yaml:14:15: transactions[0].interval: 29s is more often than a workstation can bear for these steps; want at least 30s"
	if faults.Error() != want {
		t.Errorf("got %v, want %s", faults, want)
	}
}

func TestCatalogue_NamesWhatItsSystemsDependOn(t *testing.T) {
	t.Parallel()
	o := options()
	o.Dir = folder(t, map[string]string{"desk.yaml": definition(t)})
	o.Only = []portolan.SystemID{"desk"}
	c, err := targets.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[portolan.SystemID]bool{"desk": true, "exchange": true, "tpac": false, "": false} {
		if got := c.Names(id); got != want {
			t.Errorf("%q: got %v, want %v", id, got, want)
		}
	}
}

func TestCatalogue_RevisionFollowsTheText(t *testing.T) {
	t.Parallel()
	o := options()
	revisions := map[portolan.Revision]bool{}
	for _, text := range []string{definition(t), definition(t) + "# changed\n", definition(t)} {
		o.Dir = folder(t, map[string]string{"desk.yaml": text})
		c, err := targets.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		revisions[c.Revision()] = true
	}
	if len(revisions) != 2 {
		t.Errorf("got %d revisions of two texts", len(revisions))
	}
}
