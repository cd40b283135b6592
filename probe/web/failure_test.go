package web_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/internal/testnet"
	"portolan/probe"
)

// raw starts a TCP server that hands each connection to f, and returns its address.
func raw(t testing.TB, f func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

// after returns a connection's handler that reads a request's head, then sends text, then does the rest.
func after(text string, rest func(*net.TCPConn)) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		c.Read(make([]byte, 4096))
		c.Write([]byte(text))
		if rest != nil {
			rest(c)
		}
	}
}

// abort makes closing a connection reset it.
func abort(c *net.TCPConn) { c.SetLinger(0) }

func TestWay_WhatAServerDoesWrongIsASymptom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server func(*net.TCPConn)
		step   string // more of the definition
		phase  portolan.Phase
		kind   portolan.ErrorKind
		phases string
	}{
		"closed-before-an-answer": {after("", nil), "", portolan.PhaseWait, portolan.KindClosed, "connect request wait"},
		"reset-before-an-answer":  {after("", abort), "", portolan.PhaseWait, portolan.KindReset, "connect request wait"},
		"truncated-body":          {after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", nil), "", portolan.PhaseRead, portolan.KindClosed, "connect request wait read"},
		"truncated-head":          {after("HTTP/1.1 200 OK\r\nServer: x\r\n", nil), "", portolan.PhaseRead, portolan.KindClosed, "connect request wait read"},
		"no-http":                 {after("SSH-2.0-OpenSSH_9.2\r\n", nil), "", portolan.PhaseRead, portolan.KindProtocol, "connect request wait read"},
		"bad-chunks":              {after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", nil), "", portolan.PhaseRead, portolan.KindProtocol, "connect request wait read"},
		"bad-gzip":                {after("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\nthis is not zipped..", nil), "", portolan.PhaseRead, portolan.KindProtocol, "connect request wait read"},
		"redirect-to-nowhere": {after("HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n", nil), "", portolan.PhaseRead, portolan.KindProtocol,
			"connect request wait read"},
		"over-the-limit": {after("HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", 2000), nil), ", limit: 1KiB", portolan.PhaseRead,
			portolan.KindTooLarge, "connect request wait read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, failures := ask(t, "http://"+raw(t, test.server), "{url: '${endpoint}'"+test.step+"}")
			wantSymptom(t, got, failures, "a", test.phase, test.kind)
			if phases := reached(got.Steps[0]); phases != test.phases {
				t.Errorf("reached %q, want %q", phases, test.phases)
			}
		})
	}
}

func TestWay_RefusedConnectionIsRefusedInConnect(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	got, failures := ask(t, "http://"+l.Addr().String(), "url: ${endpoint}")
	wantSymptom(t, got, failures, "a", portolan.PhaseConnect, portolan.KindRefused)
	if phases := reached(got.Steps[0]); phases != "connect" {
		t.Errorf("reached %q", phases)
	}
}

func TestWay_NoRouteIsToldInConnect(t *testing.T) {
	t.Parallel()
	network := testnet.New()
	network.Set("tpac.test:80", testnet.Unreachable)
	tr := transaction(t, "url: http://tpac.test")
	got, failures := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), tr, 0, 1)
	wantSymptom(t, got, failures, "a", portolan.PhaseConnect, portolan.KindRoute)
}

func TestWay_NameThatDoesNotResolveFailsInDNS(t *testing.T) {
	t.Parallel()
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, server := range map[string]string{"refusing-server": closed.LocalAddr().String(), "name-unknown": nameServer(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := transaction(t, "url: http://tpac.portolan.test.")
			got, failures := probe.NewRunner(probe.Options{Resolver: resolver(server)}).Run(t.Context(), tr, 0, 1)
			wantSymptom(t, got, failures, "a", portolan.PhaseDNS, portolan.KindResolve)
			if phases := reached(got.Steps[0]); phases != "dns" {
				t.Errorf("reached %q", phases)
			}
		})
	}
}

// resolver returns one that asks server.
func resolver(server string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server)
	}}
}

// nameServer starts a DNS server that knows no name.
func nameServer(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if n > 12 {
				b[2], b[3] = 0x81, 0x83 // an answer, recursion done: no such name
				c.WriteTo(b[:n], from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func TestWay_ValueThatNobodyGaveIsTheMonitorsFault(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, func(http.ResponseWriter, *http.Request) {})
	got, failures := ask(t, endpoint, "url: ${endpoint}/${nobody}")
	wantSymptom(t, got, failures, "a", portolan.PhaseNone, portolan.KindMonitor)
	if unknown, ok := errors.AsType[*probe.UnknownValueError](failures[0]); !ok || unknown.Name != "nobody" {
		t.Errorf("got %v", failures[0])
	}
}

func TestWay_ResetInTheBodyIsAReset(t *testing.T) {
	t.Parallel()
	network := testnet.New()
	l, err := network.Listen("tpac.test:80")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9")
		w.Write([]byte("abc"))
		w.(http.Flusher).Flush()
		network.Cut("tpac.test:80")
	}))
	tr := transaction(t, "url: http://tpac.test")
	tr.Timeout = 5 * time.Second
	got, failures := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), tr, 0, 1)
	if got.Symptom.Kind != portolan.KindReset {
		t.Errorf("got %+v, want a reset: %v", got.Symptom, failures)
	}
}
