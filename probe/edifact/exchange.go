package edifact

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http/httptrace"
	"net/url"

	"portolan"
	"portolan/internal/interchange"
	"portolan/probe"
)

// ask sends a manifest to an address and returns its answer.
func (x *exchange) ask(ctx context.Context, address string, m *manifest) (interchange.Message, *probe.Failure) {
	if err := checkAddress(address); err != nil {
		return interchange.Message{}, monitorFailure(fmt.Errorf("address %q %w", address, err))
	}
	u, err := url.Parse(address)
	if err != nil {
		return interchange.Message{}, monitorFailure(err)
	}
	ctx = x.trace(ctx)
	if u.Scheme == "tcp" || u.Scheme == "tls" {
		return x.converse(ctx, u, m)
	}
	body, failure := x.post(ctx, u, m)
	if failure != nil {
		return interchange.Message{}, failure
	}
	x.watch.Enter(portolan.PhaseCheck)
	return search(body, m)
}

// trace returns ctx with the callbacks that move the stopwatch from phase to phase while a connection is opened. A
// phase lasts until the next begins.
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

// search looks for the answer to a manifest in a body that came by HTTP.
func search(body []byte, m *manifest) (interchange.Message, *probe.Failure) {
	r := interchange.NewReader(bytes.NewReader(body))
	for passed := 0; ; passed++ {
		data, err := r.Next()
		switch {
		case err == io.EOF && passed > 0:
			return interchange.Message{}, checkFailure(portolan.KindAssertion, fmt.Errorf("%d interchanges came and none answers this list", passed))
		case err != nil:
			return interchange.Message{}, checkFailure(portolan.KindProtocol, fmt.Errorf("read interchange: %w", err))
		}
		if got, found, failure := find(data, m); found || failure != nil {
			return got, failure
		}
	}
}

// find looks for the answer to a manifest, a CUSRES, in an interchange. A CONTRL that rejects the manifest is a
// failure.
func find(data []byte, m *manifest) (got interchange.Message, found bool, failure *probe.Failure) {
	i, err := interchange.Parse(data)
	if err != nil {
		return got, false, checkFailure(portolan.KindProtocol, err)
	}
	for _, message := range i.Messages() {
		switch message.Kind.Type {
		case "CONTRL":
			if reason, ok := rejection(message, m.control); ok {
				return got, false, checkFailure(portolan.KindStatus, fmt.Errorf("the system rejected the list (CONTRL, error %.8q)", reason))
			}
		case "CUSRES":
			if answers(message, m.reference) {
				return message, true, nil
			}
		}
	}
	return got, false, nil
}

const (
	codeAnswer     = "962" // of BGM: the answer to a list, not a later change
	actionRejected = "4"   // of UCI and UCM
)

func answers(m interchange.Message, reference string) bool {
	code, ok := "", false
	for _, s := range m.Segments {
		switch {
		case s.Tag == "BGM":
			code = s.Part(0, 0)
		case s.Is("RFF", "TN"):
			ok = ok || s.Qualified() == reference
		case s.Tag == "ERP":
			return ok && code == codeAnswer
		}
	}
	return ok && code == codeAnswer
}

// rejection reports whether a CONTRL rejects the interchange with this control reference, or a message in it, and
// by which error code.
func rejection(m interchange.Message, control string) (reason string, rejected bool) {
	ours := false
	for _, s := range m.Segments {
		switch {
		case s.Tag == "UCI":
			ours = s.Part(0, 0) == control
			if ours && s.Part(3, 0) == actionRejected {
				return s.Part(4, 0), true
			}
		case s.Tag == "UCM" && ours && s.Part(2, 0) == actionRejected:
			return s.Part(3, 0), true
		}
	}
	return "", false
}
