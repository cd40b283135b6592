package browser_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"portolan"
	"portolan/probe"
)

func TestPerform_GoesThroughTheProxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { html("for "+r.URL.String())(w, r) }))
	t.Cleanup(proxy.Close)
	s := newStation(t)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.options.Proxy = probe.FixedProxy(address)
	s.good("http://127.0.0.1:9443", step(t, "a", `{actions: [{open: "${endpoint}/x"}, {wait: body, text: "for http://127.0.0.1:9443/x"}]}`))

	s.options.Proxy = probe.FixedProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:9443"})
	s.fails(portolan.PhaseConnect, portolan.KindProxy, "http://127.0.0.1:9443", step(t, "a", `{actions: [{open: "${endpoint}/x"}]}`))
}
