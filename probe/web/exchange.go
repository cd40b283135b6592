package web

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"

	"portolan"
	"portolan/probe"
)

// trace returns ctx with the callbacks that move the stopwatch from phase to phase. Only beginnings count:
// a phase lasts until the next begins, so that a proxy's tunnel belongs to connect, and what a failure
// interrupts is the phase it failed in.
func (x *exchange) trace(ctx context.Context) context.Context {
	enter := x.watch.Enter
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:           func(string) { enter(portolan.PhaseNone) },
		DNSStart:          func(httptrace.DNSStartInfo) { enter(portolan.PhaseDNS) },
		ConnectStart:      func(string, string) { enter(portolan.PhaseConnect) },
		TLSHandshakeStart: func() { enter(portolan.PhaseTLS) },
		GotConn:           func(httptrace.GotConnInfo) { enter(portolan.PhaseRequest) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				x.watch.Advance(portolan.PhaseRequest, portolan.PhaseWait)
			}
		},
		GotFirstResponseByte: func() { enter(portolan.PhaseRead) },
	})
}

// networkFailure returns the failure of a request that got no answer. Through a proxy, it alone is resolved
// and connected to: what fails there is the proxy's.
func (x *exchange) networkFailure(ctx context.Context, err error) *probe.Failure {
	failure := probe.NetworkFailure(ctx, x.watch.Phase(), err)
	reaching := failure.Phase == portolan.PhaseDNS || failure.Phase == portolan.PhaseConnect
	if x.proxied && reaching && failure.Kind != portolan.KindTimeout && failure.Kind != portolan.KindMonitor {
		failure.Kind = portolan.KindProxy
	}
	return failure
}

var errTooLarge = errors.New("the body is over its limit")

// receive reads the answer to its end.
func (x *exchange) receive(ctx context.Context, response *http.Response) (*answer, *probe.Failure) {
	defer response.Body.Close()
	wire := &bounded{r: response.Body, left: x.action.limit}
	got := &answer{status: response.StatusCode, headers: response.Header}
	body, err := decoded(response, wire)
	if err == nil {
		got.body, err = io.ReadAll(&bounded{r: body, left: x.action.limit})
	}
	got.received = wire.read
	switch {
	case err == nil:
		return got, nil
	case errors.Is(err, errTooLarge):
		return got, &probe.Failure{Phase: portolan.PhaseRead, Kind: portolan.KindTooLarge, Err: err}
	default:
		return got, probe.NetworkFailure(ctx, portolan.PhaseRead, err)
	}
}

// decoded returns the body without its compression. Requests ask for gzip themselves: where net/http does, it
// hides how many bytes came.
func decoded(response *http.Response, wire io.Reader) (io.Reader, error) {
	if !strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") {
		return wire, nil
	}
	unzipped, err := gzip.NewReader(wire)
	if err == io.EOF { // an answer without a body: HEAD, 204, 304
		return wire, nil
	}
	return unzipped, err
}

// bounded reads from r and fails with errTooLarge once it gave more than left bytes.
type bounded struct {
	r    io.Reader
	left int64
	read int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if room := b.left + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	b.left -= int64(n)
	if b.left < 0 {
		b.left = 0
		return n, errTooLarge
	}
	return n, err
}
