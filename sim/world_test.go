package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/targets"
)

const (
	patience = 20 * time.Second       // bounds what must happen; not waited out in a good run
	glimpse  = 400 * time.Millisecond // long enough to see that nothing comes
)

// world is a running simulator, seen from outside.
type world struct {
	*Simulator
	t *testing.T
}

// start runs a simulator with quick systems, TPAC if none are named, until the test ends.
func start(t *testing.T, o Options) world {
	t.Helper()
	o.Listen = "127.0.0.1:0"
	if o.Systems == nil {
		o.Systems = []string{"tpac"}
	}
	if o.LatencyScale == 0 {
		o.LatencyScale = 0.001
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func() { close(ready) }) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("the simulator did not stop within 5 s")
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatalf("run: %v", err)
	}
	return world{s, t}
}

// admin sends a request to the admin interface and returns the status and the body.
func (w world) admin(method, path, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(method, "http://"+w.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// put brings faults into force.
func (w world) put(faults string) {
	w.t.Helper()
	if status, body := w.admin(http.MethodPut, "/admin/v1/faults", faults); status != http.StatusOK {
		w.t.Fatalf("put %s: %d %s", faults, status, body)
	}
}

// repair takes all faults away.
func (w world) repair() {
	w.t.Helper()
	if status, body := w.admin(http.MethodDelete, "/admin/v1/faults", ""); status != http.StatusNoContent {
		w.t.Fatalf("delete faults: %d %s", status, body)
	}
}

// officer is a plain HTTP client at a workstation.
type officer struct {
	t       *testing.T
	base    string
	client  *http.Client
	session string
}

// at returns a client that reaches a system as an agent does. Each request has a connection of its own.
func (w world) at(agent portolan.AgentID, target portolan.SystemID) *officer {
	w.t.Helper()
	address, ok := w.Relay(agent, targets.NewEndpointID(target, ""))
	if !ok {
		w.t.Fatalf("no relay from %s to %s", agent, target)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &officer{t: w.t, base: "http://" + address, client: &http.Client{Timeout: patience, Transport: transport}}
}

// within returns the same client with another time-out.
func (o *officer) within(d time.Duration) *officer {
	c := *o
	c.client = &http.Client{Timeout: d, Transport: o.client.Transport}
	return &c
}

// answer is what came back, or why nothing did.
type answer struct {
	status int
	body   string
	err    error
	took   time.Duration
}

// get returns a value of the answer's JSON body by its keys.
func (a answer) get(keys ...string) any {
	var v any
	_ = json.Unmarshal([]byte(a.body), &v)
	for _, key := range keys {
		object, _ := v.(map[string]any)
		v = object[key]
	}
	return v
}

func (a answer) timedOut() bool {
	var n net.Error
	return errors.As(a.err, &n) && n.Timeout()
}

func (o *officer) send(method, path, mediaType, body string) answer {
	o.t.Helper()
	req, err := http.NewRequest(method, o.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("Authorization", "Bearer "+o.session)
	begun := time.Now()
	resp, err := o.client.Do(req)
	if err != nil {
		return answer{err: err, took: time.Since(begun)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(text), err, time.Since(begun)}
}

func (o *officer) post(path, body string) answer {
	o.t.Helper()
	return o.send(http.MethodPost, path, "application/json", body)
}

func (o *officer) trySignOn() answer {
	o.t.Helper()
	return o.send(http.MethodPost, "/tpac/v1/sessions", "application/x-www-form-urlencoded", "user=synthetic-officer&workstation=MIA-1")
}

// signOn begins a session for the requests that follow.
func (o *officer) signOn() *officer {
	o.t.Helper()
	a := o.trySignOn()
	session, ok := a.get("session").(string)
	if a.status != http.StatusCreated || !ok {
		o.t.Fatalf("sign on: %+v", a)
	}
	o.session = session
	return o
}

// The bodies of an inspection of the specimen traveler.
const (
	documentBody = `{"mrz":["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<","L898902C36UTO7408122F1204159ZE184226B<<<<<10"]}`
	queryBody    = `{"number":"L898902C3","surname":"ERIKSSON","given":"ANNA MARIA","birth":"740812"}`
	manifestBody = `{"number":"L898902C3","flight":"ZZ9999"}`
	printBody    = `{"number":"L898902C3","template":"U1lOVEhFVElDIFBBVFRFUk4gMDAwMQ=="}`
)

func (o *officer) readDocument() answer  { return o.post("/tpac/v1/documents", documentBody) }
func (o *officer) query() answer         { return o.post("/tpac/v1/queries", queryBody) }
func (o *officer) matchManifest() answer { return o.post("/tpac/v1/manifest-matches", manifestBody) }
func (o *officer) verify() answer        { return o.post("/tpac/v1/biometrics", printBody) }
func (o *officer) signOff() answer {
	return o.send(http.MethodDelete, "/tpac/v1/sessions/current", "", "")
}

// want checks an answer's status.
func (o *officer) want(a answer, status int) answer {
	o.t.Helper()
	if a.status != status {
		o.t.Errorf("got %d %s %v, want %d", a.status, a.body, a.err, status)
	}
	return a
}
