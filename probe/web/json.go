package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"portolan/probe"
)

// jsonType is the media type of JSON bodies.
const jsonType = "application/json"

// json compiles a JSON body: a structure whose texts hold references, or the text of one.
func (c *compiler) json(value any) body {
	if source, ok := value.(string); ok {
		return c.jsonText(source)
	}
	return structure{c.jsonValue("json", value)}
}

// jsonText compiles JSON as text. Its references must stand inside quotes: there, and only there, can a
// value be escaped.
func (c *compiler) jsonText(source string) body {
	t, ok := c.template("json", source)
	if ok && !json.Valid([]byte(sample(t, func(string) string { return "x" }))) {
		c.fault("json", "is not JSON", `a structure, or JSON as text with each ${value} inside quotes`)
	}
	return text{t, escapeInJSON, map[string]string{"Content-Type": jsonType}}
}

// escapeInJSON makes a value fit for the inside of a JSON string.
func escapeInJSON(value string) string {
	quoted, _ := json.Marshal(value) // a string always marshals
	return string(quoted[1 : len(quoted)-1])
}

// jsonValue compiles one value of a structure: texts become templates, everything else stays.
func (c *compiler) jsonValue(path string, value any) any {
	switch v := value.(type) {
	case nil, bool, int, int64, uint64:
		return v
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			c.fault(path, "is not a number of JSON", "a finite number")
		}
		return v
	case string:
		t, _ := c.template(path, v)
		return t
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = c.jsonValue(fmt.Sprintf("%s[%d]", path, i), item)
		}
		return items
	case map[string]any:
		fields := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			fields[key] = c.jsonValue(join(path, key), v[key])
		}
		return fields
	default: // a date, or a map whose keys are no texts
		c.fault(path, "is no value of JSON", "text in quotes, a number, true, false, null, a list, or a map with texts as keys")
		return nil
	}
}

// structure is a JSON body made of values: whatever a text holds, it stays one text.
type structure struct {
	tree any
}

func (s structure) fill(run *probe.Run) ([]byte, error) {
	filled, err := fillJSON(s.tree, run)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(filled); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (structure) headers() map[string]string { return map[string]string{"Content-Type": jsonType} }

func fillJSON(tree any, run *probe.Run) (any, error) {
	var err error
	switch v := tree.(type) {
	case probe.Template:
		return run.Fill(v, nil)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			if items[i], err = fillJSON(item, run); err != nil {
				return nil, err
			}
		}
		return items, nil
	case map[string]any:
		fields := map[string]any{}
		for key, field := range v {
			if fields[key], err = fillJSON(field, run); err != nil {
				return nil, err
			}
		}
		return fields, nil
	default:
		return v, nil
	}
}
