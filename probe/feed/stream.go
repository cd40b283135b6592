package feed

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"

	"portolan"
	"portolan/probe"
)

// request is an action filled with a run's values.
type request struct {
	url       *url.URL
	subscribe string
}

func (a *action) fill(run *probe.Run) (request, error) {
	address, err := run.Fill(a.url, nil)
	if err != nil {
		return request{}, fmt.Errorf("fill address: %w", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return request{}, fmt.Errorf("parse address: %w", err)
	}
	if !isLines(u) && !isSocket(u) {
		return request{}, fmt.Errorf("address %q: want tcp, tls, ws, wss, http or https", address)
	}
	subscribe, err := run.Fill(a.subscribe, escapeJSON)
	if err != nil {
		return request{}, fmt.Errorf("fill subscription: %w", err)
	}
	return request{u, subscribe}, nil
}

// escapeJSON makes a value fit for a string of JSON.
func escapeJSON(value string) string {
	quoted, _ := json.Marshal(value) // a string has no way to fail
	return string(quoted[1 : len(quoted)-1])
}

// maxLine bounds one message.
const maxLine = 64 << 10

var errTooLong = fmt.Errorf("a message is longer than %d bytes", maxLine)

// stream is an open feed: what it is written to and read from a message at a time.
type stream struct {
	conn  net.Conn // underneath, where deadlines hold
	write func(ctx context.Context, message string) error
	line  func() ([]byte, error) // the next message; valid until the next call
	end   func()
	once  sync.Once
}

// until sets when line gives up, with os.ErrDeadlineExceeded.
func (s *stream) until(t time.Time) { _ = s.conn.SetReadDeadline(t) } // of a closed one, line tells

// close ends the stream; it may be called again, and while line waits.
func (s *stream) close() { s.once.Do(s.end) }

// connect opens the feed.
func (w *watch) connect(ctx context.Context, run *probe.Run, u *url.URL) (*stream, *probe.Failure) {
	if isLines(u) {
		return w.connectLines(ctx, run, u)
	}
	return w.connectSocket(ctx, run, u)
}

func (w *watch) connectLines(ctx context.Context, run *probe.Run, u *url.URL) (*stream, *probe.Failure) {
	conn, err := run.Dial(w.trace(ctx), "tcp", u.Host)
	if err != nil {
		return nil, probe.NetworkFailure(ctx, w.watch.Phase(), err)
	}
	plain := conn
	if u.Scheme == "tls" {
		w.watch.Enter(portolan.PhaseTLS)
		config := w.action.secure.Apply(run.TLS())
		if config.ServerName == "" {
			config.ServerName = u.Hostname()
		}
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, probe.NetworkFailure(ctx, portolan.PhaseTLS, err)
		}
		conn = secured
	}
	lines := bufio.NewReaderSize(conn, maxLine)
	return &stream{
		conn: plain,
		write: func(_ context.Context, message string) error {
			_, err := conn.Write([]byte(message + "\n"))
			return err
		},
		line: func() ([]byte, error) {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				err = errTooLong
			}
			return line, err
		},
		end: func() { conn.Close() },
	}, nil
}

// connectSocket opens a WebSocket. Its proxy is the runner's choice.
func (w *watch) connectSocket(ctx context.Context, run *probe.Run, u *url.URL) (*stream, *probe.Failure) {
	var dialed net.Conn
	transport := &http.Transport{
		Proxy:           func(r *http.Request) (*url.URL, error) { return run.Proxy(r.URL) },
		TLSClientConfig: w.action.secure.Apply(run.TLS()),
		DialContext: func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
			dialed, err = run.Dial(ctx, network, addr)
			return dialed, err
		},
		IdleConnTimeout: time.Second, // after a refusal, nobody uses the connection again
	}
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     transport,
	}
	header := http.Header{"User-Agent": {userAgent}, "Traceparent": {run.Trace()}}
	conn, response, err := websocket.Dial(w.trace(ctx), u.String(), &websocket.DialOptions{HTTPClient: client, HTTPHeader: header})
	if err != nil {
		return nil, w.refused(ctx, response, err)
	}
	conn.SetReadLimit(maxLine)
	return &stream{
		conn: dialed,
		write: func(ctx context.Context, message string) error {
			return conn.Write(ctx, websocket.MessageText, []byte(message))
		},
		line: func() ([]byte, error) {
			_, message, err := conn.Read(context.Background()) // the deadline is the connection's
			switch {
			case errors.Is(err, websocket.ErrMessageTooBig):
				err = errTooLong
			case websocket.CloseStatus(err) >= 0: // the peer said good-bye
				err = errors.Join(io.EOF, err)
			}
			return message, err
		},
		end: func() { conn.CloseNow() },
	}, nil
}

// userAgent names the monitor to the systems that it watches.
const userAgent = "Portolan/1 (synthetic transaction)"

// refused returns the failure of a WebSocket that was not opened.
func (w *watch) refused(ctx context.Context, response *http.Response, err error) *probe.Failure {
	switch {
	case response == nil || ctx.Err() != nil:
		return probe.NetworkFailure(ctx, w.watch.Phase(), err)
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindCredential, Err: err}
	case response.StatusCode == http.StatusProxyAuthRequired:
		return &probe.Failure{Phase: portolan.PhaseConnect, Kind: portolan.KindProxy, Err: err}
	case response.StatusCode >= http.StatusBadRequest:
		return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindStatus, Err: err}
	default:
		return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindProtocol, Err: err}
	}
}
