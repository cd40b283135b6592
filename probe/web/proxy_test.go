package web_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portolan"
	"portolan/probe"
)

// proxy is a small HTTP proxy. It alone knows where the names of the tests lead.
type proxy struct {
	url   *url.URL
	hosts map[string]string // where a name leads; to status 502 if nowhere

	mu    sync.Mutex
	asked []string // "METHOD host" of each request
}

func newProxy(t *testing.T, hosts map[string]string) *proxy {
	t.Helper()
	p := &proxy{hosts: hosts}
	p.url, _ = url.Parse(serve(t, p.serve))
	return p
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	if user := p.url.User; user != nil && r.Header.Get("Proxy-Authorization") == "" {
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	target, known := p.hosts[r.Host]
	if !known {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	to, err := net.Dial("tcp", target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer to.Close()
	if r.Method != http.MethodConnect {
		p.forward(w, r, to)
		return
	}
	from, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer from.Close()
	fmt.Fprint(from, "HTTP/1.1 200 Connection established\r\n\r\n")
	go io.Copy(to, from)
	io.Copy(from, to)
}

func (p *proxy) forward(w http.ResponseWriter, r *http.Request, to net.Conn) {
	r.Header.Set("Connection", "close")
	if r.Write(to) == nil {
		from, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			defer from.Close()
			io.Copy(from, to)
		}
	}
}

// through runs one step through a proxy that the runner chose, with a resolver that knows no name.
func through(t *testing.T, proxy *url.URL, step string) (portolan.Result, []*probe.Failure) {
	t.Helper()
	options := probe.Options{Proxy: probe.FixedProxy(proxy), Resolver: resolver(nameServer(t))}
	return probe.NewRunner(options).Run(t.Context(), transaction(t, step), 0, 1)
}

// hostOf returns host and port of an address.
func hostOf(address string) string { return address[strings.Index(address, "//")+2:] }

func TestLink_ProxyResolvesTheNames(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	pair, _, _ := a.issue(t, "tpac.test", time.Now().Add(time.Hour))
	secure := serveTLS(t, configOf(pair))
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, test := range map[string]struct{ step, asked, phases string }{
		"https": {strings.Replace(trusting(a, ""), "${endpoint}", "https://tpac.test", 1), "CONNECT tpac.test:443", "connect tls request wait read check"},
		"http":  {"url: http://tpac.test", "GET tpac.test", "connect request wait read check"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t, map[string]string{"tpac.test:443": hostOf(secure), "tpac.test": hostOf(plain)})
			got, failures := through(t, p.url, test.step)
			if got.Outcome != portolan.Good {
				t.Fatalf("got %+v: %v", got.Symptom, failures)
			}
			if len(p.asked) != 1 || p.asked[0] != test.asked {
				t.Errorf("the proxy was asked %q, want %q once", p.asked, test.asked)
			}
			if phases := reached(got.Steps[0]); phases != test.phases {
				t.Errorf("reached %q, want %q: names are the proxy's to resolve", phases, test.phases)
			}
		})
	}
}

func TestLink_StepsProxyBeatsTheRunners(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	p := newProxy(t, map[string]string{"tpac.test": hostOf(plain)})
	nowhere := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	got, failures := through(t, nowhere, "{url: http://tpac.test, proxy: '"+p.url.String()+"'}")
	if got.Outcome != portolan.Good {
		t.Errorf("got %+v: %v", got.Symptom, failures)
	}
	got, failures = through(t, nowhere, "{url: '"+plain+"', proxy: direct}")
	if got.Outcome != portolan.Good {
		t.Errorf("direct: got %+v: %v", got.Symptom, failures)
	}
}

func TestLink_ProxyThatRefusesIsTheProxy(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	wantsUser := newProxy(t, nil)
	wantsUser.url.User = url.User("nobody")
	open := *wantsUser.url
	open.User = nil
	gone := &url.URL{Scheme: "http", Host: closedPort(t)}
	for name, test := range map[string]struct {
		proxy *url.URL
		step  string
		phase portolan.Phase
	}{
		"target-refused":   {p.url, "url: https://tpac.test", portolan.PhaseConnect},
		"wants-a-user":     {&open, "url: https://tpac.test", portolan.PhaseConnect},
		"http-wants-user":  {&open, "url: http://tpac.test", portolan.PhaseCheck},
		"gone":             {gone, "url: https://tpac.test", portolan.PhaseConnect},
		"gone-for-http":    {gone, "url: http://tpac.test", portolan.PhaseConnect},
		"name-unknown":     {&url.URL{Scheme: "http", Host: "proxy.invalid:3128"}, "url: https://tpac.test", portolan.PhaseDNS},
		"closes":           {&url.URL{Scheme: "http", Host: raw(t, after("", nil))}, "url: https://tpac.test", portolan.PhaseConnect},
		"socks-no-socks":   {&url.URL{Scheme: "socks5", Host: raw(t, after("HTTP/1.1 400 Bad Request\r\n\r\n", nil))}, "url: http://tpac.test", portolan.PhaseConnect},
		"socks-unresolved": {&url.URL{Scheme: "socks5", Host: socks(t, "")}, "url: http://tpac.test", portolan.PhaseConnect},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, failures := through(t, test.proxy, test.step)
			wantSymptom(t, got, failures, "a", test.phase, portolan.KindProxy)
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return l.Addr().String()
}

func TestLink_SOCKSProxyResolvesTheNames(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	got, failures := through(t, &url.URL{Scheme: "socks5", Host: socks(t, hostOf(plain))}, "url: http://tpac.test")
	if got.Outcome != portolan.Good {
		t.Fatalf("got %+v: %v", got.Symptom, failures)
	}
	if phases := reached(got.Steps[0]); phases != "connect request wait read check" {
		t.Errorf("reached %q", phases)
	}
}

// socks starts a SOCKS5 proxy that takes names only, and leads them all to target; to "host unreachable" if
// there is none.
func socks(t *testing.T, target string) string {
	t.Helper()
	return raw(t, func(c *net.TCPConn) {
		head := make([]byte, 2)
		io.ReadFull(c, head)
		io.ReadFull(c, make([]byte, head[1]))
		c.Write([]byte{5, 0})
		request := make([]byte, 5)
		io.ReadFull(c, request)
		const byName, hostUnreachable, typeUnknown = 3, 4, 8
		answer := []byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}
		io.ReadFull(c, make([]byte, int(request[4])+2))
		to, err := net.Dial("tcp", target)
		switch {
		case request[3] != byName:
			answer[1] = typeUnknown
		case err != nil:
			answer[1] = hostUnreachable
		}
		c.Write(answer)
		if answer[1] != 0 {
			return
		}
		defer to.Close()
		go io.Copy(to, c)
		io.Copy(c, to)
	})
}
