package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/probe"
	"portolan/probe/web"
)

// decode returns the action that a step's part "web" defines, and its faults.
func decode(t testing.TB, source string) (probe.Action, []probe.Fault) {
	t.Helper()
	return web.Way().Decode(func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(source))
		d.KnownFields(true)
		err := d.Decode(into)
		if err != nil {
			t.Errorf("%v in\n%s", err, source)
		}
		return err
	})
}

// transaction returns one whose steps "a", "b", ... have these definitions. Each step exercises a dependency
// named after it.
func transaction(t testing.TB, sources ...string) *probe.Transaction {
	t.Helper()
	tr := &probe.Transaction{System: "tpac", ID: "test", Timeout: 30 * time.Second, Values: map[string]string{}}
	for i, source := range sources {
		act, faults := decode(t, source)
		if len(faults) > 0 {
			t.Fatalf("faults %+v in\n%s", faults, source)
		}
		id := string(rune('a' + i))
		tr.Steps = append(tr.Steps, probe.Step{ID: portolan.StepID(id), Dependency: portolan.SystemID("dep-" + id), Action: act})
	}
	return tr
}

// serve starts a server and returns its address.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// ask runs the steps against endpoint and returns the result.
func ask(t testing.TB, endpoint string, sources ...string) (portolan.Result, []*probe.Failure) {
	t.Helper()
	tr := transaction(t, sources...)
	tr.Values["endpoint"] = endpoint
	return probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
}

// mustAsk is ask for steps that all get the right answer.
func mustAsk(t testing.TB, endpoint string, sources ...string) portolan.Result {
	t.Helper()
	result, failures := ask(t, endpoint, sources...)
	if result.Outcome != portolan.Good {
		t.Fatalf("got %v %+v: %v", result.Outcome, result.Symptom, failures)
	}
	return result
}

// wantSymptom checks that the run failed at a step, in a phase, by a kind.
func wantSymptom(t testing.TB, got portolan.Result, failures []*probe.Failure, step portolan.StepID, phase portolan.Phase, kind portolan.ErrorKind) {
	t.Helper()
	want := portolan.Symptom{Step: step, Phase: phase, Kind: kind, Dependency: portolan.SystemID("dep-" + string(step))}
	if got.Outcome != portolan.Failed || got.Symptom != want {
		t.Errorf("got %v %+v\nwant failed %+v\n%v", got.Outcome, got.Symptom, want, failures)
	}
}

// reached returns the names of the phases that a step reached.
func reached(s portolan.StepResult) string {
	var names bytes.Buffer
	for p := portolan.PhaseNone; int(p) < portolan.Phases; p++ {
		if _, ok := s.Phases.Get(p); ok {
			fmt.Fprintf(&names, "%v ", p)
		}
	}
	return strings.TrimSpace(names.String())
}
