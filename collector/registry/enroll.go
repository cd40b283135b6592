package registry

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// ErrRequest says that a certificate request cannot be granted as it is.
var ErrRequest = errors.New("certificate request is not acceptable")

// Request is what an agent that enrolls sends.
type Request struct {
	Token string           `json:"token"`
	Agent portolan.AgentID `json:"agent"`
	CSR   string           `json:"csr"` // PEM
}

// Issued is what it gets.
type Issued struct {
	Certificate string `json:"certificate"` // PEM
	CA          string `json:"ca"`          // PEM
}

// NewToken returns a token with which the agent can enroll once, until validity has passed. It needs no
// ledger, so that a tool can make one beside a running collector.
func (a *Authority) NewToken(agent portolan.AgentID, validity time.Duration, now portolan.Instant) (string, error) {
	if _, err := portolan.ParseAgentID(string(agent)); err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	nonce, err := random(nonceLength)
	if err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	return Token{Agent: agent, Port: agent.Port(), Made: now, Expires: now.Add(validity), Nonce: nonce}.write(a.secret)
}

// Enroll trades a token for a certificate. The same token with the same key gives the same certificate again,
// because the answer may have been lost; with another key it fails with ledger.ErrTokenUsed. A revoked agent
// comes back only by a token made after the revocation.
func (r *Registry) Enroll(ctx context.Context, q Request, now portolan.Instant) (Issued, error) {
	token, err := readToken(r.authority.secret, q.Token)
	switch {
	case err != nil:
		return Issued{}, err
	case token.Agent != q.Agent:
		return Issued{}, ErrToken
	case now >= token.Expires:
		return Issued{}, ErrTokenExpired
	}
	m, err := r.find(ctx, token.Agent, now, known)
	if err != nil {
		return Issued{}, err
	}
	if m != nil && m.RevokedAt >= token.Made { // a token made before the revocation was meant for who was revoked
		return Issued{}, ErrRevoked
	}
	return r.enroll(ctx, q, ledger.Enrolment{
		Agent: token.Agent, Port: token.Port, At: now, Nonce: token.Nonce, Expires: token.Expires,
	}, "enrolled")
}

// Renew gives an agent that has proven its identity with a certificate a new one, without a token.
func (r *Registry) Renew(ctx context.Context, q Request, now portolan.Instant) (Issued, error) {
	return r.enroll(ctx, q, ledger.Enrolment{Agent: q.Agent, Port: q.Agent.Port(), At: now}, "renewed")
}

func (r *Registry) enroll(ctx context.Context, q Request, e ledger.Enrolment, what string) (Issued, error) {
	key, err := readRequest(q)
	if err != nil {
		return Issued{}, err
	}
	if e.Certificate, err = r.authority.certify(q.Agent, key, e.At); err != nil {
		return Issued{}, fmt.Errorf("issue certificate: %w", err)
	}
	kept, err := r.ledger.Enroll(ctx, e, r.agentEntry(q.Agent, what, e.Certificate.DER, e.At))
	if err != nil {
		return Issued{}, err
	}
	if err := r.Reload(ctx, q.Agent, e.At); err != nil {
		return Issued{}, err
	}
	return Issued{Certificate: string(encodeCertificate(kept.DER)), CA: string(r.authority.Certificate())}, nil
}

// readRequest returns the key that the request asks a certificate for. Whatever else a request says is
// ignored: the collector alone decides what a certificate says.
func readRequest(q Request) (*ecdsa.PublicKey, error) {
	der, err := decodePEM([]byte(q.CSR), requestBlock)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err == nil {
		err = request.CheckSignature()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	key, ok := request.PublicKey.(*ecdsa.PublicKey)
	switch {
	case !ok || key.Curve != elliptic.P256():
		return nil, fmt.Errorf("%w: want an ECDSA key on P-256", ErrRequest)
	case request.Subject.CommonName != string(q.Agent):
		return nil, fmt.Errorf("%w: it names %q, want %q", ErrRequest, request.Subject.CommonName, q.Agent)
	}
	return key, nil
}

func (a *Authority) certify(agent portolan.AgentID, key *ecdsa.PublicKey, now portolan.Instant) (ledger.Certificate, error) {
	// Certificates count in whole seconds; what the ledger keeps shall say the same.
	from, to := wholeSecond(now.Add(-backdate)), wholeSecond(now.Add(a.validity))
	template := agentTemplate(agent, from, to)
	der, err := a.issue(template, key)
	if err != nil {
		return ledger.Certificate{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key)
	return ledger.Certificate{
		Serial: template.SerialNumber.Text(16), NotBefore: from, NotAfter: to, DER: der, PublicKey: public,
	}, err
}

func wholeSecond(i portolan.Instant) portolan.Instant { return i - i%1_000_000 }

// Revoke refuses an agent from now on.
func (r *Registry) Revoke(ctx context.Context, agent portolan.AgentID, now portolan.Instant) error {
	if err := r.ledger.Revoke(ctx, agent, now, r.agentEntry(agent, "revoked", nil, now)); err != nil {
		return err
	}
	return r.Reload(ctx, agent, now)
}

// agentEntry journals what happened to an agent, with its certificate, so that its signatures can be
// verified from the journal alone.
func (r *Registry) agentEntry(agent portolan.AgentID, what string, der []byte, at portolan.Instant) ledger.NextEntry {
	return func(newest *evidence.Entry) (evidence.Entry, error) {
		body, err := json.Marshal(struct {
			Event       string            `json:"event"`
			Agent       portolan.AgentID  `json:"agent"`
			Port        portolan.PortCode `json:"port"`
			Certificate string            `json:"certificate,omitempty"`
		}{what, agent, agent.Port(), string(bytes.TrimSpace(encodeIfAny(der)))})
		if err != nil {
			return evidence.Entry{}, err
		}
		draft := evidence.Entry{At: at, Kind: evidence.EntryAgent, Subject: string(agent), Body: body}
		return evidence.NextEntry(newest, draft, r.authority.journalKey)
	}
}

func encodeIfAny(der []byte) []byte {
	if der == nil {
		return nil
	}
	return encodeCertificate(der)
}

// Note appends to the collector's journal, signed with its key. draft supplies At, Kind, Subject and Body.
func (r *Registry) Note(ctx context.Context, draft evidence.Entry) (evidence.Entry, error) {
	return r.ledger.AppendJournal(ctx, func(newest *evidence.Entry) (evidence.Entry, error) {
		return evidence.NextEntry(newest, draft, r.authority.journalKey)
	})
}
