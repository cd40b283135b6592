package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"portolan/probe"
)

// definition is the part "web" of a step, as a person writes it. Every text in it but patterns, paths,
// expectations and the settings of the link may refer to values as ${name}; a value is escaped for the place
// where it lands.
type definition struct {
	Method    string                       `yaml:"method"` // GET; POST if there is a body
	URL       string                       `yaml:"url"`
	Query     map[string]string            `yaml:"query"`
	Headers   map[string]string            `yaml:"headers"`
	Basic     *basicDefinition             `yaml:"basic"`
	Form      map[string]string            `yaml:"form"`
	JSON      any                          `yaml:"json"` // a structure, or the text of one
	XML       string                       `yaml:"xml"`
	SOAP      *soapDefinition              `yaml:"soap"`
	Text      *textDefinition              `yaml:"text"`
	Redirects *int                         `yaml:"redirects"` // how many are followed: 10
	Limit     string                       `yaml:"limit"`     // the most that the answer's body may hold: 1MiB
	Proxy     string                       `yaml:"proxy"`
	TLS       probe.TLSDefinition          `yaml:"tls"`
	Extract   map[string]extractDefinition `yaml:"extract"`
	Expect    []string                     `yaml:"expect"` // with none on the status: status < 400, and no fault in answer to SOAP
}

// basicDefinition signs on by HTTP's own means.
type basicDefinition struct {
	User     string `yaml:"user"`
	Password string `yaml:"password"`
}

// The defaults and bounds of a step.
const (
	defaultRedirects = 10
	maxRedirects     = 20
	defaultLimit     = 1 << 20
	maxLimit         = 64 << 20
)

// compiler turns a definition into an action and collects its faults.
type compiler struct {
	faults []probe.Fault
	needs  map[string]bool
	gives  map[string]bool
}

// compile returns the action that d defines, or every fault in it.
func compile(d *definition) (*action, []probe.Fault) {
	c := &compiler{needs: map[string]bool{}, gives: map[string]bool{}}
	a := &action{
		request:   c.request(d),
		link:      c.link(d),
		redirects: c.redirects(d.Redirects),
		limit:     c.limit(d.Limit),
		extracts:  c.extracts(d.Extract),
	}
	var usual bool
	a.expects, usual = c.expects(d.Expect) // after the extracts: a step's own values are no needs of it
	a.faults = d.SOAP != nil && usual
	a.needs = slices.Sorted(maps.Keys(c.needs))
	a.gives = slices.Sorted(maps.Keys(c.gives))
	return a, c.faults
}

func (c *compiler) fault(path, problem, allowed string) {
	c.faults = append(c.faults, probe.Fault{Path: path, Problem: problem, Allowed: allowed})
}

// template compiles a text with references; ok is false if it is at fault.
func (c *compiler) template(path, text string) (t probe.Template, ok bool) {
	t, err := probe.ParseTemplate(text)
	if err != nil {
		c.fault(path, "holds a ${ that begins no reference", "${name}, ${secret:name}, or $${ for a literal ${")
		return t, false
	}
	for _, name := range t.Names() {
		c.needs[name] = true
	}
	return t, true
}

// named is a template with the name of what it fills: a header, a field.
type named struct {
	name string
	text probe.Template
}

// named compiles a map of templates, sorted by name.
func (c *compiler) named(path string, texts map[string]string) []named {
	var all []named
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text, _ := c.template(join(path, name), texts[name])
		all = append(all, named{name, text})
	}
	return all
}

// join returns the path of a key under another.
func join(path, key string) string { return path + "." + key }

func (c *compiler) request(d *definition) request {
	r := request{
		url:     c.url(d.URL),
		query:   c.query(d.Query),
		headers: c.headers(d.Headers),
	}
	r.body, r.secretBody = c.bodyAndSecret(d)
	r.method = c.method(d.Method, r.body != nil)
	if d.Basic != nil {
		r.basic = &basic{}
		r.basic.user, _ = c.template("basic.user", d.Basic.User)
		r.basic.password = c.password(d.Basic.Password)
	}
	return r
}

func (c *compiler) method(text string, body bool) string {
	switch text {
	case "":
		if body {
			return http.MethodPost
		}
		return http.MethodGet
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		if body && (text == http.MethodGet || text == http.MethodHead) {
			c.fault("method", "sends a body with "+text, "no body, or another method")
		}
		return text
	default:
		c.fault("method", fmt.Sprintf("is %q", text), "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")
		return text
	}
}

// url compiles the address: absolute, or a reference to a value that begins one.
func (c *compiler) url(text string) probe.Template {
	const allowed = "an address that begins with http://, https:// or a ${value}"
	if text == "" {
		c.fault("url", "is missing", allowed)
		return probe.Template{}
	}
	t, ok := c.template("url", text)
	if !ok {
		return t
	}
	c.noSecret("url", t)
	u, err := url.Parse(sample(t, func(before string) string {
		if before == "" {
			return "http://x"
		}
		return "x"
	}))
	switch {
	case err != nil:
		c.fault("url", "is not an address", allowed)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		c.fault("url", "is not an absolute address", allowed)
	case u.User != nil:
		c.fault("url", "holds a user", `an address without one, and "basic"`)
	}
	return t
}

// sample returns the template's text with stand-ins for its values; before is the text that precedes each.
func sample(t probe.Template, standIn func(before string) string) string {
	text, _ := t.Expand(func(_, before string) (string, error) { return standIn(before), nil }) // no stand-in fails
	return text
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func (c *compiler) headers(texts map[string]string) []named {
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		path := join("headers", name)
		switch {
		case !headerName.MatchString(name):
			c.fault(path, "is not the name of a header", "letters, digits and dashes")
		case reserved(canonical):
			c.fault(path, "is set for each request", "any other header")
		case seen[canonical] != "":
			c.fault(path, fmt.Sprintf("is the same header as %q", seen[canonical]), "one of them")
		}
		seen[canonical] = name
	}
	return c.named("headers", texts)
}

// reserved reports whether a header is made by the way itself.
func reserved(canonical string) bool {
	switch canonical {
	case "Content-Length", "Transfer-Encoding", "Traceparent", "Trailer", "Proxy-Authorization", "Expect":
		return true
	default:
		return false
	}
}

func (c *compiler) redirects(most *int) int {
	if most == nil {
		return defaultRedirects
	}
	if *most < 0 || *most > maxRedirects {
		c.fault("redirects", fmt.Sprintf("is %d", *most), fmt.Sprintf("0 to %d", maxRedirects))
	}
	return *most
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,9})(B|KiB|MiB)$`)

func (c *compiler) limit(text string) int64 {
	if text == "" {
		return defaultLimit
	}
	allowed := fmt.Sprintf("a size from 1B to %dMiB, like 64KiB", maxLimit>>20)
	parts := sizeForm.FindStringSubmatch(text)
	if parts == nil {
		c.fault("limit", fmt.Sprintf("is %q", text), allowed)
		return 0
	}
	size, _ := strconv.ParseInt(parts[1], 10, 64) // nine digits at most
	size <<= map[string]int{"B": 0, "KiB": 10, "MiB": 20}[parts[2]]
	if size < 1 || size > maxLimit {
		c.fault("limit", fmt.Sprintf("is %s", text), allowed)
	}
	return size
}
