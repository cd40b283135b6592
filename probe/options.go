package probe

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"net/url"

	"portolan"
)

// DialContext opens a connection, as net.Dialer does: it tells the context's httptrace when it resolves and
// when it connects. Of a dialer that does not, that time counts to no phase.
type DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

// ProxyFunc returns the proxy through which target is reached; nil for none.
type ProxyFunc func(target *url.URL) (*url.URL, error)

// Options is what runs have in common. The zero Options is valid.
type Options struct {
	// Dial opens every connection. Nil for a net.Dialer with Resolver.
	Dial DialContext
	// Resolver resolves names, where Dial is nil. Nil for the workstation's own.
	Resolver *net.Resolver
	// Proxy chooses a proxy where a step names none. Nil for none.
	Proxy ProxyFunc
	// TLS is what steps begin with; it is cloned, never changed. Nil for the defaults of crypto/tls.
	TLS *tls.Config
	// Values overrides and adds to the values of every transaction: "agent", "port", "endpoint".
	Values map[string]string
	// Tools holds what ways of talking use of the workstation, each under a key of a type of the way's own, as
	// with context.WithValue. Nil for none.
	Tools map[any]any
	// Secrets returns the secret of a name that definitions refer to as ${secret:NAME}. Nil for none: a transaction
	// that needs one is not run.
	Secrets func(name string) (string, error)
	// Rand is the source of trace ids; it must be safe for concurrent use. Nil for crypto/rand.
	Rand io.Reader
	// Progress, if set, is called after each step with its result and what was seen, in order, by the goroutine that
	// called Run.
	Progress func(portolan.StepResult, Observation)
}

// FixedProxy returns a ProxyFunc that sends everything through proxy.
func FixedProxy(proxy *url.URL) ProxyFunc {
	return func(*url.URL) (*url.URL, error) { return proxy, nil }
}

// withDefaults returns o with every absent part filled in, but for Proxy, TLS, Values, Tools, Secrets and Progress,
// whose absence has a meaning.
func (o Options) withDefaults() Options {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Resolver: o.Resolver}).DialContext
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o
}
