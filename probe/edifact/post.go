package edifact

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"portolan"
	"portolan/internal/interchange"
	"portolan/probe"
)

const (
	mediaType = "application/EDIFACT" // RFC 1767
	userAgent = "Portolan/1 (synthetic transaction)"
	maxHeader = 64 << 10
)

// post sends a manifest by HTTP and returns the body of what is answered.
func (x *exchange) post(ctx context.Context, u *url.URL, m *manifest) ([]byte, *probe.Failure) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(m.data))
	if err != nil {
		return nil, monitorFailure(err)
	}
	request.GetBody = nil // net/http would send the list again over another connection
	request.Header.Set("Content-Type", mediaType)
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Traceparent", x.run.Trace())
	response, err := sessionOf(x.run).transport(x.secure).RoundTrip(request)
	if err != nil {
		return nil, probe.NetworkFailure(ctx, x.watch.Phase(), err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, interchange.MaxBytes+1))
	x.received = int64(len(body))
	switch {
	case err != nil:
		return nil, probe.NetworkFailure(ctx, portolan.PhaseRead, err)
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, checkFailure(kindOfStatus(response.StatusCode), fmt.Errorf("the system answered %s", response.Status))
	case len(body) > interchange.MaxBytes:
		return nil, &probe.Failure{Phase: portolan.PhaseRead, Kind: portolan.KindTooLarge, Err: interchange.ErrTooLarge}
	}
	return body, nil
}

func kindOfStatus(status int) portolan.ErrorKind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return portolan.KindCredential
	case http.StatusProxyAuthRequired:
		return portolan.KindProxy
	default:
		return portolan.KindStatus
	}
}

// newTransport returns the connections of a run: HTTP/1.1, with the workstation's proxy.
func newTransport(run *probe.Run, secure probe.TLS) *http.Transport {
	return &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return run.Proxy(r.URL) },
		DialContext:            run.Dial,
		TLSClientConfig:        secure.Apply(run.TLS()),
		DisableCompression:     true, // it would hide how many bytes came
		MaxResponseHeaderBytes: maxHeader,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // not nil, and so no HTTP/2
	}
}
