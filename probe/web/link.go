package web

import (
	"net/url"

	"portolan/probe"
)

// link is how a step reaches its system: through which proxy, trusting whom, as whom.
type link struct {
	linkKey
	proxyURL *url.URL // nil for the runner's choice
	direct   bool     // no proxy, whatever the runner's choice
	secure   probe.TLS
}

// linkKey tells links apart: steps with the same one share connections within a run.
type linkKey struct {
	Proxy string
	TLS   probe.TLSDefinition
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

// link compiles the parts "proxy" and "tls".
func (c *compiler) link(d *definition) link {
	l := link{linkKey: linkKey{d.Proxy, d.TLS}}
	l.proxyURL, l.direct = c.proxy(d.Proxy)
	l.secure = d.TLS.Compile(c.fault)
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
