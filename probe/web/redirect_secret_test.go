package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"portolan"
	"portolan/probe"
)

// redirected runs a step whose server sends the client on to another server, and returns what that one got.
func redirected(t *testing.T, status int, definition string) (portolan.Result, []*probe.Failure, string) {
	t.Helper()
	var got atomic.Value
	got.Store("")
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var head strings.Builder
		_ = r.Header.Write(&head)
		got.Store(r.Method + "\n" + head.String() + string(body))
	}))
	t.Cleanup(other.Close)
	first := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, other.URL+"/next", status)
	}))
	t.Cleanup(first.Close)
	tr := transaction(t, definition)
	tr.Values["endpoint"] = first.URL
	options := probe.Options{Secrets: func(string) (string, error) { return "marked-secret", nil }}
	result, failures := probe.NewRunner(options).Run(t.Context(), tr, 0, 1)
	return result, failures, got.Load().(string)
}

func TestWay_SecretsStayWithTheFirstServer(t *testing.T) {
	t.Parallel()
	const definition = `{url: '${endpoint}', headers: {Token: '${secret:x}', Plain: 'kept'}, basic: {user: officer, password: '${secret:x}'}, form: {pin: '${secret:x}'}}`
	result, failures, got := redirected(t, http.StatusFound, definition)
	if result.Outcome != portolan.Good {
		t.Fatal(failures[0])
	}
	if !strings.HasPrefix(got, "GET\n") || !strings.Contains(got, "Plain: kept") {
		t.Errorf("the other server got %q, want a GET with the other headers", got)
	}
	for _, kept := range []string{"Token", "Authorization", "marked-secret"} {
		if strings.Contains(got, kept) {
			t.Errorf("the other server got %s: %q", kept, got)
		}
	}
	result, failures, got = redirected(t, http.StatusTemporaryRedirect, definition)
	if result.Outcome != portolan.Failed || got != "" || !strings.Contains(failures[0].Error(), "the body holds a secret") {
		t.Errorf("a redirect that asks for the body again: %s, %v; the other server got %q", result.Outcome, failures, got)
	}
}

func TestWay_WhatIsNoSecretFollowsARedirect(t *testing.T) {
	t.Parallel()
	result, failures, got := redirected(t, http.StatusTemporaryRedirect, `{url: '${endpoint}', headers: {Token: 'plain'}, form: {name: ROE}}`)
	if result.Outcome != portolan.Good || !strings.Contains(got, "Token: plain") || !strings.Contains(got, "name=ROE") {
		t.Errorf("%s, %v; the other server got %q", result.Outcome, failures, got)
	}
}
