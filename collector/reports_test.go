package collector

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portolan"
)

// A month that is over is issued and served; what it says is what the API says of it.
func TestReports_AreIssuedWhenAMonthIsOver(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), func(o *Options) {
		o.Config.Reports = ReportsConfig{Folder: t.TempDir()}
		o.ReportEvery = 200 * time.Millisecond
	})
	now := time.Now().UTC()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	month := first.AddDate(0, 0, -1).Format("2006-01")
	a := r.enroll("MIA-1")
	end := portolan.InstantOf(first)
	a.send(portolan.Backlog, a.run(end.Add(-2*time.Hour), portolan.Good), a.run(end.Add(-time.Hour), portolan.Failed), a.run(end.Add(time.Minute), portolan.Good))
	get := func(path string) (int, string) {
		status, body := r.get(path, nil)
		return status, string(body)
	}
	if now.Sub(first) > time.Hour { // until the month's figures are settled nothing is issued
		r.await(func() bool {
			_, listing := get("/reports")
			return strings.Contains(listing, "portolan-"+month+"-r0.html")
		})
		status, page := get("/reports/portolan-" + month + "-r0.html")
		if status != http.StatusOK || !strings.Contains(page, "Traveler Primary Arrival Client") || !strings.Contains(page, "first issue") {
			t.Errorf("the issued report: got %d %.200s", status, page)
		}
	}
	if status, page := get("/reports/" + month); status != http.StatusOK || !strings.Contains(page, "Traveler Primary Arrival Client") {
		t.Errorf("as it stands now: got %d %.200s", status, page)
	}
	for path, want := range map[string]int{
		"/reports/..%2Fledger.db": 404, "/reports/portolan-2001-01-r0.html": 404, "/reports/nothing": 404, "/reports/2001-99": 400,
	} {
		if status, _ := get(path); status != want {
			t.Errorf("%s: got %d, want %d", path, status, want)
		}
	}
}
