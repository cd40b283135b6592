package browser_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"portolan"
	"portolan/probe"
	"portolan/probe/browser"
)

// interfering is an action that does something to the workstation's processes in place of talking.
type interfering struct{ do func() }

var _ probe.Action = interfering{}

func (i interfering) Perform(context.Context, *probe.Run) probe.Observation {
	i.do()
	return probe.Observation{}
}
func (interfering) Needs() []string { return nil }
func (interfering) Gives() []string { return nil }

// signal sends a signal to processes.
func (s *station) signal(signal syscall.Signal, pids []int) {
	if len(pids) == 0 {
		s.Error("there is no process to send a signal to")
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, signal); err != nil {
			s.Errorf("send %v to %d: %v", signal, pid, err)
		}
	}
}

// mains returns the browser's own process: those that it starts have a type.
func (s *station) mains() []int {
	return slices.DeleteFunc(s.processes("--headless"), func(pid int) bool { return strings.Contains(commandLine(pid), "--type=") })
}

// drivers returns the parents of the browser's own process.
func (s *station) drivers() []int {
	var all []int
	for _, pid := range s.mains() {
		stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
		if err != nil {
			s.Fatal(err)
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		all = append(all, atoi(s.T, fields[1]))
	}
	return all
}

// What goes wrong with the browser is the monitor's fault, is told, and leaves nothing behind (newStation looks).
func TestPerform_TroubleWithTheBrowserIsTheMonitors(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, map[string]http.HandlerFunc{
		"/":    html(signOnForm),
		"/big": html(`<p>Big</p><script>const all = []; setInterval(() => all.push(new Uint8Array(32 << 20).fill(1)), 10)</script>`),
	})
	const open, again = `{actions: [{open: "${endpoint}/"}]}`, `{actions: [{wait: "#never"}]}`
	for name, c := range map[string]struct {
		says  string
		harm  func(*station)
		after string
	}{
		"browser-hangs":   {"the browser does not answer", func(s *station) { s.signal(syscall.SIGSTOP, s.mains()) }, again},
		"driver-hangs":    {"the browser hung and was killed", func(s *station) { s.signal(syscall.SIGSTOP, s.drivers()) }, again},
		"browser-crashes": {"", func(s *station) { s.signal(syscall.SIGSEGV, s.mains()) }, again},
		"page-crashes":    {"the page's process ended", func(s *station) { s.signal(syscall.SIGKILL, s.processes("--type=renderer")) }, again},
		"memory":          {"MiB of memory, more than the 400 MiB", func(*station) {}, `{actions: [{open: "${endpoint}/big"}, {wait: "#never"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation(t)
			s.here.MaxMemory = 400 << 20
			limit := 1500 * time.Millisecond
			if name == "memory" {
				limit = 15 * time.Second
			}
			begun := time.Now()
			err := s.fails(portolan.PhaseNone, portolan.KindMonitor, endpoint, step(t, "open", open),
				probe.Step{ID: "harm", Action: interfering{func() { c.harm(s); begun = time.Now() }}}, within(limit, step(t, "a", c.after)))
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v, want %q", err, c.says)
			}
			if took := time.Since(begun); took > limit+5*time.Second {
				t.Errorf("the run went on for %v after its %v", took, limit)
			}
		})
	}
}

// An agent that is killed cannot clean up: portolan-browser does when its input ends.
func TestDriver_EndsWithItsInput(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	cmd := exec.Command(s.here.Program)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	orders, answers := json.NewEncoder(in), json.NewDecoder(out)
	if err := orders.Encode(browser.Order{Start: &browser.Start{Profile: filepath.Join(s.here.Folder, "profile")}}); err != nil {
		t.Fatal(err)
	}
	var answer browser.Answer
	if err := answers.Decode(&answer); err != nil || !strings.Contains(answer.Ready, "Chrom") {
		t.Fatalf("got %+v, %v, want a browser that is ready", answer, err)
	}
	hang := browser.Task{Acts: []browser.Act{{Verb: browser.Wait, On: "#never"}}, Within: time.Hour}
	if err := orders.Encode(browser.Order{Step: &hang}); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestPrepare_TellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says string
		lose func(*browser.Workstation)
	}{
		"no-driver":  {"no such file", func(w *browser.Workstation) { w.Program = "/nowhere/portolan-browser" }},
		"no-browser": {"/nowhere/chromium", func(w *browser.Workstation) { w.Browser = "/nowhere/chromium" }},
		"no-folder":  {"make a folder for the browser", func(w *browser.Workstation) { w.Folder = "/nowhere" }},
		"other-tool": {"portolan-browser ended", func(w *browser.Workstation) { w.Program = "/bin/true" }},
		"echoes":     {"/bin/cat is not portolan-browser", func(w *browser.Workstation) { w.Program = "/bin/cat" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation(t)
			here := s.here
			c.lose(&here)
			runner := probe.NewRunner(probe.Options{Tools: map[any]any{browser.WorkstationKey{}: here}})
			tr := &probe.Transaction{System: "desk", ID: "ask", Steps: []probe.Step{step(t, "a", `{actions: [{open: "http://127.0.0.1:9443"}]}`)}}
			_, err := runner.Prepare(t.Context(), tr)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Prepare = %v, want %q", err, c.says)
			}
		})
	}
}
