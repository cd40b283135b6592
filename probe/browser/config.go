package browser

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"portolan/probe"
)

// definition is the part "browser" of a step, as a person writes it. Addresses and texts may refer to values as ${name};
// selectors are CSS and are taken as they are.
type definition struct {
	Actions []actionDefinition           `yaml:"actions"`
	Extract map[string]extractDefinition `yaml:"extract"`
	Expect  []string                     `yaml:"expect"`
	// Screenshot allows the agent to keep a picture of the page if the step fails. Fields are blanked in it, and frames,
	// and what Mask names.
	Screenshot bool     `yaml:"screenshot"`
	Mask       []string `yaml:"mask"`
}

// actionDefinition is one thing that a user does: one of the first six.
type actionDefinition struct {
	Open   string `yaml:"open"`   // an address
	Fill   string `yaml:"fill"`   // a field, with
	Choose string `yaml:"choose"` // a list, with one of its options
	Click  string `yaml:"click"`
	Wait   string `yaml:"wait"` // until it is shown, and holds a text if one is given
	Gone   string `yaml:"gone"` // until it is not shown
	With   string `yaml:"with"`
	Text   string `yaml:"text"`
}

// Bounds of a step: one that does more is several.
const (
	maxActs     = 50
	maxSelector = 500
)

// compiler turns a definition into an action and collects its faults.
type compiler struct {
	faults []probe.Fault
	needs  map[string]bool
	gives  map[string]bool
	look   map[string]bool
}

// compile returns the action that d defines, or every fault in it.
func compile(d *definition) (*action, []probe.Fault) {
	c := &compiler{needs: map[string]bool{}, gives: map[string]bool{}, look: map[string]bool{}}
	a := &action{picture: d.Screenshot, mask: d.Mask, acts: c.acts(d.Actions), extracts: c.extracts(d.Extract)}
	a.expects = c.expects(d.Expect) // after the extracts: a step's own values are no needs of it
	for i, selector := range d.Mask {
		c.selector(fmt.Sprintf("mask[%d]", i), selector)
	}
	if len(d.Mask) > 0 && !d.Screenshot {
		c.fault("mask", "masks no screenshot", "screenshot: true beside it")
	}
	a.look = slices.Sorted(maps.Keys(c.look))
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

func (c *compiler) acts(definitions []actionDefinition) []act {
	if len(definitions) == 0 || len(definitions) > maxActs {
		c.fault("actions", fmt.Sprintf("are %d", len(definitions)), fmt.Sprintf("1 to %d of open, fill, choose, click, wait and gone", maxActs))
	}
	var acts []act
	for i, d := range definitions {
		acts = append(acts, c.act(fmt.Sprintf("actions[%d]", i), d))
	}
	return acts
}

func (c *compiler) act(path string, d actionDefinition) act {
	targets := map[Verb]string{Open: d.Open, Fill: d.Fill, Choose: d.Choose, Click: d.Click, Wait: d.Wait, Gone: d.Gone}
	maps.DeleteFunc(targets, func(_ Verb, target string) bool { return target == "" })
	if len(targets) != 1 {
		c.fault(path, fmt.Sprintf("does %d things", len(targets)), "one of open, fill, choose, click, wait and gone")
		return act{}
	}
	var a act
	for verb, target := range targets {
		a.verb, a.name = verb, string(verb)+" "+target
	}
	at := path + "." + string(a.verb)
	if a.verb == Open {
		a.on = c.address(at, targets[Open])
	} else {
		c.selector(at, targets[a.verb])
		a.on = literal(targets[a.verb])
	}
	c.words(path, d, &a)
	return a
}

// words compiles what is typed, chosen or waited for.
func (c *compiler) words(path string, d actionDefinition, a *act) {
	typed := a.verb == Fill || a.verb == Choose
	switch {
	case d.With != "" && !typed:
		c.fault(path+".with", "goes with fill and choose", "no such key")
	case d.With == "" && a.verb == Choose:
		c.fault(path+".with", "is missing", "the value or the label of an option")
	case d.Text != "" && a.verb != Wait:
		c.fault(path+".text", "goes with wait", "no such key")
	case typed:
		a.text, _ = c.template(path+".with", d.With)
		a.secret = secret(a.text)
	default:
		a.text, _ = c.template(path+".text", d.Text)
		c.noSecret(path+".text", a.text)
	}
}

// secret reports whether a text holds a secret.
func secret(t probe.Template) bool {
	return slices.ContainsFunc(t.Names(), func(name string) bool { _, ok := probe.SecretName(name); return ok })
}

// noSecret refuses a secret where it would be seen: in an address, which ends up in logs, or on a page.
func (c *compiler) noSecret(path string, t probe.Template) {
	if secret(t) {
		c.fault(path, "holds a secret", "secrets in fill or choose only")
	}
}

// literal returns the template of a text that refers to nothing.
func literal(text string) probe.Template {
	t, _ := probe.ParseTemplate(strings.ReplaceAll(text, "${", "$${")) // nothing in it begins a reference
	return t
}

func (c *compiler) selector(path, text string) {
	if strings.TrimSpace(text) == "" || len(text) > maxSelector {
		c.fault(path, "is no selector", fmt.Sprintf("a CSS selector like #sign-on, of %d letters at most", maxSelector))
	}
}

// address compiles the address of a page: absolute, or a reference to a value that begins one.
func (c *compiler) address(path, text string) probe.Template {
	const allowed = "an address that begins with http://, https:// or a ${value}"
	t, ok := c.template(path, text)
	if !ok {
		return t
	}
	c.noSecret(path, t)
	sample, _ := t.Expand(func(_, before string) (string, error) {
		if before == "" {
			return "http://x", nil
		}
		return "x", nil
	})
	u, err := url.Parse(sample)
	switch {
	case err != nil:
		c.fault(path, "is not an address", allowed)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		c.fault(path, "is not an absolute address", allowed)
	case u.User != nil:
		c.fault(path, "holds a user", "an address without one")
	}
	return t
}

// extractDefinition says where on the page a value for later steps is: one of the two.
type extractDefinition struct {
	Text  string `yaml:"text"`  // what the first element that matches shows
	Value string `yaml:"value"` // what the first field that matches holds
}

// extract takes one value out of a page.
type extract struct {
	name, selector string
	field          bool
}

// from returns the value; ok is false if no element matches.
func (e extract) from(seen *Seen) (value string, ok bool) {
	found := seen.Found[e.selector]
	if e.field {
		return found.Value, found.Count > 0
	}
	return strings.TrimSpace(found.Text), found.Count > 0
}

// extracts compiles the part "extract", sorted by name.
func (c *compiler) extracts(definitions map[string]extractDefinition) []extract {
	var all []extract
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		path, d := "extract."+name, definitions[name]
		if !probe.ValidName(name) {
			c.fault(path, "cannot name a value", "words of letters and digits, joined by dots or dashes")
		}
		if (d.Text == "") == (d.Value == "") {
			c.fault(path, "has not one source", "text or value, with a selector")
		}
		c.gives[name] = true
		e := extract{name: name, selector: d.Text + d.Value, field: d.Value != ""}
		c.look[e.selector] = true
		all = append(all, e)
	}
	return all
}
