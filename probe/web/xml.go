package web

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"portolan/probe"
)

// soapDefinition is a SOAP message: the envelope is made around what is written.
type soapDefinition struct {
	Version string `yaml:"version"` // 1.1
	Action  string `yaml:"action"`
	Header  string `yaml:"header"` // what the envelope's header holds; empty for no header
	Body    string `yaml:"body"`   // what the envelope's body holds
}

// marker stands for a value where a definition is checked. Nobody writes it.
const marker = "portolan-value-of-reference"

// xml compiles an XML body.
func (c *compiler) xml(path, source, contentType string) body {
	return text{c.xmlTemplate(path, source, false), escapeInXML, map[string]string{"Content-Type": contentType}}
}

// xmlTemplate compiles XML text: a document or, if fragment, any number of elements. References must stand
// in text or in attributes: there, and only there, can a value be escaped.
func (c *compiler) xmlTemplate(path, source string, fragment bool) probe.Template {
	t, ok := c.template(path, source)
	if !ok {
		return t
	}
	document := sample(t, func(string) string { return marker })
	if fragment {
		document = "<fragment>" + document + "</fragment>"
	}
	elements, misplaced, err := inspectXML(document)
	switch {
	case err != nil:
		c.fault(path, "is not well-formed: "+err.Error(), "well-formed XML")
	case elements == 0:
		c.fault(path, "holds no element", "well-formed XML")
	case misplaced:
		c.fault(path, "has a reference where no value can stand", "each ${value} in text or in an attribute's value")
	}
	return t
}

// inspectXML counts the elements of a document and tells whether the marker is elsewhere than in text and
// attributes' values.
func inspectXML(document string) (elements int, misplaced bool, err error) {
	d := xml.NewDecoder(strings.NewReader(document))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // only the form matters
	for {
		token, err := d.Token()
		if err == io.EOF {
			return elements, misplaced, nil
		}
		if err != nil {
			return 0, false, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			elements++
			misplaced = misplaced || namesMarker(t)
		case xml.Comment:
			misplaced = misplaced || strings.Contains(string(t), marker)
		case xml.ProcInst:
			misplaced = misplaced || strings.Contains(t.Target+string(t.Inst), marker)
		case xml.Directive:
			misplaced = misplaced || strings.Contains(string(t), marker)
		}
	}
}

func namesMarker(e xml.StartElement) bool {
	names := e.Name.Local
	for _, a := range e.Attr {
		names += " " + a.Name.Space + " " + a.Name.Local
	}
	return strings.Contains(names, marker)
}

// escapeInXML makes a value fit for text and for attributes. In CDATA it cannot end the section, but is read
// with its escapes.
func escapeInXML(value string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(value)) // a builder takes everything
	return b.String()
}

// soap compiles a SOAP body of version 1.1 or 1.2.
func (c *compiler) soap(d *soapDefinition) body {
	var namespace string
	headers := map[string]string{}
	switch d.Version {
	case "", "1.1":
		namespace = "http://schemas.xmlsoap.org/soap/envelope/"
		headers["Content-Type"] = "text/xml; charset=utf-8"
		headers["SOAPAction"] = strconv.Quote(d.Action)
	case "1.2":
		namespace = "http://www.w3.org/2003/05/soap-envelope"
		headers["Content-Type"] = "application/soap+xml; charset=utf-8"
		if d.Action != "" {
			headers["Content-Type"] += "; action=" + strconv.Quote(d.Action)
		}
	default:
		c.fault("soap.version", "is no version of SOAP", `"1.1" or "1.2"`)
	}
	if strings.ContainsAny(d.Action, "\"\\\r\n") || strings.Contains(d.Action, "${") {
		c.fault("soap.action", "holds a quote, a backslash, a line break or a reference", "an address as it is")
	}
	c.xmlTemplate("soap.body", d.Body, true)
	envelope := `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + namespace + `">`
	if d.Header != "" {
		c.xmlTemplate("soap.header", d.Header, true)
		envelope += "<soap:Header>" + d.Header + "</soap:Header>"
	}
	envelope += "<soap:Body>" + d.Body + "</soap:Body></soap:Envelope>"
	whole, _ := probe.ParseTemplate(envelope) // its parts were checked above
	return text{whole, escapeInXML, headers}
}
