package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"portolan/probe"
)

// userAgent names the monitor to the systems that it asks.
const userAgent = "Portolan/1 (synthetic transaction)"

// request is a request with references to a run's values.
type request struct {
	method  string
	url     probe.Template
	query   []named
	headers []named
	basic   *basic // nil for none
	body    body   // nil for none
	// secretBody says that the body refers to a secret.
	secretBody bool
}

// basic is a user and password.
type basic struct {
	user, password probe.Template
}

// fill returns the request with the run's values. base is where a relative address begins; it may be nil.
func (r *request) fill(run *probe.Run, base *url.URL) (*http.Request, error) {
	address, err := r.address(run, base)
	if err != nil {
		return nil, err
	}
	var content io.Reader
	if r.body != nil {
		data, err := r.body.fill(run)
		if err != nil {
			return nil, fmt.Errorf("fill body: %w", err)
		}
		content = bytes.NewReader(data)
	}
	filled, err := http.NewRequest(r.method, address, content)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	return filled, r.fillHeaders(filled, run)
}

func (r *request) address(run *probe.Run, base *url.URL) (string, error) {
	text, err := run.FillAddress(r.url)
	if err != nil {
		return "", fmt.Errorf("fill address: %w", err)
	}
	address, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("parse address: %w", err)
	}
	if base != nil { // a link out of an answer may be relative, as in a browser
		address = base.ResolveReference(address)
	}
	if len(r.query) > 0 {
		query := address.Query()
		for _, q := range r.query {
			if text, err = run.Fill(q.text, nil); err != nil {
				return "", fmt.Errorf("fill query %q: %w", q.name, err)
			}
			query.Set(q.name, text)
		}
		address.RawQuery = query.Encode()
	}
	return address.String(), nil
}

func (r *request) fillHeaders(filled *http.Request, run *probe.Run) error {
	filled.Header.Set("User-Agent", userAgent)
	filled.Header.Set("Accept-Encoding", "gzip")
	if r.body != nil {
		for name, value := range r.body.headers() {
			filled.Header.Set(name, value)
		}
	}
	for _, h := range r.headers {
		value, err := run.Fill(h.text, escapeInHeader)
		if err != nil {
			return fmt.Errorf("fill header %q: %w", h.name, err)
		}
		if http.CanonicalHeaderKey(h.name) == "Host" {
			filled.Host = value
			continue
		}
		filled.Header.Set(h.name, value)
	}
	if r.basic == nil {
		return nil
	}
	user, err := run.Fill(r.basic.user, nil)
	if err != nil {
		return fmt.Errorf("fill user: %w", err)
	}
	password, err := run.Fill(r.basic.password, nil)
	if err != nil {
		return fmt.Errorf("fill password: %w", err)
	}
	filled.SetBasicAuth(user, password)
	return nil
}

// escapeInHeader replaces what would end a header by spaces: headers have no escapes.
func escapeInHeader(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, value)
}
