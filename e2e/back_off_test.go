package e2e

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// backOffInForce reports whether agents are asked to back off from TPAC.
func (w *world) backOffInForce() (bool, error) {
	var answer struct {
		InForce struct {
			BackOffs []struct{ System string } `json:"back_offs"`
		} `json:"in_force"`
	}
	err := w.get("/api/v1/probing?system=tpac", &answer)
	return len(answer.InForce.BackOffs) == 1, err
}

// leftOut returns how many runs an agent left out because it was asked to back off.
func (w *world) leftOut(agent string) string {
	text, err := getText(w.page(agent) + "/metrics")
	if err != nil {
		return err.Error()
	}
	return sampleOf(text, `portolan_agent_skipped_runs_total{reason="back-off",system="tpac",transaction="primary-inspection"}`)
}

// TestBackOff_ATenthOfTheAgentsKeepsTheFullRate has TPAC fail at all of three agents, of which one is the tenth that keeps
// the full rate.
func TestBackOff_ATenthOfTheAgentsKeepsTheFullRate(t *testing.T) {
	t.Parallel()
	const interval, factor = time.Second, 4
	agents := []string{"MIA-1", "SEA-1", "IAD-1"}
	w := newCountry(t, fmt.Sprintf("send_interval: 1s\nback_off: {agents: 3, after: 1s, factor: %d}\n", factor), interval, "MIA", "SEA", "IAD")
	w.startCollector()
	for _, agent := range agents {
		w.enroll(agent)
		w.sendOften(agent)
		w.startAgent(agent)
	}
	w.untilState(30*time.Second, "up", "MIA", "SEA", "IAD")

	w.faults(`[{"where":{"system":"tpac"},"effect":"outage"}]`)
	w.until(30*time.Second, "two agents to leave runs out", func() error {
		if in, err := w.backOffInForce(); err != nil || !in {
			return fmt.Errorf("back-off in force: %t, %v", in, err)
		}
		return w.backedOff(agents, 2)
	})
	var full string
	for _, agent := range agents {
		if w.leftOut(agent) == "" {
			full = agent
		}
	}
	w.until(30*time.Second, "runs of all agents under the back-off", func() error { return w.holdsLonger(agents, full, interval, factor) })

	w.faults(`[]`)
	w.until(40*time.Second, "the back-off to end, since the agent with the full rate sees TPAC up", func() error {
		in, err := w.backOffInForce()
		if err == nil && in {
			err = fmt.Errorf("it is in force")
		}
		return err
	})
	w.untilState(20*time.Second, "up", "MIA", "SEA", "IAD")
	if err := w.backedOff(agents, 2); err != nil {
		t.Errorf("in the end: %v", err)
	}
	for _, agent := range agents {
		w.until(20*time.Second, "the left-out runs of "+agent+" to be excused, and none missing", func() error { return w.accounted(agent, agent != full) })
	}
}

// sendOften has an agent send every second.
func (w *world) sendOften(agent string) {
	w.t.Helper()
	path := filepath.Join(w.dir, "sim", agent+".yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	often := strings.Replace(string(text), "collector: {", "collector: {every: 1s, ", 1)
	if err := os.WriteFile(path, []byte(often), 0o600); err != nil || often == string(text) {
		w.t.Fatalf("have %s send often: %v: %s", agent, err, text)
	}
}

// backedOff checks how many of the agents leave runs out.
func (w *world) backedOff(agents []string, want int) error {
	got := map[string]string{}
	for _, agent := range agents {
		if n := w.leftOut(agent); n != "" {
			got[agent] = n
		}
	}
	if len(got) != want {
		return fmt.Errorf("%d of %d agents leave runs out: %v", len(got), len(agents), got)
	}
	return nil
}

// holdsLonger checks that each agent's last result says that it holds for as long as the back-off calls for: those of the
// agent with the full rate say nothing.
func (w *world) holdsLonger(agents []string, full string, interval time.Duration, factor int) error {
	long := 2.5 * float64(factor) * interval.Seconds()
	for _, agent := range agents {
		var answer struct {
			Rows []struct {
				Outcome string
				Hold    float64 `json:"hold_seconds"`
			}
		}
		window := url.Values{"from": {time.Now().Add(-2 * time.Duration(factor) * interval).UTC().Format(time.RFC3339)}}
		if err := w.get("/api/v1/results?system=tpac&transaction=primary-inspection&agent="+agent+"&"+window.Encode(), &answer); err != nil {
			return err
		}
		if len(answer.Rows) == 0 {
			return fmt.Errorf("no result of %s", agent)
		}
		last := answer.Rows[len(answer.Rows)-1]
		if agent == full && (last.Hold != 0 || len(answer.Rows) < factor) || agent != full && last.Hold != long || last.Outcome != "failed" {
			return fmt.Errorf("%s, where %s has the full rate: %d results, the last %+v, want a hold of %g s", agent, full, len(answer.Rows), last, long)
		}
	}
	return nil
}

// accounted checks that none of an agent's due runs is missing, and whether some are excused.
func (w *world) accounted(agent string, excused bool) error {
	var answer struct {
		Rows []struct {
			Due struct{ Seen, Excused, Missing int }
		}
	}
	from := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	if err := w.get("/api/v1/availability?group=transaction&system=tpac&transaction=primary-inspection&agent="+agent+"&from="+from, &answer); err != nil {
		return err
	}
	if len(answer.Rows) != 1 {
		return fmt.Errorf("%d rows", len(answer.Rows))
	}
	if due := answer.Rows[0].Due; due.Seen == 0 || due.Missing > 0 || (due.Excused > 0) != excused {
		return fmt.Errorf("due %+v", due)
	}
	return nil
}
