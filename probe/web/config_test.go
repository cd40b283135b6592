package web_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/probe/web"
)

func TestWay_FaultsSayWhereWhatAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"{}":                                                                     "url: is missing",
		"{url: /session}":                                                        "url: is not an absolute address",
		"{url: 'ftp://tpac'}":                                                    "url: is not an absolute address",
		"{url: 'http://'}":                                                       "url: is not an absolute address",
		"{url: 'http://a b/'}":                                                   "url: is not an address",
		"{url: 'http://u:p@tpac/'}":                                              "url: holds a user",
		"{url: 'http://tpac/${'}":                                                "url: holds a ${ that begins no reference",
		"{url: 'http://a', method: get}":                                         `method: is "get"`,
		"{url: 'http://a', method: TRACE}":                                       `method: is "TRACE"`,
		"{url: 'http://a', method: GET, form: {a: b}}":                           "method: sends a body with GET",
		"{url: 'http://a', headers: {'a b': c}}":                                 "headers.a b: is not the name of a header",
		"{url: 'http://a', headers: {Content-Length: 1}}":                        "headers.Content-Length: is set for each request",
		"{url: 'http://a', headers: {Accept: a, accept: b}}":                     `headers.accept: is the same header as "Accept"`,
		"{url: 'http://a', form: {a: b}, text: {text: c}}":                       ": has more than one body",
		"{url: 'http://a', json: '{'}":                                           "json: is not JSON",
		"{url: 'http://a', json: '{\"a\": ${v}}'}":                               "json: is not JSON",
		"{url: 'http://a', json: {d: 2017-01-02}}":                               "json.d: is no value of JSON",
		"{url: 'http://a', json: [{1: a}]}":                                      "json[0]: is no value of JSON",
		"{url: 'http://a', json: {x: .inf}}":                                     "json.x: is not a number of JSON",
		"{url: 'http://a', xml: '<a><b></a>'}":                                   "xml: is not well-formed: XML syntax error on line 1: element <b> closed by </a>",
		"{url: 'http://a', xml: 'text'}":                                         "xml: holds no element",
		"{url: 'http://a', xml: '<a-${v}/>'}":                                    "xml: has a reference where no value can stand",
		"{url: 'http://a', xml: '<a ${v}=\"1\"/>'}":                              "xml: has a reference where no value can stand",
		"{url: 'http://a', xml: '<a><!-- ${v} --></a>'}":                         "xml: has a reference where no value can stand",
		"{url: 'http://a', soap: {version: '2', body: <a/>}}":                    "soap.version: is no version of SOAP",
		"{url: 'http://a', soap: {body: '</soap:Body>'}}":                        "soap.body: is not well-formed: XML syntax error on line 1: element <fragment> closed by </Body>",
		"{url: 'http://a', soap: {body: <a/>, header: '<'}}":                     "soap.header: is not well-formed: XML syntax error on line 1: expected element name after <",
		"{url: 'http://a', soap: {body: <a/>, action: '\"'}}":                    "soap.action: holds a quote, a backslash, a line break or a reference",
		"{url: 'http://a', text: {type: '/', text: a}}":                          "text.type: is not a media type",
		"{url: 'http://a', redirects: 21}":                                       "redirects: is 21",
		"{url: 'http://a', limit: 1MB}":                                          `limit: is "1MB"`,
		"{url: 'http://a', limit: 65MiB}":                                        "limit: is 65MiB",
		"{url: 'http://a', limit: 0B}":                                           "limit: is 0B",
		"{url: 'http://a', proxy: 'https://p:1'}":                                "proxy: is not an address of a proxy",
		"{url: 'http://a', proxy: 'http://p'}":                                   "proxy: is not an address of a proxy",
		"{url: 'http://a', tls: {ca: ca.pem}}":                                   "tls.ca: is neither PEM text nor an absolute path",
		"{url: 'http://a', tls: {ca: '-----BEGIN nothing'}}":                     "tls.ca: holds no certificate",
		"{url: 'http://a', tls: {min_version: '2'}}":                             "tls.min_version: is no version of TLS",
		"{url: 'http://a', tls: {key: '-----BEGIN'}}":                            "tls: names a certificate or a key alone",
		"{url: 'http://a', tls: {certificate: '-----BEGIN', key: '-----BEGIN'}}": "tls.certificate: does not go with its key: tls: failed to find any PEM data in certificate input",
		"{url: 'http://a', extract: {'1': {header: a}}}":                         "extract.1: cannot name a value",
		"{url: 'http://a', extract: {v: {}}}":                                    "extract.v: has 0 sources",
		"{url: 'http://a', extract: {v: {header: a, json: $.a}}}":                "extract.v: has 2 sources",
		"{url: 'http://a', extract: {v: {json: '$['}}}":                          "extract.v.json: is not a JSONPath: not terminated at 3 in $[",
		"{url: 'http://a', extract: {v: {xpath: '//['}}}":                        "extract.v.xpath: is not an XPath: expression must evaluate to a node-set",
		"{url: 'http://a', extract: {v: {pattern: '('}}}":                        "extract.v.pattern: is not a regular expression: error parsing regexp: missing closing ): `(`",
		"{url: 'http://a', expect: ['status']}":                                  "expect[0]: is no expectation: expected bool, but got int",
		"{url: 'http://a', expect: ['status == 200', 'stat == 1']}":              "expect[1]: is no expectation: unknown name stat (column 1)",
		"{url: 'http://a', expect: ['xpath(body) == \"\"']}":                     "expect[0]: computes an XPath",
		"{url: 'http://a', expect: ['xpath(\"//[\") == \"\"']}":                  `expect[0]: has no XPath in "//[": expression must evaluate to a node-set`,
	} {
		act, faults := decode(t, source)
		if act != nil {
			t.Errorf("%s: got an action beside its faults", source)
		}
		if len(faults) != 1 {
			t.Errorf("%s: got faults %+v, want one", source, faults)
			continue
		}
		if got := faults[0].Path + ": " + faults[0].Problem; got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

func TestWay_AllFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, faults := decode(t, "{url: ftp://a, method: get, redirects: -1, limit: x, extract: {v: {}}, expect: ['stat', '1']}")
	var paths []string
	for _, f := range faults {
		if f.Problem == "" || f.Allowed == "" {
			t.Errorf("fault without a problem or without what is allowed: %+v", f)
		}
		paths = append(paths, f.Path)
	}
	want := []string{"url", "method", "redirects", "limit", "extract.v", "expect[0]", "expect[1]"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

func TestWay_NoActionIfTheDefinitionCannotBeDecoded(t *testing.T) {
	t.Parallel()
	act, faults := web.Way().Decode(func(any) error { return errors.New("line 1: no map") })
	if act != nil || faults != nil {
		t.Errorf("got %v, %v", act, faults)
	}
}
