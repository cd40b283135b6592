package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/probe"
)

// answering starts a server that gives one answer.
func answering(t testing.TB, status int, contentType, body string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Session", "s1")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

const (
	jsonAnswer = `{"session": {"token": "t1", "id": 12345678901234567, "ratio": 0.25, "open": true, "none": null}, "hits": [{"n": 1}, {"n": 2}]}`
	xmlAnswer  = `<r:reply xmlns:r="urn:r"><match id="7">yes &amp; no</match><match id="8"/></r:reply>`
	soapFault  = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>`
	soapAnswer = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><match>yes</match></s:Body></s:Envelope>`
)

func TestWay_ExtractsValuesForLaterSteps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, source, want string }{
		"json-text":       {jsonAnswer, "json: $.session.token", "t1"},
		"json-long":       {jsonAnswer, "json: $.session.id", "12345678901234567"},
		"json-number":     {jsonAnswer, "json: $.session.ratio", "0.25"},
		"json-bool":       {jsonAnswer, "json: $.session.open", "true"},
		"json-first":      {jsonAnswer, "json: '$.hits[*].n'", "1"},
		"json-filter":     {jsonAnswer, "json: '$.hits[?(@.n > 1)].n'", "2"},
		"json-structure":  {jsonAnswer, "json: '$.hits[0]'", `{"n":1}`},
		"xpath-text":      {xmlAnswer, "xpath: //match", "yes & no"},
		"xpath-attribute": {xmlAnswer, "xpath: '//match[2]/@id'", "8"},
		"xpath-number":    {xmlAnswer, "xpath: count(//match)", "2"},
		"pattern-group":   {"token=abc;", "pattern: 'token=(\\w+)'", "abc"},
		"pattern-whole":   {"token=abc;", "pattern: 'token=\\w+'", "token=abc"},
		"header":          {"", "header: x-session", "s1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := answering(t, 200, "text/plain", test.body)
			tr := transaction(t, "{url: '"+endpoint+"', extract: {value: {"+test.source+"}}}")
			var got string
			tr.Steps = append(tr.Steps, probe.Step{ID: "z", Action: reader{"value", &got}})
			result, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
			if result.Outcome != portolan.Good || got != test.want {
				t.Errorf("got %q, want %q: %v", got, test.want, failures)
			}
		})
	}
}

// reader is an action that reads a value of the run.
type reader struct {
	name string
	into *string
}

func (r reader) Perform(_ context.Context, run *probe.Run) probe.Observation {
	*r.into, _ = run.Value(r.name)
	return probe.Observation{}
}
func (r reader) Needs() []string { return []string{r.name} }
func (r reader) Gives() []string { return nil }

func TestWay_ExpectationsSpeakOfTheWholeAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, expect string }{
		"status":       {"", "status == 200"},
		"header":       {"", `headers["X-Session"] == "s1" and "x-session" in headers`},
		"body":         {"ready", `body contains "ready" and bytes == 5`},
		"json":         {jsonAnswer, `json.session.open and json.session.id == 12345678901234567 and len(json.hits) == 2`},
		"json-missing": {jsonAnswer, `json.nothing == nil and json?.nothing?.at?.all == nil`},
		"xpath":        {xmlAnswer, `xpath("//match/@id") == "7" and xpath("//nobody") == ""`},
		"seconds":      {"", "seconds >= 0 and seconds < 30"},
		"values":       {"token=abc", `values.token == "abc" and values.user == "officer"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := transaction(t, "{url: '${endpoint}', extract: {token: {pattern: '(\\w*)$'}}, expect: ['"+test.expect+"']}")
			tr.Values = map[string]string{"endpoint": answering(t, 200, "text/plain", test.body), "user": "officer"}
			got, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
			if got.Outcome != portolan.Good {
				t.Errorf("got %+v: %v", got.Symptom, failures)
			}
		})
	}
}

func TestWay_WrongAnswerIsASymptomOfTheCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		step   string
		want   portolan.ErrorKind
	}{
		"not-found":                {404, "", "", portolan.KindStatus},
		"server-error":             {500, "", "", portolan.KindStatus},
		"unauthorized":             {401, "", "", portolan.KindCredential},
		"forbidden":                {403, "", "", portolan.KindCredential},
		"proxy-auth":               {407, "", "", portolan.KindProxy},
		"status-beside-others":     {503, "<html>", "expect: ['json.ok']", portolan.KindStatus},
		"status-beside-extraction": {503, "", "extract: {v: {json: $.v}}", portolan.KindStatus},
		"false":                    {200, jsonAnswer, "expect: ['json.hits[0].n == 2']", portolan.KindAssertion},
		"status-not-expected":      {200, "", "expect: ['status == 404']", portolan.KindAssertion},
		"other-type":               {200, `"text"`, "expect: ['json.hits[0].n == 2']", portolan.KindAssertion},
		"no-json":                  {200, "<html>", "expect: ['json.ok']", portolan.KindProtocol},
		"json-and-more":            {200, "{} {}", "expect: ['json.ok']", portolan.KindProtocol},
		"no-xml":                   {200, "{}", `expect: ['xpath("//a") == ""']`, portolan.KindProtocol},
		"no-json-to-extract":       {200, "<html>", "extract: {v: {json: $.v}}", portolan.KindProtocol},
		"no-xml-to-extract":        {200, "<a><b></a>", "extract: {v: {xpath: //a}}", portolan.KindProtocol},
		"json-not-there":           {200, "{}", "extract: {v: {json: $.v}}", portolan.KindExtract},
		"json-null":                {200, jsonAnswer, "extract: {v: {json: $.session.none}}", portolan.KindExtract},
		"xpath-not-there":          {200, xmlAnswer, "extract: {v: {xpath: //nobody}}", portolan.KindExtract},
		"pattern-not-there":        {200, "", "extract: {v: {pattern: a}}", portolan.KindExtract},
		"header-not-there":         {200, "", "extract: {v: {header: X-Nobody}}", portolan.KindExtract},
		"extract-before-expect":    {200, "{}", "extract: {v: {json: $.v}}, expect: ['values.v == \"1\"']", portolan.KindExtract},
		"soap-fault":               {200, soapFault, "soap: {body: <a/>}", portolan.KindStatus},
		"soap-fault-and-status":    {500, soapFault, "soap: {body: <a/>}", portolan.KindStatus},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, failures := ask(t, answering(t, test.status, "text/plain", test.body), "{url: '${endpoint}', "+test.step+"}")
			wantSymptom(t, got, failures, "a", portolan.PhaseCheck, test.want)
			if phases := reached(got.Steps[0]); phases != "connect request wait read check" {
				t.Errorf("reached %q", phases)
			}
			if got.Steps[0].Bytes != int64(len(test.body)) {
				t.Errorf("got %d bytes, want %d", got.Steps[0].Bytes, len(test.body))
			}
		})
	}
}

func TestWay_ErrorThatWasExpectedIsRight(t *testing.T) {
	t.Parallel()
	mustAsk(t, answering(t, 401, "text/plain", ""), "{url: '${endpoint}', expect: ['status == 401']}")
	mustAsk(t, answering(t, 500, "text/xml", soapFault), "{url: '${endpoint}', soap: {body: <a/>}, expect: ['status == 500']}")
	mustAsk(t, answering(t, 200, "text/xml", soapAnswer), `{url: '${endpoint}', soap: {body: <a/>}, expect: ['xpath("//match") == "yes"']}`)
}

func TestWay_CompressedAnswerIsMeasuredAsItCame(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, strings.Repeat("ready ", 1000))
	z.Close()
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("got Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		if r.Method != http.MethodHead {
			w.Write(zipped.Bytes())
		}
	})
	got := mustAsk(t, endpoint, fmt.Sprintf("{url: '${endpoint}', expect: ['len(body) == 6000 and bytes == %d']}", zipped.Len()))
	if got.Steps[0].Bytes != int64(zipped.Len()) {
		t.Errorf("got %d bytes, want %d", got.Steps[0].Bytes, zipped.Len())
	}
	mustAsk(t, endpoint, "{url: '${endpoint}', method: HEAD}")
	bomb, failures := ask(t, endpoint, "{url: '${endpoint}', limit: 5KiB}")
	wantSymptom(t, bomb, failures, "a", portolan.PhaseRead, portolan.KindTooLarge)
}

func TestWay_BodyOfExactlyTheLimitIsRead(t *testing.T) {
	t.Parallel()
	endpoint := answering(t, 200, "text/plain", strings.Repeat("x", 1024))
	mustAsk(t, endpoint, "{url: '${endpoint}', limit: 1KiB}")
	got, failures := ask(t, endpoint, "{url: '${endpoint}', limit: 1023B}")
	wantSymptom(t, got, failures, "a", portolan.PhaseRead, portolan.KindTooLarge)
	got, failures = ask(t, answering(t, 200, "text/plain", strings.Repeat("x", 2<<20)), "url: ${endpoint}")
	wantSymptom(t, got, failures, "a", portolan.PhaseRead, portolan.KindTooLarge)
}

func TestWay_ValuesThatWereThereAreSetEvenOnFailure(t *testing.T) {
	t.Parallel()
	tr := transaction(t, "{url: '${endpoint}', extract: {token: {json: $.session.token}, other: {json: $.nobody}}}")
	tr.Values["endpoint"] = answering(t, 200, "application/json", jsonAnswer)
	var got string
	tr.Steps = append(tr.Steps, probe.Step{ID: "sign-off", Always: true, Action: reader{"token", &got}})
	probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
	if got != "t1" {
		t.Errorf("the clean-up got token %q, want t1", got)
	}
}

func TestWay_NeedsAndGivesNameItsValues(t *testing.T) {
	t.Parallel()
	act, _ := decode(t, `{url: '${endpoint}/${a}', query: {q: '${b}'}, headers: {X: '${c}'}, basic: {user: '${d}', password: '${e}'},
json: {x: ['${f}']}, extract: {own: {header: X}}, expect: ['values.g == values.own', 'values["h"] != "$${i}"']}`)
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e", "endpoint", "f", "g", "h"}, act.Needs()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"own"}, act.Gives()); diff != "" {
		t.Error(diff)
	}
}
