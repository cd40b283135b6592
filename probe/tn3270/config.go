package tn3270

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

// definition is the part "tn3270" of a step, as a person writes it. The texts "connect", "after" and "text" may
// refer to values as ${name}; what is typed may also refer to secrets as ${secret:name}. Rows and columns count from 1.
type definition struct {
	Connect  string                       `yaml:"connect"`  // where the host is: host:port, telnet://host or telnets://host
	Terminal string                       `yaml:"terminal"` // what the terminal says it is: IBM-3278-2
	TLS      probe.TLSDefinition          `yaml:"tls"`
	Type     []typeDefinition             `yaml:"type"`
	Press    string                       `yaml:"press"`  // ENTER, CLEAR, PA1 to PA3, PF1 to PF24
	Closes   bool                         `yaml:"closes"` // the host hangs up: that is the right answer
	Wait     *lookDefinition              `yaml:"wait"`   // the screen that must come; without it, the first that unlocks the keyboard
	Errors   []errorDefinition            `yaml:"errors"`
	Expect   []lookDefinition             `yaml:"expect"`
	Capture  map[string]captureDefinition `yaml:"capture"`
}

// typeDefinition is text for a field: the first one behind a text on the screen, or the one at a place.
type typeDefinition struct {
	After  string `yaml:"after"`
	Row    int    `yaml:"row"`
	Column int    `yaml:"column"`
	Text   string `yaml:"text"`
}

// lookDefinition is what a screen must show: a text, or what a regular expression matches. Without a column
// anywhere in the row, without a row anywhere.
type lookDefinition struct {
	Row     int    `yaml:"row"`
	Column  int    `yaml:"column"`
	Text    string `yaml:"text"`
	Pattern string `yaml:"pattern"`
	Absent  bool   `yaml:"absent"` // must not show
}

// errorDefinition is what a screen shows that tells of an error.
type errorDefinition struct {
	Row     int    `yaml:"row"`
	Column  int    `yaml:"column"`
	Text    string `yaml:"text"`
	Pattern string `yaml:"pattern"`
	Kind    string `yaml:"kind"` // status, or credential where the host refuses the user
}

// captureDefinition is where on the screen a value for later steps is.
type captureDefinition struct {
	Row     int    `yaml:"row"`
	Column  int    `yaml:"column"`
	Length  int    `yaml:"length"`
	Pattern string `yaml:"pattern"` // instead of column and length; its first group, if it has one
}

// The largest screen that a terminal may have.
const maxRow, maxColumn = 43, 132

// compiler turns a definition into an action and collects its faults.
type compiler struct {
	faults []probe.Fault
	needs  map[string]bool
}

// compile returns the action that d defines, or every fault in it.
func compile(d *definition) (*action, []probe.Fault) {
	c := &compiler{needs: map[string]bool{}}
	a := &action{connect: c.connection(d), typed: c.entries(d.Type), press: c.key(d), closes: d.Closes}
	if d.Wait != nil {
		wait := c.look("wait", *d.Wait)
		a.wait = &wait
	}
	if d.Closes && (d.Connect != "" || d.Wait != nil) {
		c.fault("closes", "goes with a screen that is waited for", "closes with press, without connect and wait")
	}
	for i, e := range d.Errors {
		a.errors = append(a.errors, c.trouble(fmt.Sprintf("errors[%d]", i), e))
	}
	for i, e := range d.Expect {
		a.expects = append(a.expects, c.look(fmt.Sprintf("expect[%d]", i), e))
	}
	a.captures = c.captures(d.Capture)
	a.needs = slices.Sorted(maps.Keys(c.needs))
	a.gives = slices.Sorted(maps.Keys(d.Capture))
	return a, c.faults
}

func (c *compiler) fault(path, problem, allowed string) {
	c.faults = append(c.faults, probe.Fault{Path: path, Problem: problem, Allowed: allowed})
}

// template compiles a text with references to values.
func (c *compiler) template(path, text string) probe.Template {
	t := c.typed(path, text)
	for _, name := range t.Names() {
		if _, secret := probe.SecretName(name); secret {
			c.fault(path, "holds a secret", "secrets only in a text that is typed")
		}
	}
	return t
}

// typed compiles a text with references to values and secrets.
func (c *compiler) typed(path, text string) probe.Template {
	t, err := probe.ParseTemplate(text)
	if err != nil {
		c.fault(path, "holds a ${ that begins no reference", "${name}, ${secret:name}, or $${ for a literal ${")
		return t
	}
	for _, name := range t.Names() {
		c.needs[name] = true
	}
	return t
}

// connection compiles how the terminal reaches its host; nil for a step that does not connect.
func (c *compiler) connection(d *definition) *connection {
	switch {
	case d.Connect == "" && d.Press == "":
		c.fault("", "neither connects nor presses a key", "connect or press")
		return nil
	case d.Connect == "":
		if d.Terminal != "" || d.TLS != (probe.TLSDefinition{}) {
			c.fault("", "says how to connect, and does not", "terminal and tls beside connect")
		}
		return nil
	case d.Press != "" || len(d.Type) > 0:
		c.fault("connect", "goes with a key or text", "a step that connects, and another that types and presses")
	}
	made := &connection{address: c.template("connect", d.Connect), secure: d.TLS.Compile(c.fault)}
	c.checkAddress(made.address)
	terminal := d.Terminal
	if terminal == "" {
		terminal = "IBM-3278-2"
	}
	var err error
	if made.model, err = datastream.ParseModel(terminal); err != nil {
		c.fault("terminal", fmt.Sprintf("is %.40q", terminal), "IBM-3278-2 to IBM-3278-5 or IBM-3279-2 to IBM-3279-5, -E behind or not")
	}
	return made
}

// checkAddress checks an address with stand-ins for its values.
func (c *compiler) checkAddress(t probe.Template) {
	address, _ := t.Expand(func(_, before string) (string, error) { // no stand-in fails
		if before == "" {
			return "host:23", nil
		}
		return "1", nil
	})
	if _, _, err := parseAddress(address); err != nil && address != "" { // an empty one was no template
		c.fault("connect", "is no address of a terminal's host", wantAddress)
	}
}

func (c *compiler) key(d *definition) datastream.AID {
	if d.Press == "" {
		if len(d.Type) > 0 && d.Connect == "" {
			c.fault("press", "is missing", "the key that sends what is typed")
		}
		return datastream.AIDNone
	}
	key, err := datastream.ParseAID(d.Press)
	if err != nil {
		c.fault("press", fmt.Sprintf("is %.20q", d.Press), "ENTER, CLEAR, PA1 to PA3 or PF1 to PF24")
	}
	return key
}

func (c *compiler) entries(defs []typeDefinition) []entry {
	var all []entry
	for i, d := range defs {
		at := fmt.Sprintf("type[%d]", i)
		e := entry{row: d.Row, column: d.Column, text: c.typed(at+".text", d.Text)}
		placed := d.Row != 0 || d.Column != 0
		switch {
		case placed == (d.After != ""):
			c.fault(at, "says not where, or twice", "after, or row and column")
		case placed && (d.Row < 1 || d.Column < 1):
			c.fault(at, "names half a place", "row and column, counted from 1")
		}
		c.checkPlace(at, d.Row, d.Column)
		e.after = c.template(at+".after", d.After)
		all = append(all, e)
	}
	return all
}

func (c *compiler) checkPlace(at string, row, column int) {
	if row < 0 || row > maxRow {
		c.fault(at+".row", fmt.Sprintf("is %d", row), fmt.Sprintf("1 to %d", maxRow))
	}
	if column < 0 || column > maxColumn {
		c.fault(at+".column", fmt.Sprintf("is %d", column), fmt.Sprintf("1 to %d", maxColumn))
	}
}

func (c *compiler) look(at string, d lookDefinition) look {
	l := look{row: d.Row, column: d.Column, absent: d.Absent, pattern: c.pattern(at, d.Pattern), text: c.template(at+".text", d.Text)}
	c.checkPlace(at, d.Row, d.Column)
	switch {
	case (d.Text == "") == (d.Pattern == ""):
		c.fault(at, "looks for nothing, or for two things", "text or pattern")
	case d.Column != 0 && (d.Row == 0 || d.Pattern != ""):
		c.fault(at+".column", "goes with a row and a text", "row, column and text")
	}
	return l
}

func (c *compiler) pattern(at, source string) *regexp.Regexp {
	if source == "" {
		return nil
	}
	pattern, err := regexp.Compile(source)
	if err != nil {
		c.fault(at+".pattern", "is not a regular expression: "+err.Error(), "RE2 syntax, https://golang.org/s/re2syntax")
	}
	return pattern
}

func (c *compiler) trouble(at string, d errorDefinition) trouble {
	t := trouble{c.look(at, lookDefinition{d.Row, d.Column, d.Text, d.Pattern, false}), portolan.KindStatus}
	switch d.Kind {
	case "", "status":
	case "credential":
		t.kind = portolan.KindCredential
	default:
		c.fault(at+".kind", fmt.Sprintf("is %.20q", d.Kind), "status or credential")
	}
	return t
}

// captures compiles the part "capture", sorted by name.
func (c *compiler) captures(defs map[string]captureDefinition) []capture {
	var all []capture
	for _, name := range slices.Sorted(maps.Keys(defs)) {
		at, d := "capture."+name, defs[name]
		if !probe.ValidName(name) {
			c.fault(at, "cannot name a value", "words of letters and digits, joined by dots or dashes")
		}
		c.checkPlace(at, d.Row, d.Column)
		placed := d.Row > 0 && d.Column > 0 && d.Length > 0
		if placed == (d.Pattern != "") || !placed && (d.Column != 0 || d.Length != 0) {
			c.fault(at, "says not where, or twice", "row, column and length, or pattern")
		}
		all = append(all, capture{name, d.Row, d.Column, d.Length, c.pattern(at, d.Pattern)})
	}
	return all
}
