package collector

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
)

const onePort = "ports:\n  - {code: MIA, name: Miami, kind: air, office: Miami, zone: America/New_York}\n"

func TestCollector_ReloadSwapsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "ports.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(onePort)
	r := startCollector(t, filepath.Join(dir, "data"), func(o *Options) { o.Config.Ports = file })
	count := func() int {
		t.Helper()
		var ports portsAnswer
		r.get("/api/v1/ports", &ports)
		return len(ports.Rows)
	}
	write(onePort + "  - {code: SEA, name: Seattle, kind: space, office: Seattle, zone: nowhere}\n")
	status, body := r.post("/-/reload", nil, nil)
	if status != http.StatusUnprocessableEntity || !strings.Contains(string(body), "ports[1].kind") || !strings.Contains(string(body), "ports[1].zone") {
		t.Errorf("reload of a bad file: %d %s; want 422 and both faults", status, body)
	}
	if count() != 1 || metricOf(r, "portolan_config_last_reload_successful") != "0" {
		t.Error("a failed reload changed something, or is not told in the metrics")
	}
	write(onePort + "  - {code: SEA, name: Seattle, kind: air, office: Seattle, zone: America/Los_Angeles}\n")
	if status, body := r.post("/-/reload", nil, nil); status != http.StatusOK {
		t.Fatalf("reload: %d %s", status, body)
	}
	if count() != 2 || metricOf(r, "portolan_config_last_reload_successful") != "1" {
		t.Error("the reload did not take")
	}
	kinds := map[string]int{}
	for _, e := range r.evidence().entries {
		kinds[e.Kind.String()]++
	}
	if kinds["ports"] != 2 || kinds["collector-start"] != 1 || kinds["setting"] != 1 || kinds["catalogue"] == 0 {
		t.Errorf("journal: got %v, want both lists of ports, and what was in force at the start", kinds)
	}
}

// chains is what /api/v1/evidence gives.
type chains struct {
	head    evidenceHead
	entries []evidence.Entry
	batches []batchLine
}

func (r *running) evidence() chains {
	r.t.Helper()
	var c chains
	_, body := r.get("/api/v1/evidence", nil)
	for line := range bytes.Lines(body) {
		var v evidenceLine
		if err := json.Unmarshal(line, &v); err != nil {
			r.t.Fatal(err)
		}
		switch {
		case v.Head != nil:
			c.head = *v.Head
		case v.Entry != nil:
			c.entries = append(c.entries, v.Entry.entry(r.t))
		case v.Batch != nil:
			c.batches = append(c.batches, *v.Batch)
		}
	}
	return c
}

func (l *entryLine) entry(t *testing.T) evidence.Entry {
	t.Helper()
	signature, err := base64.StdEncoding.DecodeString(l.Signature)
	if err != nil {
		t.Fatal(err)
	}
	e := evidence.Entry{
		Number: l.Number, At: portolan.InstantOf(l.At), Kind: l.Kind, Subject: l.Subject, Body: []byte(l.Body), Signature: signature,
	}
	for text, into := range map[string]*evidence.Hash{l.Previous: &e.Previous, l.Hash: &e.Hash} {
		if *into, err = evidence.ParseHash(text); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func TestCollector_EvidenceCanBeVerifiedFromTheAnswerAlone(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	now := portolan.InstantOf(time.Now())
	for i := range 5 {
		a.send(portolan.Live, a.run(now.Add(time.Duration(i-6)*time.Minute), portolan.Good))
	}
	r.foldedAll()
	c := r.evidence()
	block, _ := pem.Decode([]byte(c.head.JournalCertificate))
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	err = evidence.VerifyJournal(func(yield func(evidence.Entry, error) bool) {
		for _, e := range c.entries {
			if !yield(e, nil) {
				return
			}
		}
	}, certificate.PublicKey)
	if err != nil {
		t.Errorf("journal: %v", err)
	}
	previous := evidence.Hash{}
	for _, b := range c.batches {
		data, err := base64.StdEncoding.DecodeString(b.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		envelope, err := evidence.Open(data, evidence.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if envelope.Previous != previous || envelope.VerifySignature(&a.key.PublicKey) != nil {
			t.Errorf("batch %d does not follow, or is not signed by its agent", b.Number)
		}
		previous = envelope.Hash
	}
	if len(c.batches) != 5 {
		t.Errorf("got %d batches, want 5", len(c.batches))
	}
}

// A listener that never reads must not keep the collector from stopping.
func TestCollector_StopsWhileSomeoneListens(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	response, err := http.Get(r.url + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	begun := time.Now()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("stopping took %s, want at most 5 s", took)
	}
}

func TestAPI_TellsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	for path, want := range map[string][]string{
		"/api/v1/availability?from=now&zone=Local&weight=x&group=day,month&frmo=1&port=mia": {"from", "zone", "weight", "group", "frmo", "port"},
		"/api/v1/results?limit=1001&cursor=..&agent=x":                                      {"limit", "cursor", "agent"},
		"/api/v1/availability?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z":            {"from"},
		"/api/v1/availability?from=2026-01-01T00:00:00":                                     {"from"},
		"/api/v1/availability?from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z":            {"from"},
	} {
		var answer struct{ Error apiError }
		status, _ := r.get(path, &answer)
		if status != http.StatusBadRequest || answer.Error.Code != "bad_request" {
			t.Errorf("%s: got %d %q, want 400 bad_request", path, status, answer.Error.Code)
		}
		for _, field := range want {
			if !strings.Contains(","+answer.Error.Field+",", ","+field+",") {
				t.Errorf("%s: field %q lacks %q", path, answer.Error.Field, field)
			}
		}
	}
	for _, path := range []string{"/api/v1/nothing", "/api/v2/state", "/api/"} {
		if status, body := r.get(path, nil); status != http.StatusNotFound || !bytes.Contains(body, []byte(`"not_found"`)) {
			t.Errorf("%s: got %d %s, want 404 not_found", path, status, body)
		}
	}
	for _, body := range []string{
		`{}`, `{"text":"x","by":"y","unknown":1}`, `{"text":"x","by":"y"}{}`, `[]`, `{"text":"x","by":"y","system":"nothing"}`,
		`{"text":"` + strings.Repeat("x", 3000) + `","by":"y"}`, `{"text":"x","by":"y","from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}`,
	} {
		if status, answer := r.post("/api/v1/annotations", []byte(body), nil); status != http.StatusBadRequest {
			t.Errorf("%.60s: got %d %s, want 400", body, status, answer)
		}
	}
}

func TestCollector_PagesShowWhatIsKnown(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	now := portolan.InstantOf(time.Now())
	a.send(portolan.Live, a.run(now.Add(-90*time.Second), portolan.Good), a.run(now.Add(-30*time.Second), portolan.Failed))
	r.foldedAll()
	for path, want := range map[string][]string{
		"/":             {"MIA", "Miami Field Office"},
		"/ports/MIA":    {"MIA-1", "Miami International Airport"},
		"/systems/tpac": {"MIA"},
	} {
		status, body := r.get(path, nil)
		if status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
		}
		for _, text := range want {
			if !bytes.Contains(body, []byte(text)) {
				t.Errorf("%s does not show %q", path, text)
			}
		}
	}
	if status, _ := r.get("/ports/XXX", nil); status != http.StatusNotFound {
		t.Errorf("a port that is not there: got %d, want 404", status)
	}
}

func TestPages_FiguresAndStatesAreThoseOfTheAPI(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	now := portolan.InstantOf(time.Now())
	var records []evidence.Record
	for i := range 10 {
		records = append(records, a.run(now.Add(time.Duration(i-10)*time.Minute), portolan.Outcome(1+i/4)))
	}
	a.send(portolan.Live, records...)
	r.foldedAll()
	answer := r.ask(portolan.Span{From: now.Add(-24 * time.Hour), To: now}, nil)
	if ratio := answer.Rows[0].EndUser.Ratio; ratio == nil || *ratio < 0.35 || *ratio > 0.5 {
		t.Fatalf("availability: got %v, want about four of ten", deref(ratio))
	}
	_, body := r.get("/ports/MIA", nil)
	if text := string(body); !strings.Contains(text, "down") && !strings.Contains(text, "Down") {
		t.Error("the port's page does not say that the system is down")
	}
}

// What agents run is in their plans: an interval set at the port is the one that the pages print.
func TestPages_PrintTheIntervalsOfPlans(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	for id, interval := range map[portolan.AgentID]time.Duration{"MIA-1": 10 * time.Second, "SEA-1": 20 * time.Second, "SEA-2": 15 * time.Second} {
		a := r.enroll(id)
		a.plan.Series[0].Interval = interval
		a.send(portolan.Live, a.run(portolan.InstantOf(time.Now()).Add(-time.Second), portolan.Good))
	}
	r.foldedAll()
	for path, want := range map[string]string{
		"/ports/MIA": "Runs every 10\u00a0s; objective 5\u00a0s.", "/systems/tpac": "Runs every 10\u00a0s to 20\u00a0s on each agent",
	} {
		if _, body := r.get(path, nil); !strings.Contains(string(body), want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}

// Clients that promise a body and send none must keep nobody from asking.
func TestCollector_SlowBodiesTakeNoPlace(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	for range answersAtOnce + 4 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST /api/v1/annotations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if status, body := r.get("/api/v1/state", nil); status != http.StatusOK {
			t.Fatalf("state beside slow bodies: %d %s", status, body)
		}
	}
	if status, _ := r.post("/api/v1/annotations", bytes.Repeat([]byte("x"), maxBody+1), nil); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large a body: %d, want 413", status)
	}
}
