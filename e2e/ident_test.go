package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// stateRow is what a test reads of GET /api/v1/state.
type stateRow struct {
	Port     string    `json:"port"`
	System   string    `json:"system"`
	State    string    `json:"state"`
	Since    time.Time `json:"since"`
	Affected int       `json:"affected"`
	Symptom  *struct {
		Step       string `json:"step"`
		Phase      string `json:"phase"`
		Kind       string `json:"kind"`
		Dependency string `json:"dependency"`
	} `json:"symptom"`
}

func (w *world) states() (map[string]stateRow, error) {
	var answer struct{ Rows []stateRow }
	if err := w.get("/api/v1/state", &answer); err != nil {
		return nil, err
	}
	states := map[string]stateRow{}
	for _, row := range answer.Rows {
		if row.System == "tpac" {
			states[row.Port] = row
		}
	}
	return states, nil
}

// untilState waits until TPAC is in the state at every port, as the API and the central page show it.
func (w *world) untilState(limit time.Duration, state string, ports ...string) map[string]stateRow {
	w.t.Helper()
	var last map[string]stateRow
	w.until(limit, fmt.Sprintf("TPAC %s at %v", state, ports), func() error {
		states, err := w.states()
		if err != nil {
			return err
		}
		for _, port := range ports {
			if states[port].State != state {
				return fmt.Errorf("%s is %q", port, states[port].State)
			}
		}
		last = states
		return nil
	})
	return last
}

func TestIdent_BreakAndRepairShowWithinTwoIntervals(t *testing.T) {
	t.Parallel()
	ports := []string{"MIA", "SEA", "IAD"}
	const interval = 4 * time.Second
	w := newWorld(t, interval, ports...)
	w.untilState(30*time.Second, "up", ports...)

	w.faults(`[{"where":{"system":"ident"},"effect":"outage"}]`)
	for port, row := range w.untilState(2*interval, "down", ports...) {
		if row.Symptom == nil || row.Symptom.Step != "biometric-verification" || row.Symptom.Dependency != "ident" {
			t.Errorf("%s: symptom = %+v, want step biometric-verification of dependency ident", port, row.Symptom)
		}
		if row.Affected != 1 {
			t.Errorf("%s: affected = %d, want its one agent", port, row.Affected)
		}
	}
	page, err := getText("http://" + w.listen + "/")
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ToLower(string(page)); !strings.Contains(text, "down") || !strings.Contains(text, "ident") {
		t.Error("the central page names neither the state nor IDENT")
	}

	w.faults(`[]`)
	w.untilState(2*interval, "up", ports...)
}

func TestPartition_ShowsAtThatPortAlone(t *testing.T) {
	t.Parallel()
	const interval = 4 * time.Second
	w := newWorld(t, interval, "MIA", "SEA")
	w.untilState(30*time.Second, "up", "MIA", "SEA")

	w.faults(`[{"where":{"port":"MIA"},"effect":"partition"}]`)
	// The port's own page goes on with the network cut: the workstation itself sees TPAC fail.
	w.until(90*time.Second, "MIA-1 to see TPAC fail", func() error {
		if success, err := w.agentMetric("MIA-1", "probe_success"); err != nil || success != 0 {
			return fmt.Errorf("probe_success = %d (%v)", success, err)
		}
		return nil
	})
	page, err := getText(w.page("MIA-1") + "/")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`From this workstation: \d+ down`).Match(page) {
		t.Errorf("MIA's own page does not say that TPAC is down:\n%s", page)
	}
	if states, err := w.states(); err != nil || states["SEA"].State != "up" {
		t.Errorf("SEA is %q (%v), want up: its network is whole", states["SEA"].State, err)
	}

	w.faults(`[]`)
	w.untilState(90*time.Second, "up", "MIA", "SEA")
	// What the port had while it was cut off arrives now, and counts when it happened.
	w.until(60*time.Second, "MIA's failures to arrive", func() error {
		rows, err := w.availability("port=MIA&group=port,system")
		if err != nil {
			return err
		}
		if len(rows) != 1 || rows[0].Down == 0 {
			return fmt.Errorf("rows = %+v", rows)
		}
		return nil
	})
}

// availabilityRow is what a test reads of GET /api/v1/availability.
type availabilityRow struct {
	System      string   `json:"system"`
	Port        string   `json:"port"`
	Agent       string   `json:"agent"`
	Up          float64  `json:"up_seconds"`
	Slow        float64  `json:"slow_seconds"`
	Down        float64  `json:"down_seconds"`
	Unmonitored float64  `json:"unmonitored_seconds"`
	Coverage    *float64 `json:"coverage"`
	Revision    int      `json:"revision"`
	Provisional bool     `json:"provisional"`
	EndUser     *struct {
		Ratio, Low, High float64
	} `json:"end_user"`
}

func (w *world) availability(query string) ([]availabilityRow, error) {
	var answer struct{ Rows []availabilityRow }
	now := time.Now().UTC()
	window := fmt.Sprintf("from=%s&to=%s&", now.Add(-time.Hour).Format(time.RFC3339), now.Format(time.RFC3339))
	if strings.Contains(query, "from=") {
		window = ""
	}
	err := w.get("/api/v1/availability?"+window+query, &answer)
	return answer.Rows, err
}
