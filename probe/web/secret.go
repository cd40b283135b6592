package web

import "portolan/probe"

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
	for _, name := range t.Names() {
		if _, secret := probe.SecretName(name); secret {
			c.fault(path, "holds a secret, and addresses end up in logs", "the secret in a header, in basic or in the body")
		}
	}
}

// query compiles the parameters that are added to an address.
func (c *compiler) query(texts map[string]string) []named {
	all := c.named("query", texts)
	for _, one := range all {
		c.noSecret(join("query", one.name), one.text)
	}
	return all
}
