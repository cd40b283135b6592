package web

import (
	"mime"
	"net/url"

	"portolan/probe"
)

// body is what a request carries, with references to a run's values.
type body interface {
	fill(run *probe.Run) ([]byte, error)
	headers() map[string]string
}

// textDefinition is a body of any other type. Values go into it as they are.
type textDefinition struct {
	Type string `yaml:"type"` // text/plain; charset=utf-8
	Text string `yaml:"text"`
}

// body compiles the one body that the definition may have; nil for none.
func (c *compiler) body(d *definition) body {
	var all []body
	if d.Form != nil {
		all = append(all, form(c.named("form", d.Form)))
	}
	if d.JSON != nil {
		all = append(all, c.json(d.JSON))
	}
	if d.XML != "" {
		all = append(all, c.xml("xml", d.XML, "application/xml; charset=utf-8"))
	}
	if d.SOAP != nil {
		all = append(all, c.soap(d.SOAP))
	}
	if d.Text != nil {
		all = append(all, c.text(d.Text))
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	default:
		c.fault("", "has more than one body", "one of form, json, xml, soap and text")
		return nil
	}
}

// form is fields as a browser sends them.
type form []named

func (f form) fill(run *probe.Run) ([]byte, error) {
	fields := url.Values{}
	for _, field := range f {
		value, err := run.Fill(field.text, nil)
		if err != nil {
			return nil, err
		}
		fields.Set(field.name, value)
	}
	return []byte(fields.Encode()), nil
}

func (form) headers() map[string]string {
	return map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
}

// text is a body made of one template, and how values are escaped in it.
type text struct {
	template probe.Template
	escape   func(string) string // nil for values as they are
	header   map[string]string
}

func (t text) fill(run *probe.Run) ([]byte, error) {
	filled, err := run.Fill(t.template, t.escape)
	return []byte(filled), err
}

func (t text) headers() map[string]string { return t.header }

func (c *compiler) text(d *textDefinition) body {
	contentType := d.Type
	if contentType == "" {
		contentType = "text/plain; charset=utf-8"
	}
	if _, _, err := mime.ParseMediaType(contentType); err != nil {
		c.fault("text.type", "is not a media type", "a type like text/plain")
	}
	t, _ := c.template("text.text", d.Text)
	return text{t, nil, map[string]string{"Content-Type": contentType}}
}
