package sim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// upstream is how long systems wait for each other in these tests.
const upstream = 600 * time.Millisecond

func TestDependency_FaultReachesTheStepThatUsesIt(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Upstream: upstream})
	o := w.at("MIA-1", "tpac").signOn()
	for _, c := range []struct {
		name, fault string
		status      int
		reason      string
	}{
		{"outage", `"where":{"system":"ident"},"effect":"outage"`, 502, "ident: connection refused"},
		{"hang", `"where":{"system":"ident"},"effect":"hang"`, 504, "ident gave no answer within 600ms"},
		{"partition", `"where":{"system":"ident"},"effect":"partition"`, 504, "ident gave no answer within 600ms"},
		{"error", `"where":{"system":"ident"},"effect":"error","ratio":1`, 502, "ident: it answered 503"},
		{"call-outage", `"where":{"dependency":"ident"},"effect":"outage"`, 502, "ident: connection refused"},
		{"call-hang", `"where":{"dependency":"ident"},"effect":"hang"`, 504, "ident gave no answer"},
		{"call-partition", `"where":{"dependency":"ident"},"effect":"partition"`, 504, "ident gave no answer"},
		{"call-error", `"where":{"dependency":"ident"},"effect":"error","ratio":1`, 502, "ident: it answered 503"},
		{"call-slow", `"where":{"dependency":"ident"},"effect":"slow","factor":100000`, 504, "ident gave no answer"},
		{"tpac-call-outage", `"where":{"system":"tpac","dependency":"ident"},"effect":"outage"`, 502, "ident: connection refused"},
		{"port-outage", `"where":{"system":"ident","port":"MIA"},"effect":"outage"`, 502, "ident: connection refused"},
		{"port-partition", `"where":{"system":"ident","office":"Miami"},"effect":"partition"`, 504, "ident gave no answer"},
		{"port-error", `"where":{"system":"ident","kind":"air"},"effect":"error","ratio":1`, 502, "ident: it answered 503"},
		{"agent-hang", `"where":{"system":"ident","agent":"MIA-1"},"effect":"hang"`, 504, "ident gave no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.put("[{" + c.fault + "}]")
			a := o.verify()
			if message, _ := a.get("error", "message").(string); a.status != c.status || !strings.Contains(message, c.reason) {
				t.Errorf("biometrics: got %d %s %v, want %d with %q", a.status, a.body, a.err, c.status, c.reason)
			}
			if waits := c.status == http.StatusGatewayTimeout; waits && (a.took < upstream || a.took > 5*upstream) {
				t.Errorf("answered after %v, want about %v", a.took, upstream)
			}
			o.want(o.matchManifest(), http.StatusOK)
			w.repair()
			o.want(o.verify(), http.StatusOK)
		})
	}
}

func TestDependency_OnlyTheOriginSuffers(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Upstream: upstream, AgentsPerPort: 2})
	miami, neighbor, seattle := w.at("MIA-1", "tpac").signOn(), w.at("MIA-2", "tpac").signOn(), w.at("SEA-1", "tpac").signOn()
	for _, effect := range []string{`"outage"`, `"error","ratio":1`, `"hang"`} {
		w.put(`[{"where":{"system":"ident","agent":"MIA-1"},"effect":` + effect + `}]`)
		if a := miami.verify(); a.status < 500 {
			t.Errorf("%s, MIA-1: got %d %s", effect, a.status, a.body)
		}
		neighbor.want(neighbor.verify(), http.StatusOK)
		w.put(`[{"where":{"system":"ident","port":"MIA"},"effect":` + effect + `}]`)
		if a := neighbor.verify(); a.status < 500 {
			t.Errorf("%s, MIA-2: got %d %s", effect, a.status, a.body)
		}
		seattle.want(seattle.verify(), http.StatusOK)
	}
}

func TestDependency_WrongAnswerPassesThrough(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	o := w.at("MIA-1", "tpac").signOn()
	for _, place := range []string{`{"system":"ident"}`, `{"dependency":"ident"}`, `{"system":"tpac","dependency":"ident"}`} {
		w.put(`[{"where":` + place + `,"effect":"wrong"}]`)
		if a := o.want(o.verify(), http.StatusOK); a.get("verified") != false {
			t.Errorf("%s: got %s, want not verified", place, a.body)
		}
		if a := o.want(o.query(), http.StatusOK); a.get("result") != "clear" {
			t.Errorf("%s: another step is false too: %s", place, a.body)
		}
	}
}

func TestDependency_FaultOfCallsLeavesDirectUse(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Systems: []string{"tpac", "ident"}})
	w.put(`[{"where":{"dependency":"ident"},"effect":"outage"}]`)
	o := w.at("MIA-1", "ident")
	// An empty envelope is answered by a SOAP fault: the service is there.
	o.want(o.send(http.MethodPost, "/ident/v1/verification", "text/xml", "<x/>"), http.StatusInternalServerError)
}

func TestDependency_ForgedOriginIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	w.put(`[{"where":{"system":"tpac","agent":"SEA-1"},"effect":"error","ratio":1}]`)
	address, _ := w.Relay("MIA-1", "tpac")
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/tpac/v1/sessions", strings.NewReader("user=a&workstation=b"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Sim-Origin", "SEA-1")
	req.Header.Set("X-Sim-Pass", "guess")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("got %d: the header of an agent was believed", resp.StatusCode)
	}
}
