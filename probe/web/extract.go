package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"

	"github.com/antchfx/xpath"
	"github.com/ohler55/ojg/jp"

	"portolan/probe"
)

// extractDefinition says where in the answer a value for later steps is: one of the four.
type extractDefinition struct {
	JSON    string `yaml:"json"`    // a JSONPath; the first match counts
	XPath   string `yaml:"xpath"`   // the first node, or what the expression evaluates to
	Pattern string `yaml:"pattern"` // a regular expression on the body; its first group, if it has one
	Header  string `yaml:"header"`
}

// extract takes one value out of an answer.
type extract struct {
	name string
	from func(*answer) (string, error)
}

// errNotThere says that an answer does not hold a value.
var errNotThere = errors.New("it is not in the answer")

// extracts compiles the part "extract", sorted by name.
func (c *compiler) extracts(d map[string]extractDefinition) []extract {
	var all []extract
	for _, name := range slices.Sorted(maps.Keys(d)) {
		path := join("extract", name)
		if !probe.ValidName(name) {
			c.fault(path, "cannot name a value", "words of letters and digits, joined by dots or dashes")
		}
		c.gives[name] = true
		all = append(all, extract{name, c.source(path, d[name])})
	}
	return all
}

func (c *compiler) source(path string, d extractDefinition) func(*answer) (string, error) {
	var sources []func(*answer) (string, error)
	if d.JSON != "" {
		sources = append(sources, c.jsonPath(join(path, "json"), d.JSON))
	}
	if d.XPath != "" {
		sources = append(sources, c.xPath(join(path, "xpath"), d.XPath))
	}
	if d.Pattern != "" {
		sources = append(sources, c.pattern(join(path, "pattern"), d.Pattern))
	}
	if d.Header != "" {
		sources = append(sources, header(d.Header))
	}
	if len(sources) != 1 {
		c.fault(path, fmt.Sprintf("has %d sources", len(sources)), "one of json, xpath, pattern and header")
		return nil
	}
	return sources[0]
}

func (c *compiler) jsonPath(path, source string) func(*answer) (string, error) {
	expression, err := jp.ParseString(source)
	if err != nil {
		c.fault(path, "is not a JSONPath: "+err.Error(), "a path like $.session.token")
	}
	return func(a *answer) (string, error) {
		tree, err := a.json()
		if err != nil {
			return "", err
		}
		return spell(expression.First(tree))
	}
}

// spell returns a JSON value as text: a string as it is, a structure as JSON.
func spell(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", errNotThere
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	default:
		encoded, err := json.Marshal(v)
		return string(encoded), err
	}
}

func (c *compiler) xPath(path, source string) func(*answer) (string, error) {
	if _, err := xpath.Compile(source); err != nil {
		c.fault(path, "is not an XPath: "+err.Error(), "a path like //session/@id")
	}
	return func(a *answer) (string, error) { return a.xpath(source) }
}

func (c *compiler) pattern(path, source string) func(*answer) (string, error) {
	expression, err := regexp.Compile(source)
	if err != nil {
		c.fault(path, "is not a regular expression: "+err.Error(), "RE2 syntax, https://golang.org/s/re2syntax")
		return nil
	}
	return func(a *answer) (string, error) {
		match := expression.FindSubmatch(a.body)
		switch {
		case match == nil:
			return "", errNotThere
		case len(match) > 1:
			return string(match[1]), nil
		default:
			return string(match[0]), nil
		}
	}
}

func header(name string) func(*answer) (string, error) {
	name = textproto.CanonicalMIMEHeaderKey(name)
	return func(a *answer) (string, error) {
		values := a.headers[name]
		if len(values) == 0 {
			return "", errNotThere
		}
		return values[0], nil
	}
}
