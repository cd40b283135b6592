package agent

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"portolan"
)

// identity is what the agent signs with, and what the collector knows it by.
type identity struct {
	key *ecdsa.PrivateKey
	// issued is the collector's word that the key is this agent's, in DER; nil until enrolled. Connections
	// read it while enrolment may be writing it.
	issued atomic.Pointer[[]byte]
}

// certificate returns the agent's certificate in DER; nil until enrolled.
func (id *identity) certificate() []byte {
	if der := id.issued.Load(); der != nil {
		return *der
	}
	return nil
}

const (
	keyFile         = "agent.key"
	certificateFile = "agent.crt"
	authorityFile   = "ca.crt"
)

// loadIdentity reads the agent's key and certificate from its data folder; a missing key is made.
func loadIdentity(dir string) (*identity, error) {
	key, err := loadKey(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	certificate, err := readPEM(filepath.Join(dir, certificateFile), "CERTIFICATE")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	id := &identity{key: key}
	if certificate != nil {
		id.issued.Store(&certificate)
	}
	return id, nil
}

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	der, err := readPEM(path, "PRIVATE KEY")
	if errors.Is(err, os.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read key %q: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read key %q: want an ECDSA key, got %T", path, parsed)
	}
	return key, nil
}

func makeKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, writePEM(path, "PRIVATE KEY", der)
}

func readPEM(path, kind string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("read %q: want a PEM block %q", path, kind)
	}
	return block.Bytes, nil
}

// writePEM writes the block so that a power cut leaves the old file or the new one, readable by its owner only.
func writePEM(path, kind string, der []byte) error {
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	return nil
}

// enrollment asks a collector for a certificate.
type enrollment struct {
	client    *http.Client
	url       string // the collector's, without a path
	dir       string // the agent's data folder
	tokenFile string
}

// maxAnswer bounds what is read of a collector's answer.
const maxAnswer = 64 << 10

// enroll exchanges the one-time token for a certificate over the agent's key and keeps it in the data folder.
func (e enrollment) enroll(ctx context.Context, agent portolan.AgentID, id *identity) error {
	token, err := os.ReadFile(e.tokenFile)
	if err != nil {
		return fmt.Errorf("read enrolment token: %w", err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(agent)}}, id.key)
	if err != nil {
		return fmt.Errorf("make certificate request: %w", err)
	}
	issued, err := e.post(ctx, map[string]string{
		"token": strings.TrimSpace(string(token)),
		"agent": string(agent),
		"csr":   string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		return err
	}
	return e.keep(id, issued)
}

type issuance struct {
	Certificate string `json:"certificate"`
	CA          string `json:"ca"`
}

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
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return issuance{}, fmt.Errorf("collector refused to enroll: %s: %s", response.Status, bytes.TrimSpace(answer))
	}
	var issued issuance
	if err := json.Unmarshal(answer, &issued); err != nil {
		return issuance{}, fmt.Errorf("read the collector's answer: %w", err)
	}
	return issued, nil
}

// keep stores what was issued, once it is a certificate over the agent's own key.
func (e enrollment) keep(id *identity, issued issuance) error {
	block, _ := pem.Decode([]byte(issued.Certificate))
	if block == nil {
		return errors.New("read the collector's answer: no certificate in it")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("read the issued certificate: %w", err)
	}
	if !id.key.PublicKey.Equal(certificate.PublicKey) {
		return errors.New("the issued certificate is over another key")
	}
	if issued.CA != "" {
		if err := writeFile(filepath.Join(e.dir, authorityFile), []byte(issued.CA)); err != nil {
			return err
		}
	}
	if err := writePEM(filepath.Join(e.dir, certificateFile), "CERTIFICATE", block.Bytes); err != nil {
		return err
	}
	id.issued.Store(&block.Bytes)
	return nil
}
