package collector

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
	"portolan/schedule"
)

// asked returns what an agent is asked.
func (r *running) asked() (c portolan.AgentConfig) {
	r.t.Helper()
	if status, body := r.get("/config/v1/agent?agent=MIA-1", &c); status != http.StatusOK {
		r.t.Fatalf("directives: %d %s", status, body)
	}
	return c
}

func (r *running) order(body string) {
	r.t.Helper()
	if status, answer := r.post("/api/v1/probing", []byte(body), nil); status != http.StatusCreated {
		r.t.Fatalf("order: %d %s", status, answer)
	}
}

func TestProbing_StopIsToldKeptAndTakenBack(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := startCollector(t, data, nil)
	before := r.asked()
	if len(before.Stops) != 0 || before.Tag == "" || before.ValidSeconds != 300 {
		t.Fatalf("a new collector asks %+v", before)
	}
	r.order(`{"system":"tpac","order":"stop","reason":"migration","by":"lee","through":true}`)
	r.await(func() bool { return len(r.asked().Stops) == 1 })
	stopped := r.asked()
	if s := stopped.Stops[0]; s.System != "tpac" || !s.Through || s.Reason != "migration" || s.Until != 0 || stopped.Tag == before.Tag {
		t.Errorf("agents are asked %+v, want tpac left alone, under another tag", stopped)
	}
	if _, page := r.get("/", nil); !strings.Contains(string(page), "left alone by an operator: migration") {
		t.Error("the first page does not say that TPAC is left alone")
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = startCollector(t, data, nil)
	if again := r.asked(); len(again.Stops) != 1 || again.Tag != stopped.Tag {
		t.Errorf("after a restart agents are asked %+v, want %+v", again, stopped)
	}
	r.order(`{"system":"tpac","order":"resume","reason":"done","by":"lee"}`)
	r.await(func() bool { return len(r.asked().Stops) == 0 })
	var kept probingAnswer
	r.get("/api/v1/probing", &kept)
	if len(kept.Rows) != 2 || kept.Rows[0].Order != portolan.OrderStop || kept.Rows[1].By != "lee" || len(kept.InForce.Stops) != 0 {
		t.Errorf("the journal holds %+v", kept)
	}
}

func TestProbing_AcknowledgementsNameTheTag(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	now := portolan.InstantOf(time.Now())
	acked := func() string {
		a.number++
		sealed, err := evidence.Seal(evidence.Batch{
			Agent: a.id, Stream: a.stream, Number: a.number, Previous: a.last, Lane: portolan.Live, SentAt: now, Plan: evidence.HashPlan(&a.plan), PlanBody: &a.plan,
			CarriesPlan: true, Clock: evidence.Clock{Age: -1}, Records: []evidence.Record{a.run(now.Add(time.Duration(a.number)), portolan.Good)},
		}, a.key)
		if err != nil {
			t.Fatal(err)
		}
		a.last = sealed.Hash
		var ack struct{ Config string }
		r.postAs("application/vnd.portolan.batch", "/ingest/v1/batches", sealed.Bytes, &ack)
		return ack.Config
	}
	first := acked()
	if first == "" || first != r.asked().Tag {
		t.Errorf("the acknowledgement names tag %q, want %q", first, r.asked().Tag)
	}
	r.order(`{"system":"tpac","order":"stop","reason":"migration","by":"lee"}`)
	r.await(func() bool { return r.asked().Tag != first })
	if second := acked(); second != r.asked().Tag {
		t.Errorf("after a stop the acknowledgement names %q, want %q", second, r.asked().Tag)
	}
}

func TestProbing_StopEndsByItself(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	r.order(fmt.Sprintf(`{"system":"tpac","order":"stop","reason":"migration","by":"lee","until":%q}`, time.Now().Add(1500*time.Millisecond).Format(time.RFC3339Nano)))
	r.await(func() bool { return len(r.asked().Stops) == 1 })
	r.await(func() bool { return len(r.asked().Stops) == 0 })
}

func TestProbing_RefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	for body, field := range map[string]string{
		`{"system":"tapc","order":"stop","reason":"x","by":"lee"}`:                                "system",
		`{"system":"tpac","order":"stop","by":"lee"}`:                                             "reason",
		`{"system":"tpac","order":"stop","reason":"x"}`:                                           "by",
		`{"system":"tpac","order":"resume","reason":"x","by":"lee"}`:                              "system",
		`{"system":"tpac","order":"back-off","reason":"x","by":"lee"}`:                            "order",
		`{"system":"tpac","order":"pause","reason":"x","by":"lee"}`:                               "body",
		`{"system":"tpac","order":"stop","reason":"x","by":"lee","until":"2001-01-01T00:00:00Z"}`: "until",
		`{"system":"tpac","order":"resume","reason":"x","by":"lee","through":true}`:               "through,system",
		`{"system":"tpac","order":"stop","reason":"x","by":"lee","factor":9}`:                     "body",
	} {
		var refused struct{ Error apiError }
		if status, answer := r.post("/api/v1/probing", []byte(body), &refused); status != http.StatusBadRequest || refused.Error.Field != field {
			t.Errorf("%s: %d %s, want field %s refused", body, status, answer, field)
		}
	}
	if len(r.asked().Stops) != 0 {
		t.Error("a refused order is followed")
	}
	if status, _ := r.get("/config/v1/agent?agent=nobody", nil); status != http.StatusBadRequest {
		t.Errorf("no agent's name: %d, want 400", status)
	}
}

func TestAgentConfig_ACertificateOfAnotherAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	var c *collector
	startCollector(t, t.TempDir(), func(o *Options) { o.started = func(started *collector) { c = started } })
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "MIA-1"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("GET", "/config/v1/agent?agent=MIA-1", nil)
	request.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate}}
	rw := httptest.NewRecorder()
	c.serveAgentConfig(rw, request)
	if rw.Code != http.StatusForbidden || !strings.Contains(rw.Body.String(), "unknown_agent") {
		t.Errorf("got %d %s", rw.Code, rw.Body)
	}
}

// excuse makes a record that the runs due in a span were left out.
func (a *remote) excuse(span portolan.Span, reason portolan.Skip) evidence.Record {
	a.seq++
	return evidence.Record{Excuse: &portolan.Excuse{Seq: a.seq, System: "tpac", Transaction: "primary-inspection", Span: span, Reason: reason}}
}

// dues returns an hour of the runs that were due of an agent, two hours ago.
func (a *remote) dues() (dues []portolan.Instant) {
	a.r.t.Helper()
	series, err := schedule.New(a.id, a.plan.Series[0])
	if err != nil {
		a.r.t.Fatal(err)
	}
	begin := portolan.InstantOf(time.Now().Add(-2 * time.Hour))
	for due := range series.Due(portolan.Span{From: begin, To: begin.Add(time.Hour)}) {
		dues = append(dues, due)
	}
	return dues
}

// figureOver returns the one row of an agent's port over the runs due from the first to the last.
func (a *remote) figureOver(dues []portolan.Instant) availabilityRow {
	a.r.t.Helper()
	rows := a.r.ask(portolan.Span{From: dues[0], To: dues[len(dues)-1]}, map[string][]string{"port": {string(a.id.Port())}, "group": {"port"}}).Rows
	if len(rows) != 1 {
		a.r.t.Fatalf("%d rows, want one", len(rows))
	}
	return rows[0]
}

// regular reports whether every due run was made in time or excused.
func (d dueAnswer) regular() bool { return d.Missing+d.Late+d.Displaced == 0 }

func TestCollector_StoppedRunsAreExcusedAndUnmonitored(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	dues := a.dues()
	var records []evidence.Record
	for m, due := range dues {
		if m < 10 || m >= 40 {
			records = append(records, a.run(due, portolan.Good))
		} else {
			records = append(records, a.excuse(portolan.Span{From: due, To: due.Add(time.Minute)}, portolan.SkipKillSwitch))
		}
	}
	a.send(portolan.Live, records[:30]...)
	r.foldedAll()
	if row := a.figureOver(dues[:25]); row.Due.Missing != 0 || row.Due.Excused != 14 {
		t.Errorf("while probing is stopped: due %+v, want 14 excused and none missing", row.Due)
	}
	a.send(portolan.Live, records[30:]...)
	r.foldedAll()
	row := a.figureOver(dues)
	if excused := row.Due.Excused; !row.Due.regular() || excused != 30 {
		t.Errorf("due %+v, want 30 excused and the rest seen", row.Due)
	}
	// The last result before the stop was at minute 9, and held for two and a half intervals after its end.
	lost := 31*time.Minute - 2*time.Second - portolan.HoldOf(time.Minute)
	if got := time.Duration(row.UnmonitoredSeconds * float64(time.Second)); got != lost || *row.EndUser.Ratio != 1 {
		t.Errorf("%s unmonitored and ratio %v, want %s, and no outage", got, deref(row.EndUser.Ratio), lost)
	}
}

func TestCollector_BackedOffRunsAreExcusedAndMonitored(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	dues := a.dues()
	var records []evidence.Record
	for m, due := range dues {
		if m%5 != 0 {
			records = append(records, a.excuse(portolan.Span{From: due, To: due.Add(time.Minute)}, portolan.SkipBackOff))
			continue
		}
		run := a.run(due, portolan.Failed)
		run.Result.Hold = portolan.HoldOf(5 * time.Minute)
		records = append(records, run)
	}
	a.send(portolan.Live, records...)
	r.foldedAll()
	row := a.figureOver(dues)
	if !row.Due.regular() || row.Due.Seen != 12 || row.Due.Excused < 47 { // runs are counted by hours, so the last may be one of them
		t.Errorf("due %+v, want 12 seen and the rest excused", row.Due)
	}
	if *row.Coverage != 1 || *row.EndUser.Ratio != 0 {
		t.Errorf("coverage %v, ratio %v, want all of it monitored, and down", deref(row.Coverage), deref(row.EndUser.Ratio))
	}
}

func TestInForce_IsJSONWithoutNull(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(inForceOf(portolan.Directives{}, nil))
	if err != nil || string(text) != `{"stops":[],"back_offs":[]}` {
		t.Errorf("got %s, %v", text, err)
	}
}
