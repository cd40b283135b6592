package agent

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"portolan"
)

// enrollment asks a collector for certificates over the agent's key.
type enrollment struct {
	agent     portolan.AgentID
	identity  *identity
	dir       string // the agent's data folder
	tokenFile string
	url       string // the collector's, without a path
	client    *http.Client
}

// refusal is the collector's word that it gives this agent no certificate for what it showed.
type refusal struct{ status, text string }

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("collector refused: %s: %s", r.status, r.text) }

// enroll trades the one-time token for a certificate.
func (e enrollment) enroll(ctx context.Context) error {
	if e.tokenFile == "" {
		return errors.New("read enrolment token: the configuration names no token_file")
	}
	text, err := os.ReadFile(e.tokenFile)
	if err != nil {
		return fmt.Errorf("read enrolment token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return fmt.Errorf("read enrolment token: %q is empty", e.tokenFile)
	}
	return e.obtain(ctx, token)
}

const (
	firstEnrolWait   = time.Second
	longestEnrolWait = time.Minute
)

// untilEnrolled tries to enroll, with longer and longer pauses, until the agent has a certificate or ctx is done.
func (e enrollment) untilEnrolled(ctx context.Context, log *zap.Logger) error {
	for wait := firstEnrolWait; e.identity.certificate() == nil; wait = min(2*wait, longestEnrolWait) {
		err := e.enroll(ctx)
		if err == nil {
			log.Info("enrolled")
			return nil
		}
		pause := wait/2 + mathrand.N(wait)
		log.Warn("not enrolled yet", zap.Error(err), zap.Duration("next_try", pause))
		if !rest(ctx, pause) {
			return ctx.Err()
		}
	}
	return nil
}

// renew asks for a new certificate by the one that the connection shows.
func (e enrollment) renew(ctx context.Context) error { return e.obtain(ctx, "") }

func (e enrollment) obtain(ctx context.Context, token string) error {
	subject := &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(e.agent)}}
	csr, err := x509.CreateCertificateRequest(rand.Reader, subject, e.identity.key)
	if err != nil {
		return fmt.Errorf("make certificate request: %w", err)
	}
	issued, err := e.post(ctx, map[string]string{
		"token": token,
		"agent": string(e.agent),
		"csr":   string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		return err
	}
	return e.keep([]byte(issued.Certificate))
}

// issuance is what an agent reads of the collector's answer. The collector's authority, which the answer holds
// too, is not taken from it: whoever answers shall not choose whom the agent trusts.
type issuance struct {
	Certificate string `json:"certificate"`
}

// maxAnswer bounds what is read of a collector's answer.
const maxAnswer = 64 << 10

func (e enrollment) post(ctx context.Context, body map[string]string) (issuance, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return issuance{}, fmt.Errorf("encode enrolment: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/enroll/v1/agents", bytes.NewReader(encoded))
	if err != nil {
		return issuance{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return issuance{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return issuance{}, fmt.Errorf("read the collector's answer: %w", err)
	}
	return readIssuance(response, answer)
}

func readIssuance(response *http.Response, answer []byte) (issued issuance, err error) {
	switch response.StatusCode {
	case http.StatusOK, http.StatusCreated:
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return issued, &refusal{response.Status, string(bytes.TrimSpace(answer))}
	default:
		return issued, fmt.Errorf("ask for a certificate: %s: %s", response.Status, bytes.TrimSpace(answer))
	}
	if err := json.Unmarshal(answer, &issued); err != nil {
		return issued, fmt.Errorf("read the collector's answer: %w", err)
	}
	return issued, nil
}

// keep stores a certificate that was issued, once it is one over the agent's own key, and has the next
// connections show it.
func (e enrollment) keep(text []byte) error {
	block, _ := pem.Decode(text)
	if block == nil {
		return errors.New("read the collector's answer: no certificate in it")
	}
	certificate, err := e.identity.parse(block.Bytes)
	if err != nil {
		return fmt.Errorf("read the issued certificate: %w", err)
	}
	if certificate.Equal(e.identity.certificate()) {
		return errors.New("ask for a certificate: the token was used before, for the certificate that the agent has")
	}
	if err := writePEM(filepath.Join(e.dir, certificateFile), "CERTIFICATE", block.Bytes); err != nil {
		return err
	}
	e.identity.issued.Store(certificate)
	e.client.CloseIdleConnections() // they show the former certificate, or none
	return nil
}
