package ingest

import (
	"errors"
	"net/http"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/registry"
	"portolan/evidence"
)

// proof is how a batch proves whose it is.
type proof uint8

const (
	proofNone proof = iota
	proven          // by a certificate, by a signature, or by both
	forged          // the sender is proven by its certificate; the batch's signature is not its own
)

var (
	errUnsigned     = errors.New("over plain HTTP every batch must be signed")
	errOtherAgent   = errors.New("the client certificate is another agent's")
	errBadSignature = errors.New("the signature is not the agent's")
)

// sender returns whose client certificate came with the request; "" if none did.
func (i *Ingest) sender(c call) (portolan.AgentID, error) {
	if c.TLS == nil || len(c.TLS.PeerCertificates) == 0 {
		return "", nil
	}
	return i.o.Registry.Identify(c.Context(), c.TLS.PeerCertificates[0], c.at)
}

// prove holds an envelope against its sender. A bad signature is an error unless the sender is proven
// otherwise: a stranger must not be able to put anything into an agent's chain.
func (i *Ingest) prove(c call, sender portolan.AgentID, e *evidence.Envelope) (proof, error) {
	switch {
	case sender != "" && sender != e.Agent:
		return proofNone, errOtherAgent
	case sender != "" && !e.Signed:
		return proven, nil
	case !e.Signed:
		return proofNone, errUnsigned
	}
	keys, err := i.o.Registry.Keys(c.Context(), e.Agent, c.at)
	if err != nil {
		return proofNone, err
	}
	for _, key := range keys {
		if e.VerifySignature(key) == nil {
			return proven, nil
		}
	}
	if sender == "" {
		return proofNone, errBadSignature
	}
	return forged, nil
}

// refuseSender answers who is not let in. Only a bad signature is final for the batch: the others may be
// mended at the center, and the agent goes on asking.
func refuseSender(err error) answer {
	switch {
	case errors.Is(err, errBadSignature):
		return refuse(http.StatusBadRequest, BadSignature, err.Error())
	case errors.Is(err, errUnsigned):
		return refuse(http.StatusUnauthorized, Unsigned, err.Error())
	case errors.Is(err, registry.ErrRevoked):
		return refuse(http.StatusForbidden, UnknownAgent, err.Error()).coded("revoked")
	case errors.Is(err, registry.ErrExpired):
		return refuse(http.StatusForbidden, UnknownAgent, err.Error()).coded("expired")
	case errors.Is(err, registry.ErrUnknown), errors.Is(err, errOtherAgent):
		return refuse(http.StatusForbidden, UnknownAgent, err.Error())
	default:
		return failed(err)
	}
}

// refuseUnreadable answers bytes whose header cannot be read. Without a number there is no stub; the bytes
// are kept if a certificate says whose they are.
func (i *Ingest) refuseUnreadable(c call, sender portolan.AgentID, err error) answer {
	a, reason := refuse(http.StatusBadRequest, Malformed, cut(err.Error())), ledger.ReasonMalformed
	if tooLarge := (*evidence.LimitError)(nil); errors.As(err, &tooLarge) {
		a, reason = refuse(http.StatusRequestEntityTooLarge, TooLarge, err.Error()), ledger.ReasonTooLarge
	}
	if sender == "" {
		return a
	}
	i.o.Registry.Heard(sender, c.at)
	aside := ledger.Aside{Chain: ledger.Chain{Agent: sender}, Reason: reason, Detail: cut(err.Error()), ReceivedAt: c.at, Bytes: c.body}
	if err := i.o.Ledger.SetAside(c.Context(), aside); err != nil {
		return failed(err)
	}
	return a
}
