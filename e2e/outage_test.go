package e2e

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// A collector that was away: the results that it missed arrive afterwards, count when they happened, change
// neither the current state nor an alarm, and mark the windows that they touch as revised.
func TestCollector_AwayTakesBacklogAtItsEventTime(t *testing.T) {
	t.Parallel()
	away := 20 * time.Second
	if rounds(1) > 1 {
		away = time.Minute
	}
	const interval = time.Second
	w := newConfiguredWorld(t, "settle: 1s\n", interval, "MIA", "SEA")
	w.untilState(30*time.Second, "up", "MIA", "SEA")
	w.untilAcknowledged("MIA-1", "SEA-1")

	w.collector.end(syscall.SIGTERM)
	from := time.Now()
	w.faults(`[{"where":{"system":"ident"},"effect":"outage"}]`)
	w.untilRuns("MIA-1", int(away/interval)/2)
	w.faults(`[]`)
	w.untilRuns("MIA-1", 3)
	to := time.Now()
	w.untilRuns("MIA-1", 3) // what ended then is closed when the collector is there again, however fast
	w.startCollector()

	window := fmt.Sprintf("from=%s&to=%s&group=port,system", from.UTC().Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano))
	w.until(60*time.Second, "the outage to show in figures", func() error {
		rows, err := w.availability(window)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Down < away.Seconds()/4 {
				return fmt.Errorf("%s has %.1f s down", row.Port, row.Down)
			}
			if row.Provisional || row.Revision < 1 {
				return fmt.Errorf("%s is provisional: %v, at revision %d; want it closed and revised", row.Port, row.Provisional, row.Revision)
			}
		}
		if len(rows) != 2 {
			return fmt.Errorf("%d rows, want both ports", len(rows))
		}
		return nil
	})
	for port, row := range w.untilState(10*time.Second, "up", "MIA", "SEA") {
		if row.Since.After(to.Add(2 * time.Second)) {
			t.Errorf("%s is up since %s only: backlog moved its state", port, row.Since)
		}
	}
}
