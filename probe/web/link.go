package web

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"portolan/probe"
)

// link is how a step reaches its system: through which proxy, trusting whom, as whom.
type link struct {
	linkKey
	proxyURL    *url.URL // nil for the runner's choice
	direct      bool     // no proxy, whatever the runner's choice
	roots       *x509.CertPool
	certificate *tls.Certificate
	minVersion  uint16
}

// linkKey tells links apart: steps with the same one share connections within a run.
type linkKey struct {
	Proxy string
	tlsDefinition
}

// tlsDefinition is the part "tls" of a step.
type tlsDefinition struct {
	CA          string `yaml:"ca"`          // whom to trust: PEM text, or an absolute path to it
	ServerName  string `yaml:"server_name"` // the name that the certificate must bear, if not the address's
	MinVersion  string `yaml:"min_version"`
	Certificate string `yaml:"certificate"` // the client's own: PEM text, or an absolute path to it
	Key         string `yaml:"key"`
}

// proxy returns the proxy for target; nil for none.
func (l *link) proxy(run *probe.Run, target *url.URL) (*url.URL, error) {
	switch {
	case l.direct:
		return nil, nil
	case l.proxyURL != nil:
		return l.proxyURL, nil
	default:
		return run.Proxy(target)
	}
}

// tls returns c changed as the link asks.
func (l *link) tls(c *tls.Config) *tls.Config {
	c.NextProtos = nil // the runner's may offer HTTP/2, which this way does not speak
	if l.roots != nil {
		c.RootCAs = l.roots
	}
	if l.ServerName != "" {
		c.ServerName = l.ServerName
	}
	if l.minVersion != 0 {
		c.MinVersion = l.minVersion
	}
	if l.certificate != nil {
		c.Certificates = []tls.Certificate{*l.certificate}
	}
	return c
}

// link compiles the parts "proxy" and "tls".
func (c *compiler) link(d *definition) link {
	l := link{linkKey: linkKey{Proxy: d.Proxy, tlsDefinition: d.TLS}}
	l.proxyURL, l.direct = c.proxy(d.Proxy)
	l.roots = c.roots(d.TLS.CA)
	l.minVersion = c.minVersion(d.TLS.MinVersion)
	l.certificate = c.certificate(d.TLS)
	return l
}

func (c *compiler) proxy(text string) (proxy *url.URL, direct bool) {
	const allowed = `"direct", http://host:port or socks5://host:port`
	if text == "" || text == "direct" {
		return nil, text == "direct"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		c.fault("proxy", "is not an address", allowed)
	case u.Scheme != "http" && u.Scheme != "socks5" || u.Hostname() == "" || u.Port() == "":
		c.fault("proxy", "is not an address of a proxy", allowed)
	}
	return u, false
}

func (c *compiler) roots(source string) *x509.CertPool {
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

func (c *compiler) certificate(d tlsDefinition) *tls.Certificate {
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
func (c *compiler) pem(path, source string) []byte {
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

func (c *compiler) minVersion(text string) uint16 {
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
