package chromium

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/probe/browser"
)

// hang answers nothing until the browser goes.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// html is a page of that text.
func html(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>A page</title>", text)
	}
}

func site(t *testing.T) string {
	mux := http.NewServeMux()
	for path, page := range map[string]http.HandlerFunc{
		"/": html("<h1>Hello</h1>"), "/hang": hang,
		"/loop":  html(`<button onclick="for (;;);">Ask</button>`),
		"/fetch": html(`<button onclick="fetch('/hang')">Ask</button><p></p>`),
		"/503":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not now", http.StatusServiceUnavailable) },
		"/403":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not you", http.StatusForbidden) },
		"/500":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"/half": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			html("half a page")(w, r)
		},
	} {
		mux.HandleFunc(path, page)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

// One browser meets one trouble after the other, as it would not in a run.
func TestPerform_FailuresHaveTheirSymptoms(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(html("hello"))
	t.Cleanup(secure.Close)
	at := site(t)
	p, _, err := start(t.Context(), browser.Start{Profile: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	s := server{page: p}
	for _, c := range []struct {
		name  string
		phase portolan.Phase
		kind  portolan.ErrorKind
		says  string
		acts  []browser.Act
	}{
		{"refused", portolan.PhaseConnect, portolan.KindRefused, "REFUSED", []browser.Act{{Verb: browser.Open, On: "http://127.0.0.1:9443/"}}},
		{"no-such-name", portolan.PhaseDNS, portolan.KindResolve, "NAME_NOT_RESOLVED", []browser.Act{{Verb: browser.Open, On: "http://tpac.invalid/"}}},
		{"not-trusted", portolan.PhaseTLS, portolan.KindCertificate, "CERT_AUTHORITY_INVALID", []browser.Act{{Verb: browser.Open, On: secure.URL}}},
		{"unsafe-port", portolan.PhaseConnect, portolan.KindMonitor, "UNSAFE_PORT", []browser.Act{{Verb: browser.Open, On: "http://127.0.0.1:25/"}}},
		{"status", portolan.PhaseCheck, portolan.KindStatus, "status 503", []browser.Act{{Verb: browser.Open, On: at + "/503"}}},
		{"status-alone", portolan.PhaseCheck, portolan.KindStatus, "", []browser.Act{{Verb: browser.Open, On: at + "/500"}}},
		{"not-allowed", portolan.PhaseCheck, portolan.KindCredential, "status 403", []browser.Act{{Verb: browser.Open, On: at + "/403"}}},
		{"half-a-page", portolan.PhaseRead, portolan.KindClosed, "CONTENT_LENGTH_MISMATCH", []browser.Act{{Verb: browser.Open, On: at + "/half"}}},
		{"server-hangs", portolan.PhaseWait, portolan.KindTimeout, "not in time", []browser.Act{{Verb: browser.Open, On: at + "/hang"}}},
		{"never-shown", portolan.PhaseCheck, portolan.KindTimeout, "wait p", []browser.Act{{Verb: browser.Open, On: at + "/"}, {Verb: browser.Wait, On: "p"}}},
		{"other-text", portolan.PhaseCheck, portolan.KindTimeout, "wait h1", []browser.Act{{Verb: browser.Open, On: at + "/"}, {Verb: browser.Wait, On: "h1", Text: "Bye"}}},
		{"never-gone", portolan.PhaseCheck, portolan.KindTimeout, "gone h1", []browser.Act{{Verb: browser.Open, On: at + "/"}, {Verb: browser.Gone, On: "h1"}}},
		{"no-field", portolan.PhaseCheck, portolan.KindTimeout, "fill input", []browser.Act{{Verb: browser.Open, On: at + "/"}, {Verb: browser.Fill, On: "input"}}},
		{"no-selector", portolan.PhaseNone, portolan.KindMonitor, "SyntaxError", []browser.Act{{Verb: browser.Open, On: at + "/"}, {Verb: browser.Click, On: "##"}}},
		{"fetch-hangs", portolan.PhaseWait, portolan.KindTimeout, "wait p", []browser.Act{{Verb: browser.Open, On: at + "/fetch"}, {Verb: browser.Click, On: "button"}, {Verb: browser.Wait, On: "p", Text: "x"}}},
		{"script-loops", portolan.PhaseCheck, portolan.KindTimeout, "click button", []browser.Act{{Verb: browser.Open, On: at + "/loop"}, {Verb: browser.Click, On: "button"}}},
	} {
		last := len(c.acts) - 1
		if before, err := s.step(browser.Task{Acts: c.acts[:last], Within: time.Minute}); err != nil || before.Failure != nil {
			t.Fatalf("%s: before: %+v, %v", c.name, before, err)
		}
		seen, err := s.step(browser.Task{Acts: c.acts[last:], Within: time.Second})
		switch {
		case err != nil || seen.Failure == nil:
			t.Errorf("%s: got %+v, %v", c.name, seen, err)
		case seen.Failure.Phase != c.phase || seen.Failure.Kind != c.kind || !strings.Contains(seen.Failure.Message, c.says):
			t.Errorf("%s: got %v in %v, %s; want %v in %v", c.name, seen.Failure.Kind, seen.Failure.Phase, seen.Failure.Message, c.kind, c.phase)
		}
	}
}
