package collector

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/evidence"
	"portolan/report"
)

// A day after a change officers wait: the API says since when, and so does the central page.
func TestChanges_WhatFollowedIsToldByAPIAndPage(t *testing.T) {
	t.Parallel()
	o := readOpenAPI(t)
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	now := portolan.InstantOf(time.Now())
	changed := now.Hour().Add(-40 * time.Hour)
	harm := changed.Add(24 * time.Hour)
	for week := range 6 { // only the hours that are compared
		var records []evidence.Record
		from := changed.Add(time.Duration(-7*24*(5-week)) * time.Hour)
		for at := from; at < from.Add(40*time.Hour); at = at.Add(20 * time.Minute) {
			outcome := portolan.Good
			if at >= harm && at < harm.Add(3*time.Hour) {
				outcome = portolan.Failed
			}
			records = append(records, a.run(at, outcome))
		}
		a.send(portolan.Backlog, records...)
	}
	r.foldedAll()
	note := fmt.Sprintf(`{"system":"tpac","from":%q,"text":"another matcher","by":"owner"}`, changed)
	var made struct{ ID uint64 }
	r.post("/api/v1/annotations", []byte(note), &made)
	path := fmt.Sprintf("/api/v1/annotations/%d/effect", made.ID)
	var got effectAnswer
	r.await(func() bool { status, _ := r.get(path, &got); return status == http.StatusOK })
	if len(got.Rows) == 0 || got.From == nil || !got.From.Equal(changed.Time()) || got.Annotation.ID != made.ID {
		t.Fatalf("got %+v", got)
	}
	row := got.Rows[0]
	if row.System != "tpac" || row.Measure != "availability" || row.Difference == nil || *row.Low > *row.Difference || *row.Difference >= 0 {
		t.Errorf("got %+v", row)
	}
	if len(row.StandsOut) != 1 || !row.StandsOut[0].From.Equal(harm.Time()) || row.StandsOut[0].Difference > -0.8 {
		t.Errorf("got %+v, want about -1 from %v on", row.StandsOut, harm)
	}
	var m report.Month
	if status, body := r.get("/api/v1/report?month="+changed.Time().Format("2006-01"), &m); status != http.StatusOK || len(m.Effects) != 1 || m.Effects[0].Note.ID != made.ID ||
		len(m.Effects[0].Rows) == 0 || len(m.Effects[0].Rows[0].StandsOut) != 1 {
		t.Errorf("the month's report tells %d, %.300s of what followed", status, body)
	}
	var running, recomputed report.Month // of the month that goes on
	r.get("/api/v1/report?month="+now.Time().Format("2006-01"), &running)
	r.get("/api/v1/report?month="+now.Time().Format("2006-01")+"&as_of="+running.AsOf, &recomputed)
	recomputed.Made = running.Made
	if diff := cmp.Diff(running, recomputed); diff != "" || running.AsOf == "" {
		t.Errorf("the report as of its own cut %q (-was +recomputed):\n%s", running.AsOf, diff)
	}
	var again effectAnswer
	if status, _ := r.get(path+"?as_of="+got.AsOf, &again); status != http.StatusOK || !cmp.Equal(again.Rows, got.Rows) {
		t.Errorf("as of %s: %d, %+v", got.AsOf, status, again.Rows)
	}
	for _, c := range []struct{ path, status string }{
		{path, "200"}, {"/api/v1/annotations/999/effect", "404"}, {"/api/v1/annotations/first/effect", "400"}, {path + "?zone=Local", "400"},
	} {
		status, body := r.get(c.path, nil)
		o.check(t, "GET", "/api/v1/annotations/{id}/effect", fmt.Sprint(status), body)
		if fmt.Sprint(status) != c.status {
			t.Errorf("%s: got %d, want %s", c.path, status, c.status)
		}
	}
	r.await(func() bool {
		_, page := r.get("/", nil)
		return strings.Contains(string(page), "another matcher") && strings.Contains(string(page), "TPAC availability stands out from")
	})
}
