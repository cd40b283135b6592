package probe

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
)

// TLSDefinition is the part "tls" of a step, as ways that speak TLS have it: whom a step trusts, and as whom it speaks. Two
// that are equal mean the same.
type TLSDefinition struct {
	CA          string `yaml:"ca"`          // whom to trust: PEM text, or an absolute path to it
	ServerName  string `yaml:"server_name"` // the name that the certificate must bear, if not the address's
	MinVersion  string `yaml:"min_version"`
	Certificate string `yaml:"certificate"` // the client's own: PEM text, or an absolute path to it
	Key         string `yaml:"key"`
}

// TLS is how a step asks for TLS. The zero value asks for what the runner does by itself.
type TLS struct {
	serverName  string
	roots       *x509.CertPool
	certificate *tls.Certificate
	minVersion  uint16
}

// Compile returns what d means, and reports every fault in it by its path in the step. Files are read now, and again only
// with the definition.
func (d TLSDefinition) Compile(report func(path, problem, allowed string)) TLS {
	c := tlsCompiler{report}
	return TLS{
		serverName: d.ServerName, roots: c.roots(d.CA), minVersion: c.minVersion(d.MinVersion), certificate: c.certificate(d),
	}
}

// Apply changes c, a configuration of the caller's own, as the step asks, and returns it. No protocol is offered inside:
// the runner's may offer HTTP/2, which no way speaks.
func (t TLS) Apply(c *tls.Config) *tls.Config {
	c.NextProtos = nil
	if t.roots != nil {
		c.RootCAs = t.roots
	}
	if t.serverName != "" {
		c.ServerName = t.serverName
	}
	if t.minVersion != 0 {
		c.MinVersion = t.minVersion
	}
	if t.certificate != nil {
		c.Certificates = []tls.Certificate{*t.certificate}
	}
	return c
}

// tlsCompiler reports the faults of a TLSDefinition.
type tlsCompiler struct {
	fault func(path, problem, allowed string)
}

func (c tlsCompiler) roots(source string) *x509.CertPool {
	pem := c.pem("tls.ca", source)
	if pem == nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		c.fault("tls.ca", "holds no certificate", "certificates in PEM form")
	}
	return pool
}

func (c tlsCompiler) certificate(d TLSDefinition) *tls.Certificate {
	if (d.Certificate == "") != (d.Key == "") {
		c.fault("tls", "names a certificate or a key alone", "certificate and key, or neither")
		return nil
	}
	certificate, key := c.pem("tls.certificate", d.Certificate), c.pem("tls.key", d.Key)
	if certificate == nil || key == nil {
		return nil
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		c.fault("tls.certificate", "does not go with its key: "+err.Error(), "a certificate and its key in PEM form")
		return nil
	}
	return &pair
}

// pem returns the PEM text that source is, or is the path of; nil if it is empty or at fault. It is read when
// the definition is loaded, and again only with it.
func (c tlsCompiler) pem(path, source string) []byte {
	switch {
	case source == "":
		return nil
	case strings.HasPrefix(source, "-----BEGIN"):
		return []byte(source)
	case !filepath.IsAbs(source):
		c.fault(path, "is neither PEM text nor an absolute path", "text that begins with -----BEGIN, or an absolute path")
		return nil
	}
	data, err := os.ReadFile(source)
	if err != nil {
		c.fault(path, "cannot be read: "+err.Error(), "a readable file in PEM form")
		return nil
	}
	return data
}

func (c tlsCompiler) minVersion(text string) uint16 {
	switch text {
	case "":
		return 0
	case "1.0":
		return tls.VersionTLS10
	case "1.1":
		return tls.VersionTLS11
	case "1.2":
		return tls.VersionTLS12
	case "1.3":
		return tls.VersionTLS13
	default:
		c.fault("tls.min_version", "is no version of TLS", `"1.0", "1.1", "1.2" or "1.3"`)
		return 0
	}
}
