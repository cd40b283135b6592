package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/probe"
	"portolan/probe/browser"
	"portolan/probe/browser/chromium"
)

// asDriver makes this test program behave as portolan-browser does.
const asDriver = "PORTOLAN_TEST_AS_BROWSER"

func TestMain(m *testing.M) {
	if os.Getenv(asDriver) == "" || len(os.Args) > 1 { // the fuzzer starts this program too, with arguments
		os.Setenv(asDriver, "yes")
		os.Exit(m.Run())
	}
	if err := chromium.Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// station is a workstation under test.
type station struct {
	*testing.T
	here    browser.Workstation
	options probe.Options
}

// newStation returns a workstation. When the test ends, nothing that it started may be left.
func newStation(t *testing.T) *station {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &station{T: t, here: browser.Workstation{Program: own, Folder: t.TempDir()}}
	t.Cleanup(func() {
		for _, pid := range s.processes("") {
			t.Errorf("process %d is left: %s", pid, commandLine(pid))
		}
		if left, err := os.ReadDir(s.here.Folder); err != nil || len(left) > 0 {
			t.Errorf("files are left: %v, %v", left, err)
		}
	})
	return s
}

// run runs steps at an endpoint.
func (s *station) run(endpoint string, steps ...probe.Step) (portolan.Result, []*probe.Failure) {
	s.Helper()
	s.options.Tools = map[any]any{browser.WorkstationKey{}: s.here}
	tr := &probe.Transaction{System: "desk", ID: "ask", Timeout: 20 * time.Second, Steps: steps, Values: map[string]string{"endpoint": endpoint}}
	prepared, err := probe.NewRunner(s.options).Prepare(s.Context(), tr)
	if err != nil {
		s.Fatalf("prepare: %v", err)
	}
	return prepared.Perform(s.Context(), 1, 1)
}

// good runs steps whose answers must be right.
func (s *station) good(endpoint string, steps ...probe.Step) portolan.Result {
	s.Helper()
	got, failures := s.run(endpoint, steps...)
	if got.Outcome != portolan.Good {
		s.Fatalf("got %v, %+v: %v", got.Outcome, got.Symptom, failures)
	}
	return got
}

// fails runs steps of which one must fail so, and returns what it says.
func (s *station) fails(phase portolan.Phase, kind portolan.ErrorKind, endpoint string, steps ...probe.Step) error {
	s.Helper()
	got, failures := s.run(endpoint, steps...)
	if got.Outcome != portolan.Failed || got.Symptom.Phase != phase || got.Symptom.Kind != kind {
		s.Fatalf("got %v, %v in %v (%v), want %v in %v", got.Outcome, got.Symptom.Kind, got.Symptom.Phase, failures, kind, phase)
	}
	for _, f := range failures {
		if f != nil {
			return f
		}
	}
	return nil
}

// processes returns the processes of this workstation's browsers whose command line holds a text, the driver's apart.
func (s *station) processes(text string) []int {
	s.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		s.Fatal(err)
	}
	var found []int
	for _, file := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if line := commandLine(pid); strings.Contains(line, s.here.Folder) && strings.Contains(line, text) {
			found = append(found, pid)
		}
	}
	return found
}

// commandLine returns a process's command line; empty if there is no such process.
func commandLine(pid int) string {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.ReplaceAll(string(line), "\x00", " ")
}

// serve serves a page for each pattern.
func serve(t *testing.T, pages map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, page := range pages {
		mux.HandleFunc(pattern, page)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

// html is a page of that text.
func html(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>A page</title>", text)
	}
}

// step decodes a step whose part "browser" is this YAML.
func step(t testing.TB, id portolan.StepID, source string) probe.Step {
	t.Helper()
	action, faults := browser.Way().Decode(func(into any) error {
		err := yaml.Unmarshal([]byte(source), into)
		if err != nil {
			t.Errorf("decode %s: %v", source, err)
		}
		return err
	})
	if len(faults) > 0 || action == nil {
		t.Fatalf("decode %s: %v", source, faults)
	}
	return probe.Step{ID: id, Action: action}
}

// within bounds a step.
func within(limit time.Duration, s probe.Step) probe.Step {
	s.Timeout = limit
	return s
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
