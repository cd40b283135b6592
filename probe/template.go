package probe

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Template is a text with references to values, ${name}, and to secrets, ${secret:name}. A literal "${" is written "$${".
// The zero Template is the empty text.
type Template struct {
	parts []part
}

// part is a literal text or, if name is set, a reference.
type part struct {
	text, name string
}

var valueName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*([.-][A-Za-z0-9_]+)*$`)

// ValidName reports whether name can name a value: words of letters, digits and underscores, joined by
// dots or dashes ("traveler.mrz1").
func ValidName(name string) bool { return valueName.MatchString(name) }

// ParseTemplate returns the template that text spells.
func ParseTemplate(text string) (Template, error) {
	var t Template
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.parts = append(t.parts, part{text: literal.String()})
			literal.Reset()
		}
	}
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			literal.WriteString(text)
			flush()
			return t, nil
		}
		if strings.HasSuffix(before, "$") {
			literal.WriteString(before + "{")
			text = after
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		if _, secret := SecretName(name); !closed || !secret && !ValidName(name) {
			return Template{}, fmt.Errorf("%q is no reference: want ${name}, ${secret:name}, or $${ for a literal ${", "${"+shorten(after))
		}
		literal.WriteString(before)
		flush()
		t.parts = append(t.parts, part{name: name})
		text = rest
	}
}

// shorten cuts text for an error message.
func shorten(text string) string {
	const most = 24
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// Names returns the names that the template refers to, sorted, each once.
func (t Template) Names() []string {
	var names []string
	for _, p := range t.parts {
		if p.name != "" {
			names = append(names, p.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Expand returns the text with every reference replaced by what replace returns for its name. before is
// the text so far, for a replacement that depends on its place.
func (t Template) Expand(replace func(name, before string) (string, error)) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		value, err := replace(p.name, b.String())
		if err != nil {
			return "", err
		}
		b.WriteString(value)
	}
	return b.String(), nil
}
