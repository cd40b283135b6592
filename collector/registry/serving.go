package registry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"sync"
	"time"

	"portolan"
)

const servingLife = 90 * 24 * time.Hour

// ServerTLS returns the settings of the collector's own TLS listener for these host names and addresses. Its
// certificate is issued by the authority and replaced after two thirds of its life, while it runs.
//
// Clients are asked for a certificate and not held to it here: one who enrolls has none yet, and one whose
// certificate has expired shall be told so in an answer. Registry.Identify decides who they are.
func (a *Authority) ServerTLS(hosts []string) *tls.Config {
	s := &serving{authority: a, hosts: hosts}
	// Told whose certificates are wanted, a browser does not ask its user to choose one of a smart card.
	agents := x509.NewCertPool()
	agents.AddCert(a.certificate)
	return &tls.Config{
		ClientCAs:      agents,
		MinVersion:     tls.VersionTLS12,
		ClientAuth:     tls.RequestClientCert,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.current(time.Now()) },
	}
}

// serving is the collector's own server certificate.
type serving struct {
	authority *Authority
	hosts     []string

	mu          sync.Mutex // guards everything that follows
	certificate *tls.Certificate
	renewAt     time.Time
}

func (s *serving) current(now time.Time) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.certificate != nil && now.Before(s.renewAt) {
		return s.certificate, nil
	}
	fresh, err := s.authority.serverCertificate(s.hosts, portolan.InstantOf(now))
	if err != nil {
		return nil, fmt.Errorf("issue server certificate: %w", err)
	}
	s.certificate, s.renewAt = fresh, now.Add(servingLife*2/3)
	return fresh, nil
}

func (a *Authority) serverCertificate(hosts []string, now portolan.Instant) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Portolan collector"},
		NotBefore: now.Time().Add(-backdate), NotAfter: now.Time().Add(servingLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := a.issue(template, &key.PublicKey)
	return &tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: key}, err
}
