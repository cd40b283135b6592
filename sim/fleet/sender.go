package fleet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portolan"
	"portolan/evidence"
)

// sender is a workstation as the collector sees it: a key, a certificate, one connection, and a chain of batches.
type sender struct {
	key  *ecdsa.PrivateKey
	wire wire
	// next is the batch that was sealed last; what stays the same from one to the next is set once.
	next   evidence.Batch
	signed time.Time // when a batch was last signed
}

// enrolment is what it takes to get a certificate.
type enrolment struct {
	agent     portolan.AgentID
	plan      *portolan.Plan
	collector string
	roots     *x509.CertPool
	token     func(portolan.AgentID) (string, error)
}

// enroll returns a sender that has its certificate.
func enroll(ctx context.Context, e enrolment) (*sender, error) {
	s := &sender{next: evidence.Batch{
		Agent: e.agent, Plan: evidence.HashPlan(e.plan), PlanBody: e.plan, CarriesPlan: true, Clock: evidence.Clock{Age: -1},
	}}
	if _, err := crand.Read(s.next.Stream[:]); err != nil {
		return nil, err
	}
	var err error
	if s.key, err = ecdsa.GenerateKey(elliptic.P256(), crand.Reader); err != nil {
		return nil, err
	}
	s.wire = wire{host: strings.TrimPrefix(e.collector, "https://"), dialer: tls.Dialer{Config: &tls.Config{RootCAs: e.roots}}}
	certificate, err := s.certificate(ctx, e)
	if err != nil {
		return nil, err
	}
	s.wire.close() // the next connection shows the certificate
	s.wire.dialer.Config.Certificates = []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: s.key}}
	return s, nil
}

// certificate trades a token for a certificate, in DER.
func (s *sender) certificate(ctx context.Context, e enrolment) ([]byte, error) {
	token, err := e.token(e.agent)
	if err != nil {
		return nil, err
	}
	subject := &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(e.agent)}}
	csr, err := x509.CreateCertificateRequest(crand.Reader, subject, s.key)
	if err != nil {
		return nil, err
	}
	request, err := json.Marshal(map[string]string{
		"token": token, "agent": string(e.agent), "csr": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		return nil, err
	}
	answer, err := s.wire.post(ctx, "/enroll/v1/agents", "application/json", portolan.Live, request)
	if err != nil {
		return nil, err
	}
	var issued struct{ Certificate string }
	if err := json.Unmarshal(answer.body, &issued); err != nil || answer.status != http.StatusOK {
		return nil, fmt.Errorf("answered %d %s", answer.status, answer.body)
	}
	block, _ := pem.Decode([]byte(issued.Certificate))
	if block == nil {
		return nil, errors.New("answered with no certificate")
	}
	return block.Bytes, nil
}

// seal makes the next batch of the chain, and signs it if none was for a minute.
func (s *sender) seal(at time.Time) (sealed evidence.Sealed, err error) {
	s.next.Number++
	if at.Sub(s.signed) < signEvery {
		sealed, err = evidence.Seal(s.next, nil)
	} else {
		s.signed = at
		sealed, err = evidence.Seal(s.next, s.key)
	}
	if err != nil {
		return sealed, fmt.Errorf("seal batch %d of %s: %w", s.next.Number, s.next.Agent, err)
	}
	s.next.Previous = sealed.Hash
	return sealed, nil
}

// acknowledges returns an error unless the collector has the batch that was sealed last.
func (s *sender) acknowledges(a answer, sealed evidence.Sealed) error {
	said := a.said()
	if (a.status != http.StatusOK && a.status != http.StatusAccepted) || said.Number != s.next.Number || said.Hash != sealed.Hash.String() {
		return fmt.Errorf("batch %d of %s: answered %d %s %s", s.next.Number, s.next.Agent, a.status, said.Error.Code, said.Error.Message)
	}
	s.next.CarriesPlan = false
	return nil
}

// later reports whether the collector asks to be sent the same again.
func (a answer) later() bool {
	switch a.status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusInternalServerError:
		return true
	default:
		return false
	}
}
