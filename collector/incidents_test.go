package collector

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"portolan"
	"portolan/incident"
	"portolan/ports"
)

// An incident is opened, acknowledged, outlives a restart of the collector and is closed by right answers.
func TestIncidents_FromTheFirstBadResultToTheLast(t *testing.T) {
	t.Parallel()
	o := readOpenAPI(t)
	data := t.TempDir()
	r := startCollector(t, data, nil)
	pair := []*remote{r.enroll("MIA-1"), r.enroll("MIA-2")}
	at := portolan.InstantOf(time.Now())
	say := func(outcome portolan.Outcome) {
		at = at.Add(100 * time.Millisecond)
		for n, a := range pair {
			a.send(portolan.Live, a.run(at.Add(time.Duration(n)*time.Millisecond), outcome))
		}
	}
	open := func(want int) func() bool {
		return func() bool {
			var got incidentsAnswer
			r.get("/api/v1/incidents?open=true&port=MIA&system=tpac", &got)
			return len(got.Rows) == want
		}
	}
	say(portolan.Good)
	first := at.Add(100 * time.Millisecond)
	r.await(func() bool { say(portolan.Failed); return open(1)() })
	var all incidentsAnswer
	_, body := r.get("/api/v1/incidents", &all)
	o.check(t, "GET", "/api/v1/incidents", "200", body)
	i := all.Rows[0]
	if i.Scope.Level < incident.AtPort || i.Cause != incident.Dependency || i.Component != "ident" || i.Start.Before(first.Time()) || i.Why == "" || i.Owner == "" {
		t.Errorf("got %+v", i)
	}
	var figures, before availabilityAnswer
	r.await(func() bool { // results were sent faster than time passed
		r.get("/api/v1/availability?group=system,port", &figures)
		return figures.Rows[0].Incidents.UnionSeconds > 0
	})
	if row := figures.Rows[0]; row.Incidents.Began != 1 || row.IssueFree.Low == nil || *row.IssueFree.Ratio >= 1 {
		t.Errorf("while it is open: got %+v %+v", row.IssueFree, row.Incidents)
	}
	r.get("/api/v1/availability?as_of=1.1", &before)
	if row := before.Rows[0]; row.Incidents.Began != 0 {
		t.Errorf("as of before it began: got %+v", row.Incidents)
	}
	status, body := r.post("/api/v1/incidents/"+i.ID+"/ack", []byte(`{"by":"on call"}`), nil)
	o.check(t, "POST", "/api/v1/incidents/{id}/ack", fmt.Sprint(status), body)
	r.await(func() bool { r.get("/api/v1/incidents", &all); return all.Rows[0].Acknowledged == "on call" })

	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = startCollector(t, data, nil)
	for _, a := range pair {
		a.r = r
	}
	r.await(func() bool { say(portolan.Good); return open(0)() })
	var history incidentHistory
	status, body = r.get("/api/v1/incidents/"+i.ID, &history)
	if status != http.StatusOK {
		t.Fatalf("history: %d %s", status, body)
	}
	o.check(t, "GET", "/api/v1/incidents/{id}", "200", body)
	if n := len(history.Events); history.Events[0].Change != incident.Opened || history.Events[n-1].Change != incident.Closed {
		t.Errorf("history begins with %s and ends with %s", history.Events[0].Change, history.Events[n-1].Change)
	}
	_, body = r.get("/api/v1/report?month="+at.Time().Format("2006-01"), nil)
	o.check(t, "GET", "/api/v1/report", "200", body)
	for _, c := range []struct{ path, status string }{{"/api/v1/incidents/I-999", "404"}, {"/api/v1/incidents/x", "400"}} {
		status, body := r.get(c.path, nil)
		o.check(t, "GET", "/api/v1/incidents/{id}", fmt.Sprint(status), body)
		if fmt.Sprint(status) != c.status {
			t.Errorf("%s: got %d, want %s", c.path, status, c.status)
		}
	}
}

// Volumes of the list of ports are told by the API, and say how many travelers an incident affects.
func TestIncidents_CountTravelersByTheListOfPorts(t *testing.T) {
	t.Parallel()
	miami := portolan.Port{Code: "MIA", Name: "Miami", Kind: portolan.Air, Office: "Miami", Zone: "America/New_York", Volumes: &portolan.Volumes{}}
	for day := range miami.Volumes {
		for hour := range miami.Volumes[day] {
			miami.Volumes[day][hour] = ports.MaxVolume
		}
	}
	var list bytes.Buffer
	if err := ports.Write(&list, []portolan.Port{miami}, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ports.yaml")
	if err := os.WriteFile(file, list.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startCollector(t, t.TempDir(), func(o *Options) { o.Config.Ports = file })
	pair := []*remote{r.enroll("MIA-1"), r.enroll("MIA-2")}
	r.await(func() bool {
		for _, a := range pair {
			a.send(portolan.Live, a.run(portolan.InstantOf(time.Now()), portolan.Failed))
		}
		var got incidentsAnswer
		r.get("/api/v1/incidents?open=true", &got)
		return len(got.Rows) > 0 && got.Rows[0].Impact.Travelers > 0
	})
	var known portsAnswer
	r.get("/api/v1/ports", &known)
	if len(known.Rows) != 1 || known.Rows[0].Volumes == nil || *known.Rows[0].Volumes != *miami.Volumes {
		t.Errorf("got ports %+v", known.Rows)
	}
}

// Officers say what no probe says: two signals are a candidate for an incident, one is not.
func TestSignals_OfficersSeeWhatProbesDoNot(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	a.send(portolan.Live, a.run(portolan.InstantOf(time.Now()), portolan.Good))
	press := []byte(`{"system":"tpac","port":"MIA","state":"down"}`)
	r.post("/api/v1/signals", press, nil)
	r.post("/api/v1/signals", press, nil)
	var got incidentsAnswer
	r.await(func() bool { r.get("/api/v1/incidents?open=true", &got); return len(got.Rows) == 1 })
	if i := got.Rows[0]; !i.Signaled || i.Cause != incident.Undetermined || i.Ports[0] != "MIA" {
		t.Errorf("got %+v", i)
	}
	for _, bad := range []string{`{"system":"tpac","port":"MIA","state":"up"}`, `{"system":"x","port":"MIA","state":"down"}`, `{"port":"MIA","state":"down"}`} {
		if status, body := r.post("/api/v1/signals", []byte(bad), nil); status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", bad, status, body)
		}
	}
}

// What happened while the collector was away opens no incident: neither backlog, nor a batch that was news when it was made.
func TestIncidents_NoneOfWhatComesLate(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	at := portolan.InstantOf(time.Now())
	a.send(portolan.Live, a.run(at.Add(-time.Hour), portolan.Good))
	for range 2 { // the watch knows the agent when it has looked at these
		r.post("/api/v1/signals", []byte(`{"system":"tpac","port":"MIA","state":"down"}`), nil)
	}
	var all incidentsAnswer
	r.await(func() bool { r.get("/api/v1/incidents", &all); return len(all.Rows) > 0 })
	for n := range 20 {
		lane := []portolan.Lane{portolan.Live, portolan.Backlog}[n%2]
		a.send(lane, a.run(at.Add(time.Duration(n-40)*time.Minute), portolan.Failed))
	}
	r.foldedAll()
	r.post("/api/v1/incidents/"+all.Rows[0].ID+"/ack", []byte(`{"by":"on call"}`), nil) // looked at after all that
	r.await(func() bool {
		r.get("/api/v1/incidents", &all)
		return all.Rows[0].Acknowledged != "" || !all.Rows[0].Signaled
	})
	if len(all.Rows) != 1 || !all.Rows[0].Signaled {
		t.Errorf("got %+v", all.Rows)
	}
}
