package edifact

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"portolan"
	"portolan/internal/interchange"
	"portolan/probe"
)

// line is an open connection that carries interchanges as they are.
type line struct {
	conn   net.Conn
	reader *interchange.Reader
}

// converse sends a manifest over the run's line to an address, and waits there for its answer. A line on which
// something failed is not used again.
func (x *exchange) converse(ctx context.Context, u *url.URL, m *manifest) (interchange.Message, *probe.Failure) {
	l, failure := x.line(ctx, u)
	if failure != nil {
		return interchange.Message{}, failure
	}
	stop := context.AfterFunc(ctx, func() { _ = l.conn.SetDeadline(time.Unix(1, 0)) }) // long past
	defer stop()
	before := l.reader.Read()
	got, failure := x.exchange(ctx, l, m)
	x.received = l.reader.Read() - before
	if failure != nil {
		sessionOf(x.run).forget(x.lineTo(u), l)
	}
	return got, failure
}

// exchange sends a manifest and reads interchanges up to the one that answers or rejects it. Others are passed
// over: a system also tells carriers of changes (BGM+132), and answers may come late.
func (x *exchange) exchange(ctx context.Context, l *line, m *manifest) (interchange.Message, *probe.Failure) {
	x.watch.Enter(portolan.PhaseRequest)
	if _, err := l.conn.Write(m.data); err != nil {
		return interchange.Message{}, probe.NetworkFailure(ctx, portolan.PhaseRequest, err)
	}
	for range maxPassed {
		x.watch.Enter(portolan.PhaseWait)
		if err := l.reader.Wait(); err != nil {
			return interchange.Message{}, probe.NetworkFailure(ctx, portolan.PhaseWait, err)
		}
		x.watch.Enter(portolan.PhaseRead)
		data, err := l.reader.Next()
		if err != nil {
			return interchange.Message{}, readFailure(ctx, err)
		}
		x.watch.Enter(portolan.PhaseCheck)
		if got, found, failure := find(data, m); found || failure != nil {
			return got, failure
		}
	}
	return interchange.Message{}, &probe.Failure{
		Phase: portolan.PhaseRead, Kind: portolan.KindTooLarge,
		Err: fmt.Errorf("%d interchanges came and none answers this list", maxPassed),
	}
}

// maxPassed bounds how many interchanges are read.
const maxPassed = 100

func readFailure(ctx context.Context, err error) *probe.Failure {
	failure := probe.NetworkFailure(ctx, portolan.PhaseRead, err)
	switch {
	case errors.Is(err, interchange.ErrTooLarge):
		failure.Kind = portolan.KindTooLarge
	case errors.Is(err, interchange.ErrForm):
		failure.Kind = portolan.KindProtocol
	}
	return failure
}

// lineTo returns the key of the run's line to an address.
func (x *exchange) lineTo(u *url.URL) lineKey { return lineKey{u.String(), x.secure.definition} }

// line returns the run's connection to an address, and opens it first if need be.
func (x *exchange) line(ctx context.Context, u *url.URL) (*line, *probe.Failure) {
	s := sessionOf(x.run)
	if l := s.line(x.lineTo(u)); l != nil {
		return l, nil
	}
	conn, err := x.run.Dial(ctx, "tcp", u.Host)
	if err != nil {
		return nil, probe.NetworkFailure(ctx, x.watch.Phase(), err)
	}
	if u.Scheme == "tls" {
		x.watch.Enter(portolan.PhaseTLS)
		secured, err := secure(ctx, conn, x.secure.Apply(x.run.TLS()), u.Hostname())
		if err != nil {
			return nil, probe.NetworkFailure(ctx, portolan.PhaseTLS, errors.Join(err, conn.Close()))
		}
		conn = secured
	}
	l := &line{conn, interchange.NewReader(conn)}
	if !s.keep(x.lineTo(u), l) {
		return nil, probe.NetworkFailure(ctx, portolan.PhaseConnect, errors.Join(net.ErrClosed, conn.Close()))
	}
	return l, nil
}

func secure(ctx context.Context, conn net.Conn, c *tls.Config, name string) (net.Conn, error) {
	if c.ServerName == "" {
		c.ServerName = name
	}
	secured := tls.Client(conn, c)
	return secured, secured.HandshakeContext(ctx)
}
