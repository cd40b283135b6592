package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
)

// answer is what a step checks. Its body is parsed when something first asks for it, once.
type answer struct {
	status   int
	headers  http.Header
	body     []byte // decoded
	received int64  // bytes of the body as they came, before decoding

	tree     parsed[any]
	document parsed[*xmlquery.Node]
}

// parsed is the body as a parser understood it.
type parsed[T any] struct {
	done  bool
	value T
	err   error
}

// get parses the body if that was not done before.
func (p *parsed[T]) get(parse func([]byte) (T, error), body []byte) (T, error) {
	if !p.done {
		p.value, p.err = parse(body)
		p.done = true
	}
	return p.value, p.err
}

// formError says that a body is not of the form that a step expects.
type formError struct {
	form string
	err  error
}

// Error implements error.
func (e *formError) Error() string { return fmt.Sprintf("parse answer as %s: %v", e.form, e.err) }

// Unwrap returns what the parser said.
func (e *formError) Unwrap() error { return e.err }

// json returns the body as JSON.
func (a *answer) json() (any, error) { return a.tree.get(parseJSON, a.body) }

// parseJSON keeps whole numbers whole: identifiers may be longer than a float64 can tell apart.
func parseJSON(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, &formError{"JSON", err}
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, &formError{"JSON", errors.New("there is more than one value")}
	}
	return withNumbers(tree), nil
}

// withNumbers replaces each json.Number by an int64 if it is one, else by a float64.
func withNumbers(tree any) any {
	switch v := tree.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return whole
		}
		broken, _ := v.Float64() // out of range gives infinity, which equals no value
		return broken
	case []any:
		for i := range v {
			v[i] = withNumbers(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = withNumbers(v[key])
		}
	}
	return tree
}

// xml returns the body as XML.
func (a *answer) xml() (*xmlquery.Node, error) { return a.document.get(parseXML, a.body) }

func parseXML(body []byte) (*xmlquery.Node, error) {
	document, err := xmlquery.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, &formError{"XML", err}
	}
	for n := document.FirstChild; n != nil; n = n.NextSibling {
		if n.Type == xmlquery.ElementNode {
			return document, nil
		}
	}
	return nil, &formError{"XML", errors.New("there is no element")}
}

// xpath returns what an XPath finds in the body as text: the first of several nodes.
func (a *answer) xpath(source string) (found string, err error) {
	document, err := a.xml()
	if err != nil {
		return "", err
	}
	expression, err := xpath.Compile(source) // of its own: an evaluation changes its expression
	if err != nil {
		return "", fmt.Errorf("compile XPath %q: %w", source, err)
	}
	// The library panics where an expression asks for what a document does not allow.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("evaluate XPath %q: %v", source, p)
		}
	}()
	switch v := expression.Evaluate(xmlquery.CreateXPathNavigator(document)).(type) {
	case *xpath.NodeIterator:
		if !v.MoveNext() {
			return "", errNotThere
		}
		return v.Current().Value(), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	default:
		return fmt.Sprint(v), nil
	}
}

// soapFault reports whether the body is a SOAP envelope that carries a fault, of either version.
func (a *answer) soapFault() bool {
	const path = `/*[local-name()='Envelope']/*[local-name()='Body']/*[local-name()='Fault']`
	_, err := a.xpath(path)
	return err == nil
}
