package probe

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"strings"
	"sync"

	"portolan"
)

// Run is the state of one execution of a transaction: the values that steps hand on, the sessions of the
// ways of talking, the trace. Each run is a new user: nothing of it outlives it.
type Run struct {
	options     Options
	transaction *Transaction
	secrets     map[string]string // by reference, "secret:tpac-login"; they do not change after Prepare
	veil        veil

	mu       sync.Mutex // guards everything that follows
	values   map[string]string
	sessions map[any]any
	trace    [16]byte
	span     uint64
}

// RunValue is the name of the value that is the run's own number, ${run}: twelve digits that no other run has, the first of its
// trace. Under it a run makes what it must take away again, and can, even if the answer that confirms it is lost.
const RunValue = "run"

const runDigits = 12

// newRun returns the run of t that begins now.
func newRun(t *Transaction, o Options) *Run {
	r := &Run{options: o, transaction: t, secrets: map[string]string{}, values: map[string]string{}, sessions: map[any]any{}}
	maps.Copy(r.values, t.Values)
	maps.Copy(r.values, o.Values)
	var seed [24]byte
	if _, err := io.ReadFull(o.Rand, seed[:]); err != nil {
		rand.Read(seed[:]) // it never fails; a source that ran dry must not cost a result
	}
	copy(r.trace[:], seed[:16])
	r.values[RunValue] = strings.ToUpper(hex.EncodeToString(r.trace[:runDigits/2]))
	r.span = binary.BigEndian.Uint64(seed[16:])
	return r
}

// Transaction returns the names of the transaction that is run.
func (r *Run) Transaction() (portolan.SystemID, portolan.TransactionID) {
	return r.transaction.System, r.transaction.ID
}

// Value returns the value of that name, or the secret of that reference.
func (r *Run) Value(name string) (string, bool) {
	if secret, ok := r.secrets[name]; ok {
		return secret, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok := r.values[name]
	return value, ok
}

// Values returns a copy of all values. Secrets are not among them.
func (r *Run) Values() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.values)
}

// has reports whether all the named values are there.
func (r *Run) has(names []string) bool {
	for _, name := range names {
		if _, ok := r.Value(name); !ok {
			return false
		}
	}
	return true
}

// Set gives name a value for the later steps of the run.
func (r *Run) Set(name, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[name] = value
}

// Expand returns text with every ${name} replaced by its value, as it is.
func (r *Run) Expand(text string) (string, error) {
	t, err := ParseTemplate(text)
	if err != nil {
		return "", err
	}
	return r.Fill(t, nil)
}

// Fill returns the template's text with every reference replaced by its value, which escape makes fit for
// its place. A nil escape takes values as they are.
func (r *Run) Fill(t Template, escape func(string) string) (string, error) {
	return t.Expand(func(name, _ string) (string, error) {
		value, ok := r.Value(name)
		if !ok {
			return "", &UnknownValueError{Name: name}
		}
		if escape == nil {
			return value, nil
		}
		return escape(value), nil
	})
}

// FillAddress returns the address that t spells, each value made fit for its place in it.
func (r *Run) FillAddress(t Template) (string, error) {
	return t.Expand(func(name, before string) (string, error) {
		value, ok := r.Value(name)
		if !ok {
			return "", &UnknownValueError{Name: name}
		}
		return escapeInURL(before, value), nil
	})
}

// escapeInURL makes a value fit for its place after before: in the query, in the path, or in the scheme and
// host, which a value may be a part of as it is.
func escapeInURL(before, value string) string {
	_, afterScheme, absolute := strings.Cut(before, "://")
	switch {
	case strings.Contains(before, "?"):
		return url.QueryEscape(value)
	case absolute && strings.Contains(afterScheme, "/"):
		return url.PathEscape(value)
	default:
		return value
	}
}

// UnknownValueError says that a step refers to a value which no step gave.
type UnknownValueError struct {
	Name string
}

// Error implements error.
func (e *UnknownValueError) Error() string { return fmt.Sprintf("value %q is not known", e.Name) }

// Session returns the run's value for key, which a way of talking keeps from step to step: a cookie jar, open
// connections. The first call makes it. If it is an io.Closer, it is closed when the run ends. The key is
// of a type of the caller's own, as with context.WithValue.
func (r *Run) Session(key any, create func() any) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	session, ok := r.sessions[key]
	if !ok {
		session = create()
		r.sessions[key] = session
	}
	return session
}

// Tool returns what the runner's options hold for key; nil for nothing.
func (r *Run) Tool(key any) any { return r.options.Tools[key] }

// Dial opens a connection by the runner's dialer.
func (r *Run) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return r.options.Dial(ctx, network, addr)
}

// Proxy returns the proxy that the runner's options choose for target; nil for none.
func (r *Run) Proxy(target *url.URL) (*url.URL, error) {
	if r.options.Proxy == nil {
		return nil, nil
	}
	return r.options.Proxy(target)
}

// TLS returns a TLS configuration of the caller's own, to change as the step asks.
func (r *Run) TLS() *tls.Config {
	if r.options.TLS == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return r.options.TLS.Clone()
}

// Trace returns a W3C traceparent: the trace is the run's, the span is new with each call.
func (r *Run) Trace() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.span++
	if r.span == 0 {
		r.span++ // the standard forbids the zero span
	}
	return fmt.Sprintf("00-%s-%016x-01", hex.EncodeToString(r.trace[:]), r.span)
}

// close ends the run's sessions.
func (r *Run) close() error {
	r.mu.Lock()
	sessions := r.sessions
	r.sessions = map[any]any{}
	r.mu.Unlock()
	var errs []error
	for _, session := range sessions {
		if c, ok := session.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}
