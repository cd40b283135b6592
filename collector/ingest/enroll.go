package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"portolan/collector/ledger"
	"portolan/collector/registry"
)

// serveEnrolment trades a one-time token for a certificate, or renews the certificate that the client shows.
func (i *Ingest) serveEnrolment(c call) answer {
	var q registry.Request
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&q)
	if _, more := decoder.Token(); err != nil || !errors.Is(more, io.EOF) {
		return refuseEnrolment(http.StatusBadRequest, "malformed", `want {"token", "agent", "csr"}`)
	}
	issued, err := i.enroll(c, q)
	if err != nil {
		return enrolmentError(err)
	}
	return answer{status: http.StatusOK, body: issued}
}

func (i *Ingest) enroll(c call, q registry.Request) (registry.Issued, error) {
	if q.Token != "" {
		return i.o.Registry.Enroll(c.Context(), q, c.at)
	}
	sender, err := i.sender(c)
	switch {
	case err != nil:
		return registry.Issued{}, err
	case sender == "" || sender != q.Agent:
		return registry.Issued{}, registry.ErrToken
	}
	return i.o.Registry.Renew(c.Context(), q, c.at)
}

func enrolmentError(err error) answer {
	switch {
	case errors.Is(err, registry.ErrRequest):
		return refuseEnrolment(http.StatusBadRequest, "malformed", cut(err.Error()))
	case errors.Is(err, registry.ErrToken):
		return refuseEnrolment(http.StatusForbidden, "token_invalid", err.Error())
	case errors.Is(err, registry.ErrTokenExpired):
		return refuseEnrolment(http.StatusForbidden, "token_expired", err.Error())
	case errors.Is(err, ledger.ErrTokenUsed):
		return refuseEnrolment(http.StatusForbidden, "token_used", ledger.ErrTokenUsed.Error())
	case errors.Is(err, registry.ErrRevoked), errors.Is(err, ledger.ErrNotFound):
		return refuseEnrolment(http.StatusForbidden, "revoked", registry.ErrRevoked.Error())
	case errors.Is(err, registry.ErrUnknown):
		return refuseEnrolment(http.StatusForbidden, "unknown_agent", registry.ErrUnknown.Error())
	case errors.Is(err, registry.ErrExpired):
		return refuseEnrolment(http.StatusForbidden, "expired", registry.ErrExpired.Error())
	default:
		a := refuseEnrolment(http.StatusInternalServerError, "error", "the collector could not enroll it; ask again")
		a.err = err
		return a
	}
}

func refuseEnrolment(status int, code, message string) answer {
	return refuse(status, ResultUnknown, message).coded(code)
}
