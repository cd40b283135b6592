package web

import (
	"errors"
	"net/http"
	"net/url"

	"portolan/probe"
)

const secretAllowed = "a reference such as ${secret:tpac-login}, which each workstation looks up"

// password compiles a password, which no definition may hold.
func (c *compiler) password(text string) probe.Template {
	t, ok := c.template("basic.password", text)
	if ok && len(t.Names()) == 0 {
		c.fault("basic.password", "is written out", secretAllowed)
	}
	return t
}

// noSecret refuses a secret in an address: whoever is on the way to the system writes addresses into logs.
func (c *compiler) noSecret(path string, t probe.Template) {
	if holdsSecret(t) {
		c.fault(path, "holds a secret, and addresses end up in logs", "the secret in a header, in basic or in the body")
	}
}

func holdsSecret(t probe.Template) bool {
	for _, name := range t.Names() {
		if _, secret := probe.SecretName(name); secret {
			return true
		}
	}
	return false
}

// query compiles the parameters that are added to an address.
func (c *compiler) query(texts map[string]string) []named {
	all := c.named("query", texts)
	for _, one := range all {
		c.noSecret(join("query", one.name), one.text)
	}
	return all
}

// bodyAndSecret compiles the body, and reports whether it refers to a secret.
func (c *compiler) bodyAndSecret(d *definition) (b body, secret bool) {
	needs := c.needs
	c.needs = map[string]bool{}
	b = c.body(d)
	for name := range c.needs {
		_, one := probe.SecretName(name)
		secret, needs[name] = secret || one, true
	}
	c.needs = needs
	return b, secret
}

// elsewhere reports whether a redirect leads to another server, or from TLS into the clear.
func elsewhere(from, to *url.URL) bool {
	return from.Host != to.Host || from.Scheme == "https" && to.Scheme != "https"
}

// withhold takes out of a redirected request what is the first server's alone. net/http keeps headers of any name but a
// few, and those few too where only the port differs.
func (r *request) withhold(next *http.Request) error {
	if next.Body != nil && next.Body != http.NoBody && r.secretBody {
		return errors.New("follow redirects: the body holds a secret, and another server asks for it")
	}
	if r.basic != nil {
		next.Header.Del("Authorization")
	}
	for _, h := range r.headers {
		if holdsSecret(h.text) {
			next.Header.Del(h.name)
		}
	}
	return nil
}
