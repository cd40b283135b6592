package agent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
)

// identity is what the agent signs with, and what the collector knows it by.
type identity struct {
	key *ecdsa.PrivateKey
	// issued is the collector's word that the key is this agent's; nil until enrolled. Connections read it
	// while enrolment may be writing it.
	issued atomic.Pointer[x509.Certificate]
}

// certificate returns the agent's certificate; nil until enrolled.
func (id *identity) certificate() *x509.Certificate { return id.issued.Load() }

const (
	keyFile         = "agent.key"
	certificateFile = "agent.crt"
)

// loadIdentity reads the agent's key and certificate from its data folder; a missing key is made.
func loadIdentity(dir string) (*identity, error) {
	key, err := loadKey(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	id := &identity{key: key}
	path := filepath.Join(dir, certificateFile)
	der, err := readPEM(path, "CERTIFICATE")
	if errors.Is(err, os.ErrNotExist) {
		return id, nil
	}
	if err != nil {
		return nil, err
	}
	certificate, err := id.parse(der)
	if err != nil {
		return nil, fmt.Errorf("read certificate %q: %w", path, err)
	}
	id.issued.Store(certificate)
	return id, nil
}

// parse reads a certificate, which must be over the agent's own key.
func (id *identity) parse(der []byte) (*x509.Certificate, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if !id.key.PublicKey.Equal(certificate.PublicKey) {
		return nil, errors.New("it is over another key than the agent's")
	}
	return certificate, nil
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
