package web_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"portolan"
	"portolan/probe"
)

func TestSession_CookiesLastForTheRunAndNoLonger(t *testing.T) {
	t.Parallel()
	var signOns atomic.Int32
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sign-on" {
			if _, err := r.Cookie("session"); err == nil {
				t.Error("a new run brings the cookie of an old one")
			}
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "s1"})
			signOns.Add(1)
			return
		}
		if c, err := r.Cookie("session"); err != nil || c.Value != "s1" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	for range 2 {
		mustAsk(t, endpoint, "url: ${endpoint}/sign-on", "url: ${endpoint}/query")
	}
	if got := signOns.Load(); got != 2 {
		t.Errorf("got %d sign-ons, want 2", got)
	}
}

// connections counts the connections that a server gets.
func connections(t *testing.T, h http.HandlerFunc) (endpoint string, count *atomic.Int32) {
	t.Helper()
	count = new(atomic.Int32)
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			count.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, count
}

func TestSession_ConnectionsAreSharedWithinARunNotAcrossRuns(t *testing.T) {
	t.Parallel()
	endpoint, count := connections(t, func(http.ResponseWriter, *http.Request) {})
	for want := int32(1); want <= 3; want++ {
		got := mustAsk(t, endpoint, "url: ${endpoint}", "url: ${endpoint}", "url: ${endpoint}\nform: {a: b}")
		if n := count.Load(); n != want {
			t.Errorf("after %d runs of three steps: %d connections", want, n)
		}
		if first := reached(got.Steps[0]); first != "connect request wait read check" {
			t.Errorf("first step reached %q", first)
		}
		if second := reached(got.Steps[1]); second != "request wait read check" {
			t.Errorf("second step, on the same connection, reached %q", second)
		}
	}
}

func TestSession_StepsWithOtherLinksDoNotShareConnections(t *testing.T) {
	t.Parallel()
	endpoint, count := connections(t, func(http.ResponseWriter, *http.Request) {})
	mustAsk(t, endpoint, "url: ${endpoint}", "{url: '${endpoint}', proxy: direct}", "{url: '${endpoint}', proxy: direct}")
	if n := count.Load(); n != 2 {
		t.Errorf("got %d connections, want 2", n)
	}
}

// early is a server that answers the first request of each connection and closes it at the second, after it
// read it.
func early(t *testing.T) (endpoint string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	perConn := map[string]int{}
	var mu sync.Mutex
	endpoint = serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		mu.Lock()
		perConn[r.RemoteAddr]++
		n := perConn[r.RemoteAddr]
		mu.Unlock()
		if n > 1 {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		}
	})
	return endpoint, requests
}

func TestSession_RequestIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]string{
		"get":             "url: ${endpoint}",
		"head":            "{url: '${endpoint}', method: HEAD}",
		"options":         "{url: '${endpoint}', method: OPTIONS}",
		"delete":          "{url: '${endpoint}', method: DELETE}",
		"options-body":    "{url: '${endpoint}', method: OPTIONS, form: {a: b}}",
		"form":            "{url: '${endpoint}', form: {a: b}}",
		"idempotent":      "{url: '${endpoint}', json: {a: b}, headers: {Idempotency-Key: k}}",
		"idempotent-bare": "{url: '${endpoint}', method: POST, headers: {X-Idempotency-Key: k}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, requests := early(t)
			got, failures := ask(t, endpoint, "url: ${endpoint}", step)
			wantSymptom(t, got, failures, "b", portolan.PhaseWait, portolan.KindClosed)
			if n := requests.Load(); n != 2 {
				t.Errorf("the server saw %d requests, want 2", n)
			}
		})
	}
}

func TestSession_EveryRequestCarriesItsOwnSpanOfOneTrace(t *testing.T) {
	t.Parallel()
	var seen []string
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("traceparent"))
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusFound)
		}
	})
	mustAsk(t, endpoint, "url: ${endpoint}/old", "url: ${endpoint}/other")
	if len(seen) != 3 {
		t.Fatalf("got %d requests, want 3", len(seen))
	}
	spans := map[string]bool{}
	for _, s := range seen {
		if !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(s) || s[:35] != seen[0][:35] {
			t.Errorf("got %q after %q", s, seen[0])
		}
		spans[s] = true
	}
	if len(spans) != 3 {
		t.Errorf("got %d spans, want 3", len(spans))
	}
}

func TestSession_RedirectsAreFollowedUpToTheBound(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		if n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
		}
	})
	mustAsk(t, endpoint, "url: ${endpoint}/10")
	mustAsk(t, endpoint, "{url: '${endpoint}/2', redirects: 2, expect: [status == 200]}")
	mustAsk(t, endpoint, "{url: '${endpoint}/2', redirects: 0, expect: [status == 302, 'headers[\"Location\"] == \"/1\"']}")
	for _, step := range []string{"url: ${endpoint}/11", "{url: '${endpoint}/3', redirects: 2}"} {
		got, failures := ask(t, endpoint, step)
		wantSymptom(t, got, failures, "a", portolan.PhaseRead, portolan.KindProtocol)
	}
}

func TestSession_RedirectKeepsTheBodyWhereTheStatusSaysSo(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprint(w, r.Method, " ", r.FormValue("a"))
	})
	mustAsk(t, endpoint, "{url: '${endpoint}/old', form: {a: b}, expect: ['body == \"POST b\"']}")
	mustAsk(t, endpoint, "{url: '${endpoint}/old', expect: ['body == \"GET \"']}")
}

func TestSession_RelativeLinkOutOfAnAnswerIsFollowed(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cases/next" {
			return
		}
		if r.URL.Path != "/cases/list" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, `<a href="next">`)
	})
	mustAsk(t, endpoint, `{url: '${endpoint}/cases/list', extract: {next: {pattern: 'href="([^"]*)"'}}}`, "url: ${next}")
}

func TestSession_NothingIsLeftOpenAfterARun(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 8)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.Repeat("x", 1<<20))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	tr := transaction(t, "{url: '"+server.URL+"', limit: 1KiB}")
	got, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
	wantSymptom(t, got, failures, "a", portolan.PhaseRead, portolan.KindTooLarge)
	<-closed
}
