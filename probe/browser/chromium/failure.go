package chromium

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/chromedp/chromedp"

	"portolan"
	"portolan/probe/browser"
)

var errCrashed = errors.New("the page's process ended")

// loadError says that a document could not be had.
type loadError struct{ of *exchange }

// Error implements error.
func (e *loadError) Error() string { return "load the page: " + e.of.failed }

// statusError says that a document came with a status which tells of an error.
type statusError struct{ status int }

// Error implements error.
func (e *statusError) Error() string { return fmt.Sprintf("the page has status %d", e.status) }

// troubleOf returns the trouble of an act that ended with err while ctx was the step's.
func (p *page) troubleOf(ctx context.Context, what string, err error) *browser.Trouble {
	if cause := context.Cause(ctx); cause != nil {
		err = cause // what broke, broke because it was cut
	}
	t := &browser.Trouble{Phase: portolan.PhaseNone, Kind: portolan.KindMonitor, Message: what + ": " + err.Error()}
	var load *loadError
	var status *statusError
	switch {
	case errors.As(err, &load):
		t.Kind, t.Phase = kindOf(load.of.failed, load.of.phase())
	case errors.As(err, &status):
		t.Kind, t.Phase = kindOfStatus(status.status), portolan.PhaseCheck
	case p.ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		t.Kind, t.Phase = portolan.KindTimeout, p.traffic.whereabouts()
		t.Message = what + ": not in time"
	}
	if thrown, ok := errors.AsType[*chromedp.ExceptionError](err); ok && thrown.Exception != nil {
		first, _, _ := strings.Cut(thrown.Exception.Description, "\n")
		t.Message = what + ": " + first
	}
	return t
}

// kindOfStatus is as it is for web steps: what a user sees is the same.
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

// kindOf returns what an error of Chromium means, by its name, and the phase that it lies in; reached is how far the
// request came. The names are those of Chromium's net/base/net_error_list.h, which are kept from release to release.
func kindOf(name string, reached portolan.Phase) (portolan.ErrorKind, portolan.Phase) {
	name = strings.TrimPrefix(name, "net::ERR_")
	for _, known := range knownErrors() {
		if known.prefix == name || strings.HasSuffix(known.prefix, "_") && strings.HasPrefix(name, known.prefix) {
			if known.phase != portolan.PhaseNone {
				reached = known.phase
			}
			return known.kind, reached
		}
	}
	return portolan.KindProtocol, reached
}

// knownError is an error of Chromium, or all whose names begin alike.
type knownError struct {
	prefix string // a trailing underscore stands for all that begin so
	kind   portolan.ErrorKind
	phase  portolan.Phase // PhaseNone for where the request was
}

func knownErrors() []knownError {
	return []knownError{
		{"NAME_NOT_RESOLVED", portolan.KindResolve, portolan.PhaseDNS},
		{"NAME_RESOLUTION_FAILED", portolan.KindResolve, portolan.PhaseDNS},
		{"ICANN_NAME_COLLISION", portolan.KindResolve, portolan.PhaseDNS},
		{"DNS_TIMED_OUT", portolan.KindTimeout, portolan.PhaseDNS},
		{"DNS_", portolan.KindResolve, portolan.PhaseDNS},
		{"CONNECTION_REFUSED", portolan.KindRefused, portolan.PhaseConnect},
		{"CONNECTION_TIMED_OUT", portolan.KindTimeout, portolan.PhaseConnect},
		{"TIMED_OUT", portolan.KindTimeout, portolan.PhaseNone},
		{"ADDRESS_UNREACHABLE", portolan.KindRoute, portolan.PhaseConnect},
		{"ADDRESS_INVALID", portolan.KindRoute, portolan.PhaseConnect},
		{"INTERNET_DISCONNECTED", portolan.KindRoute, portolan.PhaseConnect},
		{"NETWORK_ACCESS_DENIED", portolan.KindRoute, portolan.PhaseConnect},
		{"NETWORK_CHANGED", portolan.KindReset, portolan.PhaseNone},
		{"PROXY_", portolan.KindProxy, portolan.PhaseConnect},
		{"SOCKS_", portolan.KindProxy, portolan.PhaseConnect},
		{"TUNNEL_CONNECTION_FAILED", portolan.KindProxy, portolan.PhaseConnect},
		{"UNEXPECTED_PROXY_AUTH", portolan.KindProxy, portolan.PhaseConnect},
		{"CERT_", portolan.KindCertificate, portolan.PhaseTLS},
		{"CERTIFICATE_", portolan.KindCertificate, portolan.PhaseTLS},
		{"SSL_", portolan.KindHandshake, portolan.PhaseTLS},
		{"BAD_SSL_", portolan.KindHandshake, portolan.PhaseTLS},
		{"CONNECTION_RESET", portolan.KindReset, portolan.PhaseNone},
		{"CONNECTION_ABORTED", portolan.KindReset, portolan.PhaseNone},
		{"CONNECTION_CLOSED", portolan.KindClosed, portolan.PhaseNone},
		{"EMPTY_RESPONSE", portolan.KindClosed, portolan.PhaseNone},
		{"CONTENT_LENGTH_MISMATCH", portolan.KindClosed, portolan.PhaseRead},
		{"INCOMPLETE_CHUNKED_ENCODING", portolan.KindClosed, portolan.PhaseRead},
		{"HTTP_RESPONSE_CODE_FAILURE", portolan.KindStatus, portolan.PhaseCheck},
		{"UNSAFE_PORT", portolan.KindMonitor, portolan.PhaseNone}, // Chromium's own list of ports that it does not ask
		{"BLOCKED_BY_", portolan.KindMonitor, portolan.PhaseNone},
		{"INSUFFICIENT_RESOURCES", portolan.KindMonitor, portolan.PhaseNone},
		{"OUT_OF_MEMORY", portolan.KindMonitor, portolan.PhaseNone},
		{"FILE_NO_SPACE", portolan.KindMonitor, portolan.PhaseNone},
	}
}
