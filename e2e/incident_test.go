package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// incidentRow is what a test reads of GET /api/v1/incidents.
type incidentRow struct {
	ID        string
	Scope     struct{ Level, Port string }
	Component string
	Systems   []string
	Cause     string
	Silent    bool
	Ports     []string
	Start     time.Time
	End       *time.Time
	Known     time.Time
	Why       string
}

func (w *world) incidents(query string) ([]incidentRow, error) {
	var answer struct{ Rows []incidentRow }
	err := w.get("/api/v1/incidents?"+query, &answer)
	return answer.Rows, err
}

// untilIncident waits until an incident is there that fits.
func (w *world) untilIncident(limit time.Duration, query string, fits func(incidentRow) bool) (found incidentRow) {
	w.t.Helper()
	w.until(limit, "an incident", func() error {
		rows, err := w.incidents(query)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if fits(row) {
				found = row
				return nil
			}
		}
		return fmt.Errorf("there are %+v", rows)
	})
	return found
}

// IDENT fails everywhere: one incident says so within seconds, names the dependency, shows on the pages, and ends with the
// repair. A port that is cut off is one by its silence, which its own evidence corrects when it is back.
func TestIncident_DependencyAndSilentPort(t *testing.T) {
	t.Parallel()
	ports := []string{"MIA", "SEA", "IAD"}
	w := newWorld(t, 2*time.Second, ports...)
	w.untilState(30*time.Second, "up", ports...)

	broken := time.Now()
	w.faults(`[{"where":{"dependency":"ident"},"effect":"outage"}]`)
	i := w.untilIncident(20*time.Second, "open=true", func(i incidentRow) bool { return len(i.Ports) == len(ports) })
	if i.Component != "ident" || i.Cause != "dependency" || i.Scope.Level != "nation" || i.Start.Before(broken.Add(-2*time.Second)) || i.Start.After(broken.Add(10*time.Second)) {
		t.Errorf("IDENT failed at %s: got %+v", broken.Format(time.RFC3339), i)
	}
	t.Logf("known %s after the first run that was hit: %s", i.Known.Sub(i.Start), i.Why)
	for _, path := range []string{"/", "/incidents", "/ports/MIA"} {
		page, err := getText("http://" + w.listen + path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), i.ID) || !strings.Contains(string(page), "likely IDENT") {
			t.Errorf("%s does not tell of %s", path, i.ID)
		}
	}
	w.faults(`[]`)
	w.untilIncident(60*time.Second, "", func(row incidentRow) bool { return row.ID == i.ID && row.End != nil })

	w.faults(`[{"where":{"port":"MIA"},"effect":"partition"}]`)
	silent := w.untilIncident(90*time.Second, "open=true&port=MIA", func(i incidentRow) bool { return i.Silent })
	if silent.Scope.Port != "MIA" || silent.Cause != "port-network" {
		t.Errorf("MIA was cut off: got %+v", silent)
	}
	w.faults(`[]`)
	w.untilIncident(3*time.Minute, "port=MIA", func(i incidentRow) bool {
		corrected := os.Getenv("PORTOLAN_SOAK") == "" || strings.Contains(i.Why, "measured meanwhile") // two minutes later
		return i.ID == silent.ID && i.End != nil && corrected
	})
}
