package web_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/probe"
)

// nasty is a value made to break out of whatever it is put into.
const nasty = `"]]>&</a><b x='1'> \` + "\r\nEvil: 1\t" + `%2F;&=é`

// sent performs one step, with the value "v", and returns the request that the server saw, with its body.
func sent(t *testing.T, source string) (*http.Request, string) {
	t.Helper()
	var seen *http.Request
	var body string
	endpoint := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		seen, body = r, string(content)
	})
	tr := transaction(t, source)
	tr.Values["endpoint"], tr.Values["v"] = endpoint, nasty
	got, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
	if got.Outcome != portolan.Good {
		t.Fatalf("got %v: %v", got.Outcome, failures)
	}
	return seen, body
}

func TestWay_MethodIsGetOrPostUnlessNamed(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"url: ${endpoint}":                                  "GET",
		"{url: '${endpoint}', form: {a: b}}":                "POST",
		"{url: '${endpoint}', form: {a: b}, method: PUT}":   "PUT",
		"{url: '${endpoint}', method: DELETE}":              "DELETE",
		"{url: '${endpoint}', method: POST}":                "POST",
		"{url: '${endpoint}', method: OPTIONS}":             "OPTIONS",
		"{url: '${endpoint}', json: {a: b}, method: PATCH}": "PATCH",
	} {
		r, _ := sent(t, source)
		if r.Method != want {
			t.Errorf("%s: got %s, want %s", source, r.Method, want)
		}
		if len(r.TransferEncoding) > 0 {
			t.Errorf("%s: got transfer encoding %v, want none", source, r.TransferEncoding)
		}
	}
}

func TestWay_ValuesInTheAddressAreEscapedForTheirPlace(t *testing.T) {
	t.Parallel()
	r, _ := sent(t, "{url: '${endpoint}/a/${v}/b?q=${v}', query: {r: '${v}'}}")
	if r.URL.Path != "/a/"+nasty+"/b" {
		t.Errorf("got path %q", r.URL.Path)
	}
	want := url.Values{"q": {nasty}, "r": {nasty}}
	if diff := cmp.Diff(want, r.URL.Query()); diff != "" {
		t.Error(diff)
	}
}

func TestWay_HeadersAreSentAndCannotBeBroken(t *testing.T) {
	t.Parallel()
	r, _ := sent(t, `{url: '${endpoint}', headers: {accept: text/plain, X-Value: 'a${v}', Host: tpac.test, User-Agent: x}}`)
	if got := r.Header.Get("Accept"); got != "text/plain" {
		t.Errorf("got Accept %q", got)
	}
	if got := r.Header.Get("Evil"); got != "" {
		t.Errorf("a value made the header Evil: %q", got)
	}
	if got, want := r.Header.Get("X-Value"), `a"]]>&</a><b x='1'> \  Evil: 1`+"\t%2F;&=é"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.Host != "tpac.test" || r.UserAgent() != "x" {
		t.Errorf("got host %q and agent %q", r.Host, r.UserAgent())
	}
}

func TestWay_BasicSignsOn(t *testing.T) {
	t.Parallel()
	r, _ := sent(t, `{url: '${endpoint}', basic: {user: officer, password: '${v}'}}`)
	user, password, _ := r.BasicAuth()
	if user != "officer" || password != nasty {
		t.Errorf("got %q %q", user, password)
	}
}

func TestWay_FormHoldsValuesWhole(t *testing.T) {
	t.Parallel()
	r, body := sent(t, `{url: '${endpoint}', form: {user: officer, note: '${v}!'}}`)
	if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		t.Errorf("got type %q", got)
	}
	got, err := url.ParseQuery(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(url.Values{"user": {"officer"}, "note": {nasty + "!"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWay_JSONHoldsValuesWhole(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"structure": `{url: '${endpoint}', json: {n: 1, x: 1.5, b: true, z: null, list: ['a', '${v}'], map: {v: 'is ${v}'}}}`,
		"text":      `{url: '${endpoint}', json: '{"n": 1, "x": 1.5, "b": true, "z": null, "list": ["a", "${v}"], "map": {"v": "is ${v}"}}'}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, body := sent(t, source)
			if got := r.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("got type %q", got)
			}
			var got any
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			want := map[string]any{
				"n": 1.0, "x": 1.5, "b": true, "z": nil,
				"list": []any{"a", nasty}, "map": map[string]any{"v": "is " + nasty},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// query is a message of the XML and SOAP tests.
type query struct {
	Name  string `xml:"name,attr"`
	Text  string `xml:"text"`
	Other string `xml:"other"`
}

const queryText = `<query name="${v}"><text>${v}</text><other>a</other></query>`

func TestWay_XMLHoldsValuesWhole(t *testing.T) {
	t.Parallel()
	r, body := sent(t, "url: ${endpoint}\nxml: |\n  "+queryText)
	if got := r.Header.Get("Content-Type"); got != "application/xml; charset=utf-8" {
		t.Errorf("got type %q", got)
	}
	var got query
	if err := xml.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if want := (query{Name: nasty, Text: nasty, Other: "a"}); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestWay_SOAPEnvelopeIsOfItsVersion(t *testing.T) {
	t.Parallel()
	type envelope struct {
		XMLName xml.Name
		Header  string `xml:"Header>id"`
		Query   query  `xml:"Body>query"`
	}
	for version, want := range map[string]struct{ space, contentType, action string }{
		"1.1": {"http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8", `"urn:identify"`},
		"1.2": {"http://www.w3.org/2003/05/soap-envelope", `application/soap+xml; charset=utf-8; action="urn:identify"`, ""},
	} {
		r, body := sent(t, "url: ${endpoint}\nsoap:\n  version: '"+version+"'\n  action: urn:identify\n  header: <id>7</id>\n  body: |\n    "+queryText)
		if got := r.Header.Get("Content-Type"); got != want.contentType {
			t.Errorf("%s: got type %q, want %q", version, got, want.contentType)
		}
		if got := r.Header.Get("SOAPAction"); got != want.action {
			t.Errorf("%s: got action %q, want %q", version, got, want.action)
		}
		var got envelope
		if err := xml.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%s: %v: %s", version, err, body)
		}
		if got.XMLName.Space != want.space || got.Header != "7" || got.Query.Text != nasty {
			t.Errorf("%s: got %+v", version, got)
		}
	}
}

func TestWay_TextIsSentAsItIs(t *testing.T) {
	t.Parallel()
	r, body := sent(t, `{url: '${endpoint}', text: {type: text/csv, text: 'a;${v}'}}`)
	if r.Header.Get("Content-Type") != "text/csv" || body != "a;"+nasty {
		t.Errorf("got %q of type %q", body, r.Header.Get("Content-Type"))
	}
}
