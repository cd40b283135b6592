package web_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/internal/testnet"
	"portolan/probe"
)

// Whatever a server sends, the step ends in a symptom that is not the monitor's fault, and its phases add up.
func FuzzWay_AnyAnswerIsASymptom(f *testing.F) {
	for _, seed := range []string{
		"", "HTTP/1.1 200 OK\r\n\r\n" + jsonAnswer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<a/>",
		"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00", "HTTP/1.0 401 No\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "SSH-2.0\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\n\r\n3\r\n{}\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n<?xml version=\"1.0\" encoding=\"x\"?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
	} {
		f.Add([]byte(seed))
	}
	steps := []string{
		"{url: 'http://tpac.test', limit: 64KiB, extract: {v: {json: '$..token'}}, expect: ['json.hits[0].n == 1']}",
		"{url: 'http://tpac.test', limit: 64KiB, redirects: 1, soap: {body: <a/>}, extract: {v: {xpath: '//a'}}}",
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, step := range steps {
			tr := transaction(t, step)
			got, failures := probe.NewRunner(probe.Options{Dial: sends(t, answer)}).Run(t.Context(), tr, 0, 1)
			if got.Symptom.Kind == portolan.KindMonitor || got.Symptom.Kind == portolan.KindTimeout {
				t.Errorf("got %+v: %v", got.Symptom, failures)
			}
			if s := got.Steps[0]; s.Phases.Sum()+s.Remainder() != s.Duration {
				t.Errorf("%v and %v do not make %v", s.Phases, s.Remainder(), s.Duration)
			}
		}
	})
}

// sends returns the dialer of a network where one server sends the same to everybody and closes.
func sends(t *testing.T, answer []byte) probe.DialContext {
	t.Helper()
	network := testnet.New()
	l, err := network.Listen("tpac.test:80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func(c net.Conn) {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				c.Read(make([]byte, 4096))
				c.Write(answer)
			}(c)
		}
	}()
	return network.DialContext
}

// No value, wherever it came from, changes the form of the body that it is put into.
func FuzzWay_NoValueBreaksABody(f *testing.F) {
	for _, seed := range []string{"", nasty, "${v}", "\x00\xff\u2028", "]]>", `\u0022`, "</soap:Body>", "--"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := filled(t, "form: {a: '${v}', b: c}", value); !sameForm(got, value) {
			t.Errorf("%q makes the form %q", value, got)
		}
		for _, step := range []string{`json: {a: '${v}', b: c}`, `json: '{"a": "${v}", "b": "c"}'`} {
			var got map[string]string
			body := filled(t, step, value)
			if err := json.Unmarshal([]byte(body), &got); err != nil || len(got) != 2 || utf8.ValidString(value) && got["a"] != value {
				t.Errorf("%q makes the JSON %s: %v", value, body, err)
			}
		}
		for _, step := range []string{"xml: '<q x=\"${v}\"><a>${v}</a><b>c</b></q>'", "soap: {body: '<q x=\"${v}\"><a>${v}</a><b>c</b></q>'}"} {
			body := filled(t, step, value)
			if got, err := tags(body); err != nil || !strings.HasSuffix(strings.TrimPrefix(got, "Envelope Body "), "q a b") {
				t.Errorf("%q makes the XML %s of %s: %v", value, body, got, err)
			}
		}
	})
}

// filled returns the body of a request into which a value was put.
func filled(t *testing.T, step, value string) string {
	t.Helper()
	bodies := make(chan string, 1)
	network := testnet.New()
	l, err := network.Listen("tpac.test:80")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
	})}
	go server.Serve(l)
	defer server.Close()
	tr := transaction(t, "url: http://tpac.test\n"+step)
	tr.Values["v"] = value
	got, failures := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), tr, 0, 1)
	if got.Outcome != portolan.Good {
		t.Fatalf("got %+v: %v", got.Symptom, failures)
	}
	return <-bodies
}

func sameForm(body, value string) bool {
	got, err := url.ParseQuery(body)
	return err == nil && len(got) == 2 && got.Get("a") == value && got.Get("b") == "c"
}

// tags returns the names of a document's elements, in order.
func tags(document string) (string, error) {
	var names []string
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return strings.Join(names, " "), nil
		}
		if err != nil {
			return "", err
		}
		if e, ok := token.(xml.StartElement); ok {
			names = append(names, e.Name.Local)
		}
	}
}

// No definition, however odd, makes the decoder panic: it gives an action or faults.
func FuzzWay_AnyDefinitionIsAnActionOrFaults(f *testing.F) {
	f.Add("http://tpac/${a}?q=${b}", `{"a": "${v}"}`, "<a>${v}</a>", "status == 200", "$.a[?(@.b > 1)]", "//a[@b='c']", "(a)")
	f.Add("${", "{", "<", "xpath(", "$[", "//[", "(")
	f.Add("http://[::1]:99999/", `"\u00${v}"`, "<a><![CDATA[${v}]]></a>", `values["x"] in headers`, "$..*", "count(1)", "[")
	f.Fuzz(func(t *testing.T, address, jsonText, xmlText, expect, path, xPath, pattern string) {
		for _, body := range []map[string]any{{"json": jsonText}, {"xml": xmlText}, {"soap": map[string]any{"body": xmlText}}} {
			body["url"] = address
			body["expect"] = []string{expect}
			body["extract"] = map[string]any{
				"a": map[string]any{"json": path}, "b": map[string]any{"xpath": xPath}, "c": map[string]any{"pattern": pattern},
			}
			source, err := yaml.Marshal(body)
			if err != nil || !utf8.ValidString(address+jsonText+xmlText+expect+path+xPath+pattern) {
				return // no YAML file says so
			}
			act, faults := decode(t, string(source))
			if (act == nil) != (len(faults) > 0) {
				t.Errorf("got action %v beside faults %+v", act, faults)
			}
			for _, fault := range faults {
				if fault.Problem == "" || fault.Allowed == "" {
					t.Errorf("got fault %+v", fault)
				}
			}
		}
	})
}
