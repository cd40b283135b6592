package web

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"

	"portolan/probe"
)

// session is what the web steps of one run share: cookies, connections and where the last answer came from.
type session struct {
	run  *probe.Run
	jar  http.CookieJar
	base *url.URL // of the last answer, against which a relative address is read; nil before the first

	mu         sync.Mutex // guards everything that follows
	transports map[linkKey]*http.Transport
	conns      []net.Conn
	closed     bool
}

// sessionKey is the key of the session in its run.
type sessionKey struct{}

func sessionOf(run *probe.Run) *session {
	return run.Session(sessionKey{}, func() any {
		jar, _ := cookiejar.New(nil) // it cannot fail without options
		return &session{run: run, jar: jar, transports: map[linkKey]*http.Transport{}}
	}).(*session)
}

// transport returns the connections for a link. Steps with equal links share them.
func (s *session) transport(l *link) *http.Transport {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.transports[l.linkKey]
	if !ok {
		t = &http.Transport{
			Proxy:                  func(r *http.Request) (*url.URL, error) { return l.proxy(s.run, r.URL) },
			DialContext:            s.dial,
			TLSClientConfig:        l.secure.Apply(s.run.TLS()),
			DisableCompression:     true, // it would hide how many bytes came
			MaxResponseHeaderBytes: maxHeader,
			// Not nil, and so no HTTP/2.
			TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
		}
		s.transports[l.linkKey] = t
	}
	return t
}

// maxHeader bounds the head of an answer.
const maxHeader = 256 << 10

// dial opens a connection that ends with the run at the latest, whatever net/http does with it.
func (s *session) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := s.run.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	s.conns = append(s.conns, conn)
	return conn, nil
}

// Close implements io.Closer: the run is over.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, t := range s.transports {
		t.CloseIdleConnections()
	}
	for _, conn := range s.conns {
		conn.Close() // most are closed already
	}
	return nil
}

// once sends each request at most once, with a traceparent of its own.
//
// net/http sends a request again by itself when a connection that it used before fails and the request
// seems safe to repeat: it has no body or one that can be had again. A measurement must not: a server that
// closes early would be asked again and again (blackbox_exporter issue 1453). So no request that gets here
// has a body that can be had again, or none. One exception remains, which no server can see: a POST, PUT or
// PATCH with an empty body, of which not a byte was written, may go out on a fresh connection.
type once struct {
	*exchange
}

// RoundTrip implements http.RoundTripper.
func (o once) RoundTrip(r *http.Request) (*http.Response, error) {
	l := &o.action.link
	proxy, err := l.proxy(o.run, r.URL)
	if err != nil {
		return nil, fmt.Errorf("choose proxy: %w", err)
	}
	o.proxied = proxy != nil
	r = r.Clone(r.Context())
	r.Header.Set("Traceparent", o.run.Trace())
	r.GetBody = nil
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodDelete:
		if r.Body == nil || r.Body == http.NoBody {
			r.Body = io.NopCloser(nothing{})
		}
	}
	hideIdempotencyKey(r.Header)
	return o.session.transport(l).RoundTrip(r)
}

// nothing is an empty body that net/http does not recognize as one.
type nothing struct{}

// Read implements io.Reader.
func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// hideIdempotencyKey spells the header in lower case, which is the same to a server; net/http takes the
// usual spelling as leave to send the request again.
func hideIdempotencyKey(h http.Header) {
	for plain, canonical := range map[string]string{
		"idempotency-key": "Idempotency-Key", "x-idempotency-key": "X-Idempotency-Key",
	} {
		if values, ok := h[canonical]; ok {
			delete(h, canonical)
			h[plain] = values
		}
	}
}

// follow is the policy on redirects: so many are followed; 0 takes the redirect itself as the answer.
func (a *action) follow(next *http.Request, via []*http.Request) error {
	switch {
	case a.redirects == 0:
		return http.ErrUseLastResponse
	case len(via) > a.redirects:
		return fmt.Errorf("follow redirects: more than %d", a.redirects)
	case elsewhere(via[0].URL, next.URL):
		return a.request.withhold(next)
	default:
		return nil
	}
}
