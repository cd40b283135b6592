package screening

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/sim/fault"
	"portolan/targets"
)

// always is a list of faults that never changes.
type always []fault.Fault

func (a always) Active() ([]fault.Fault, <-chan struct{}) { return a, nil }

// quick returns a server whose system takes no time and knows no other.
func quick(system System, faults ...fault.Fault) *Server {
	return NewServer(system, Options{
		Dice:       NewDice(1),
		Faults:     always(faults),
		Scale:      1e-9,
		Pass:       "pass",
		Addresses:  func(portolan.SystemID) (string, bool) { return "", false },
		Connection: func(string) (fault.Origin, bool) { return fault.Origin{}, false },
		Origin:     func(portolan.AgentID) fault.Origin { return fault.Origin{} },
	})
}

func TestServer_HungRequestEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	s := quick(tecsPlatform(Settings{}), fault.Fault{Where: fault.Where{System: "tecs-platform"}, Effect: fault.Hang})
	begun, ended := make(chan struct{}), make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		defer close(ended)
		s.Handler().ServeHTTP(w, r)
	}))
	defer front.Close()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, front.URL+"/tecs/v1/queries", strings.NewReader(`{"number":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-begun; leave() }()
	if resp, err := http.DefaultClient.Do(req); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v %v, want no answer", resp, err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the request still hangs after its caller left")
	}
}

func TestServer_CalledSystemThatIsNotRunning(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	system := tpac(Settings{})
	system.Routes[3].Serve = inspection{}.matchManifest // without a session
	quick(system).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/tpac/v1/manifest-matches", strings.NewReader(`{"number":"1","flight":"ZZ1"}`)))
	if w.Code != http.StatusBadGateway || !strings.Contains(w.Body.String(), "apis is not running") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// verification sends a body to IDENT.
func verification(body string, faults ...fault.Fault) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	quick(ident(), faults...).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/ident/v1/verification", strings.NewReader(body)))
	return w
}

// withRecord is verifyBody with a file in place of the template.
func withRecord(file []byte) string {
	return strings.Replace(verifyBody, "<Template>U1lOVEhFVElDIFBBVFRFUk4gMDAwMQ==</Template>", "<Record>"+base64.StdEncoding.EncodeToString(file)+"</Record>", 1)
}

const verifyBody = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
  <Verify xmlns="urn:portolan:sim:ident:1"><Subject>SYN000001</Subject><Template>U1lOVEhFVElDIFBBVFRFUk4gMDAwMQ==</Template></Verify></s:Body></s:Envelope>`

func TestIDENT_SpeaksSOAP(t *testing.T) {
	t.Parallel()
	wrong := fault.Fault{Where: fault.Where{System: "ident"}, Effect: fault.Wrong}
	traveler := targets.NewTraveler(1, targets.TD3)
	for name, c := range map[string]struct {
		got    *httptest.ResponseRecorder
		status int
		want   bool
		reason string
	}{
		"verified":       {verification(verifyBody), 200, true, ""},
		"wrong":          {verification(verifyBody, wrong), 200, false, ""},
		"uniform":        {verification(strings.Replace(verifyBody, "U1lOVEhFVElDIFBBVFRFUk4gMDAwMQ==", "AAAAAAAA", 1)), 200, false, ""},
		"no-template":    {verification(strings.Replace(verifyBody, "U1lO", "?", 1)), 500, false, "base64"},
		"record":         {verification(withRecord(traveler.Record)), 200, true, ""},
		"broken-record":  {verification(withRecord(traveler.Record[:len(traveler.Record)-1])), 500, false, "record"},
		"no-record":      {verification(withRecord([]byte("none"))), 500, false, "1.001"},
		"other-envelope": {verification(strings.Replace(verifyBody, "soap/envelope", "other", 1)), 500, false, "SOAP 1.1"},
		"not-xml":        {verification("{}"), 500, false, "SOAP 1.1"},
		"too-large":      {verification(strings.Repeat(" ", mostBody+1)), 413, false, ""},
	} {
		if c.got.Code != c.status {
			t.Errorf("%s: got %d %s, want %d", name, c.got.Code, c.got.Body, c.status)
		}
		if c.status == http.StatusRequestEntityTooLarge {
			continue
		}
		var e soapEnvelope
		if err := xml.Unmarshal(c.got.Body.Bytes(), &e); err != nil {
			t.Errorf("%s: %v in %s", name, err, c.got.Body)
			continue
		}
		switch {
		case c.reason != "" && (e.Body.Fault == nil || !strings.Contains(e.Body.Fault.Reason, c.reason)):
			t.Errorf("%s: got %s, want a fault with %q", name, c.got.Body, c.reason)
		case c.reason == "" && (e.Body.Verified == nil || e.Body.Verified.Verified != c.want || e.Body.Verified.Verified != (e.Body.Verified.Score >= leastScore)):
			t.Errorf("%s: got %s, want verified %v", name, c.got.Body, c.want)
		}
	}
}

// FuzzServer sends anything to every route: none may panic or answer what is not HTTP.
func FuzzServer(f *testing.F) {
	f.Add(uint8(1), []byte(`{"surname":"A","given":"B","birth":"740812","test":true}`))
	f.Add(uint8(0), []byte(`user=a&workstation=b`))
	f.Add(uint8(1), []byte(`{"mrz":["P<UTO","L"]}`))
	f.Add(uint8(7), []byte(`{"number":"1","surname":"LOOKOUT","birth":"740812"}`))
	f.Add(uint8(9), []byte(verifyBody))
	type served struct {
		handler      http.Handler
		method, path string
	}
	var routes []served
	for _, system := range All(Settings{}) {
		handler := quick(system, fault.Fault{Where: fault.Where{System: system.ID}, Effect: fault.Wrong}).Handler()
		for _, r := range system.Routes {
			method, path, _ := strings.Cut(r.Pattern, " ")
			routes = append(routes, served{handler, method, strings.NewReplacer("{", "", "}", "").Replace(path)})
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		route := routes[int(which)%len(routes)]
		w := httptest.NewRecorder()
		r := httptest.NewRequest(route.method, route.path, strings.NewReader(string(body)))
		r.Header.Set(headerPass, "pass") // another system's, which needs no session
		route.handler.ServeHTTP(w, r)
		if _, err := io.ReadAll(w.Result().Body); err != nil || w.Code < 200 || w.Code > 599 {
			t.Errorf("%s %s: %d %v", route.method, route.path, w.Code, err)
		}
	})
}
