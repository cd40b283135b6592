package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runs is how many results of TPAC the collector holds of each agent, and when the newest began.
type runs map[string]struct {
	count  int
	newest time.Time
}

func (w *world) runs() (runs, error) {
	var answer struct {
		Rows []struct {
			Agent string
			Start time.Time
		}
	}
	if err := w.get("/api/v1/results?system=tpac&limit=1000", &answer); err != nil {
		return nil, err
	}
	found := runs{}
	for _, r := range answer.Rows {
		one := found[r.Agent]
		one.count++
		if r.Start.After(one.newest) {
			one.newest = r.Start
		}
		found[r.Agent] = one
	}
	return found, nil
}

// ctl runs the operator's tool against the collector.
func (w *world) ctl(args ...string) {
	w.t.Helper()
	args = append(args, "--collector", "http://"+w.listen)
	if out, err := exec.Command(filepath.Join(binaries, "portolanctl"), args...).CombinedOutput(); err != nil {
		w.t.Fatalf("portolanctl %v: %v: %s", args, err, out)
	}
}

// skipped returns how many runs an agent says that it left out by the kill switch.
func (w *world) skipped(agent string) string {
	text, err := getText(w.page(agent) + "/metrics")
	if err != nil {
		return err.Error()
	}
	return sampleOf(text, `portolan_agent_skipped_runs_total{reason="kill-switch",system="tpac",transaction="primary-inspection"}`)
}

// TestProbing_TheKillSwitchStopsAllAgents stops probing of a system while one agent of three is cut off from the
// collector, then restarts another, then takes the stop back.
func TestProbing_TheKillSwitchStopsAllAgents(t *testing.T) {
	t.Parallel()
	const interval = 3 * time.Second
	w := newWorld(t, interval, "MIA", "SEA", "IAD")
	begin := time.Now()
	w.until(30*time.Second, "runs of all agents", func() error {
		found, err := w.runs()
		if err == nil && len(found) < 3 {
			err = fmt.Errorf("%v", found)
		}
		return err
	})

	w.faults(`[{"where": {"port": "IAD"}, "effect": "partition"}]`)
	w.ctl("stop-probing", "--system", "tpac", "--reason", "drill", "--by", "lee")
	ordered := time.Now()
	// The tool's answer says that the order is in force; one interval is for agents to hear of it, and one run may be in
	// progress then.
	w.until(15*time.Second, "two agents to leave TPAC alone", func() error {
		for _, agent := range []string{"MIA-1", "SEA-1"} {
			if n := w.skipped(agent); n == "" {
				return fmt.Errorf("%s skipped nothing yet", agent)
			}
		}
		return nil
	})
	if n := w.skipped("IAD-1"); n != "" {
		t.Errorf("IAD-1 skipped %s runs, and cannot have heard", n)
	}
	w.faults(`[]`)
	w.until(90*time.Second, "the agent that was cut off to hear and stop", func() error {
		if w.skipped("IAD-1") == "" {
			return fmt.Errorf("it skipped nothing yet")
		}
		return nil
	})
	w.agents["MIA-1"].end(syscall.SIGKILL)
	w.collector.end(syscall.SIGTERM) // nobody can tell the agent again
	w.startAgent("MIA-1")
	w.until(20*time.Second, "an agent that was killed to remember the stop", func() error {
		if w.skipped("MIA-1") == "" {
			return fmt.Errorf("it skipped nothing yet")
		}
		return nil
	})
	w.startCollector()

	stopped, err := w.runs()
	if err != nil {
		t.Fatal(err)
	}
	for _, agent := range []string{"MIA-1", "SEA-1"} {
		if late := stopped[agent].newest.Sub(ordered); late > interval {
			t.Errorf("%s began a run %s after the order, want at most one interval of %s", agent, late, interval)
		}
	}
	w.ctl("resume-probing", "--system", "tpac", "--reason", "drill is over", "--by", "lee")
	w.until(30*time.Second, "all agents to go on", func() error {
		now, err := w.runs()
		for agent := range stopped {
			if err == nil && now[agent].count <= stopped[agent].count {
				err = fmt.Errorf("%s has not", agent)
			}
		}
		return err
	})
	w.until(30*time.Second, "excused runs in the figures, none missing", func() error { return w.excused(begin) })
}

// excused checks that what was left out counts as excused.
func (w *world) excused(begin time.Time) error {
	var answer struct {
		Rows []struct {
			Due json.RawMessage
		}
	}
	path := "/api/v1/availability?group=system&system=tpac&agent=SEA-1&from=" + begin.UTC().Format(time.RFC3339)
	if err := w.get(path, &answer); err != nil {
		return err
	}
	var due struct{ Seen, Excused, Missing int }
	if len(answer.Rows) != 1 {
		return fmt.Errorf("%d rows", len(answer.Rows))
	}
	if err := json.Unmarshal(answer.Rows[0].Due, &due); err != nil {
		return err
	}
	if due.Excused == 0 || due.Missing > 0 {
		return fmt.Errorf("due %+v", due)
	}
	return nil
}

// sampleOf returns the value of a sample in an exposition, "" if it is not there.
func sampleOf(exposition []byte, sample string) string {
	for line := range strings.Lines(string(exposition)) {
		if value, ok := strings.CutPrefix(line, sample+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
