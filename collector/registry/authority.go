package registry

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"portolan"
)

// Authority is the collector's own small certificate authority, with the other keys of its data folder. The
// files are ca.key, ca.crt, journal.key, journal.crt and token.secret, readable by their owner only.
type Authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	journalKey  *ecdsa.PrivateKey
	journal     *x509.Certificate
	secret      []byte
	validity    time.Duration
}

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// backdate lets a certificate be used at once by someone whose clock is a little behind.
	backdate     = 5 * time.Minute
	secretLength = 32
)

// DefaultValidity is how long an agent's certificate is valid unless the authority was told otherwise.
const DefaultValidity = 90 * 24 * time.Hour

// OpenAuthority reads the keys in the folder dir and makes those that are missing; now dates what it makes.
// validity is how long the certificates that it issues are valid; zero for DefaultValidity.
func OpenAuthority(dir string, validity time.Duration, now portolan.Instant) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	if validity <= 0 {
		validity = DefaultValidity
	}
	a := &Authority{validity: validity}
	var err error
	if a.secret, err = loadSecret(filepath.Join(dir, "token.secret")); err != nil {
		return nil, err
	}
	if a.key, err = loadKey(filepath.Join(dir, "ca.key")); err != nil {
		return nil, err
	}
	if a.certificate, err = a.load(filepath.Join(dir, "ca.crt"), a.key, authorityTemplate(now)); err != nil {
		return nil, err
	}
	if a.journalKey, err = loadKey(filepath.Join(dir, "journal.key")); err != nil {
		return nil, err
	}
	a.journal, err = a.load(filepath.Join(dir, "journal.crt"), a.journalKey, journalTemplate(now))
	return a, err
}

func loadSecret(path string) ([]byte, error) {
	secret, err := makeOnce(path, func() ([]byte, error) { return random(secretLength) })
	if err == nil && len(secret) != secretLength {
		err = fmt.Errorf("want %d bytes, it has %d", secretLength, len(secret))
	}
	if err != nil {
		return nil, fmt.Errorf("load token secret %q: %w", path, err)
	}
	return secret, nil
}

func random(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}

// load reads a certificate over the key; a missing one is issued from the template.
func (a *Authority) load(path string, key *ecdsa.PrivateKey, template *x509.Certificate) (*x509.Certificate, error) {
	text, err := makeOnce(path, func() ([]byte, error) {
		der, err := a.issue(template, &key.PublicKey)
		return encodeCertificate(der), err
	})
	if err != nil {
		return nil, fmt.Errorf("load certificate %q: %w", path, err)
	}
	der, err := decodePEM(text, certificateBlock)
	if err != nil {
		return nil, fmt.Errorf("load certificate %q: %w", path, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("load certificate %q: %w", path, err)
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, fmt.Errorf("load certificate %q: it belongs to another key", path)
	}
	return certificate, nil
}

func (a *Authority) issue(template *x509.Certificate, key crypto.PublicKey) ([]byte, error) {
	serial, err := random(16)
	if err != nil {
		return nil, err
	}
	serial[0] &= 0x7f // RFC 5280: positive, and at most 20 bytes
	template.SerialNumber = new(big.Int).SetBytes(serial)
	parent := a.certificate
	if parent == nil { // the authority's own
		parent = template
	}
	return x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
}

func authorityTemplate(now portolan.Instant) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Portolan collector CA"},
		NotBefore: now.Time().Add(-backdate), NotAfter: now.Time().Add(authorityLife),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}
}

func journalTemplate(now portolan.Instant) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Portolan collector journal"},
		NotBefore: now.Time().Add(-backdate), NotAfter: now.Time().Add(authorityLife),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func agentTemplate(agent portolan.AgentID, from, to portolan.Instant) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: string(agent)},
		URIs:      []*url.URL{{Scheme: "portolan", Host: "port", Path: "/" + string(agent.Port())}},
		NotBefore: from.Time(), NotAfter: to.Time(),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// Certificate returns the authority's certificate as PEM: what agents trust the collector by.
func (a *Authority) Certificate() []byte { return encodeCertificate(a.certificate.Raw) }

// JournalSigner returns the key that signs the collector's journal.
func (a *Authority) JournalSigner() crypto.Signer { return a.journalKey }

// JournalCertificate returns the authority's word for the journal's key as PEM: what auditors verify the journal by.
func (a *Authority) JournalCertificate() []byte { return encodeCertificate(a.journal.Raw) }
