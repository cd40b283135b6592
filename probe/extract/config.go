package extract

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"portolan/probe"
)

// definition is the part "extract" of a step, as a person writes it: a file or a program. Paths, arguments and the
// texts of "find" and "sha256" may refer to values as ${name}.
type definition struct {
	File     string          `yaml:"file"`     // an absolute path or file:///
	Limit    string          `yaml:"limit"`    // the most that the file may hold: 1GiB
	SHA256   string          `yaml:"sha256"`   // the checksum in hexadecimal
	Checksum string          `yaml:"checksum"` // instead of sha256: a file that begins with it, as sha256sum writes one
	Made     *madeDefinition `yaml:"made"`
	MaxAge   time.Duration   `yaml:"max_age"` // data older than this are stale
	Rows     string          `yaml:"rows"`    // a regular expression on the first line; its first group is how many lines follow
	Find     *findDefinition `yaml:"find"`

	Program string   `yaml:"program"` // an absolute path or file:///
	Args    []string `yaml:"args"`
	Ready   string   `yaml:"ready"`  // what the program must print: a text; it is ended then. Without it, it must end by itself with success
	Memory  string   `yaml:"memory"` // the most that the program may have: 512MiB
}

// madeDefinition is where in the first line it stands when the data were made.
type madeDefinition struct {
	Pattern string `yaml:"pattern"` // a regular expression; its first group is the time
	Layout  string `yaml:"layout"`  // as package time of Go spells one: 2006-01-02T15:04:05Z07:00
}

// findDefinition is a line that the file must hold, and how it goes on.
type findDefinition struct {
	Line   string `yaml:"line"`   // what the line begins with
	Expect string `yaml:"expect"` // what follows in it
}

// Defaults and bounds.
const (
	defaultLimit  = 1 << 30
	maxLimit      = 64 << 30
	defaultMemory = 512 << 20
	minMemory     = 16 << 20
	maxMemory     = 8 << 30
	maxArgs       = 50
)

// compiler turns a definition into an action and collects its faults.
type compiler struct {
	faults []probe.Fault
	needs  map[string]bool
}

// compile returns the action that d defines, or every fault in it.
func compile(d *definition) (*action, []probe.Fault) {
	c := &compiler{needs: map[string]bool{}}
	a := &action{}
	if (d.File == "") == (d.Program == "") {
		c.fault("", "names neither a file nor a program, or both", "file or program")
	}
	if d.File != "" {
		a.file = c.file(d)
	} else if d.Limit+d.SHA256+d.Checksum+d.Rows != "" || d.Made != nil || d.Find != nil || d.MaxAge != 0 {
		c.fault("", "says of a file what it does not name", "limit, sha256, checksum, made, max_age, rows and find beside file")
	}
	if d.Program != "" {
		a.program = c.program(d)
	} else if len(d.Args) > 0 || d.Ready+d.Memory != "" {
		c.fault("", "says of a program what it does not name", "args, ready and memory beside program")
	}
	a.needs = slices.Sorted(maps.Keys(c.needs))
	return a, c.faults
}

func (c *compiler) fault(path, problem, allowed string) {
	c.faults = append(c.faults, probe.Fault{Path: path, Problem: problem, Allowed: allowed})
}

// template compiles a text with references to values. A secret would stand in the list of processes or in a message.
func (c *compiler) template(path, text string) probe.Template {
	t, err := probe.ParseTemplate(text)
	if err != nil {
		c.fault(path, "holds a ${ that begins no reference", "${name}, or $${ for a literal ${")
		return t
	}
	for _, name := range t.Names() {
		c.needs[name] = true
		if _, secret := probe.SecretName(name); secret {
			c.fault(path, "holds a secret", "values that are no secrets")
		}
	}
	return t
}

// path compiles a path: absolute, or a reference to a value that begins one.
func (c *compiler) path(at, text string) probe.Template {
	t := c.template(at, text)
	sample, _ := t.Expand(func(_, before string) (string, error) { // no stand-in fails
		if before == "" {
			return "file:///C:/x", nil // absolute on every system
		}
		return "x", nil
	})
	// C:\PALS is absolute on Windows alone, and definitions are checked on every system.
	if _, err := pathOf(sample); err != nil && sample != "" && !windowsPath.MatchString(sample) {
		c.fault(at, "is no absolute path", "an absolute path, file:/// or a ${value} that begins one")
	}
	return t
}

var windowsPath = regexp.MustCompile(`^([A-Za-z]:[\\/]|\\\\)`)

func (c *compiler) file(d *definition) *file {
	f := &file{path: c.path("file", d.File), limit: c.size("limit", d.Limit, defaultLimit, 1, maxLimit), maxAge: d.MaxAge}
	switch {
	case d.SHA256 != "" && d.Checksum != "":
		c.fault("checksum", "stands beside sha256", "one of them")
	case d.SHA256 != "":
		sum := c.template("sha256", d.SHA256)
		f.sum = &sum
		if len(sum.Names()) == 0 && !sumForm.MatchString(d.SHA256) {
			c.fault("sha256", "is no SHA-256", "64 hexadecimal digits, or a ${value}")
		}
	case d.Checksum != "":
		sumFile := c.path("checksum", d.Checksum)
		f.sumFile = &sumFile
	}
	f.made, f.layout = c.made(d)
	f.rows = c.pattern("rows", d.Rows)
	if d.Find != nil {
		f.find = &find{line: c.template("find.line", d.Find.Line), expect: c.template("find.expect", d.Find.Expect)}
		if d.Find.Line == "" {
			c.fault("find.line", "is empty", "what the line begins with")
		}
	}
	return f
}

func (c *compiler) made(d *definition) (*regexp.Regexp, string) {
	if d.MaxAge < 0 || d.MaxAge > 0 && d.Made == nil {
		c.fault("max_age", "cannot be judged", "more than 0s, beside made")
	}
	if d.Made == nil {
		return nil, ""
	}
	layout := d.Made.Layout
	if layout == "" {
		layout = time.RFC3339
	}
	day := time.Date(2021, 7, 9, 0, 0, 0, 0, time.UTC)
	if back, err := time.Parse(layout, day.Format(layout)); err != nil || !back.Equal(day) {
		c.fault("made.layout", "does not spell a day", "one like 2006-01-02T15:04:05Z07:00")
	}
	if d.Made.Pattern == "" {
		c.fault("made.pattern", "is missing", `an expression such as made=(\S+)`)
	}
	return c.pattern("made.pattern", d.Made.Pattern), layout
}

// pattern compiles an expression whose first group is what counts; nil for none.
func (c *compiler) pattern(at, source string) *regexp.Regexp {
	if source == "" {
		return nil
	}
	pattern, err := regexp.Compile(source)
	switch {
	case err != nil:
		c.fault(at, "is not a regular expression: "+err.Error(), "RE2 syntax, https://golang.org/s/re2syntax")
	case pattern.NumSubexp() == 0:
		c.fault(at, "has no group", "parentheses around what counts")
	}
	return pattern
}

func (c *compiler) program(d *definition) *program {
	p := &program{path: c.path("program", d.Program), ready: c.template("ready", d.Ready), memory: c.size("memory", d.Memory, defaultMemory, minMemory, maxMemory)}
	if len(d.Args) > maxArgs {
		c.fault("args", fmt.Sprintf("has %d entries", len(d.Args)), fmt.Sprintf("at most %d", maxArgs))
	}
	for i, arg := range d.Args {
		p.args = append(p.args, c.template(fmt.Sprintf("args[%d]", i), arg))
	}
	return p
}

var (
	sizeForm = regexp.MustCompile(`^([0-9]{1,9})(B|KiB|MiB|GiB)$`)
	sumForm  = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

func (c *compiler) size(at, text string, usual, least, most int64) int64 {
	if text == "" {
		return usual
	}
	allowed := fmt.Sprintf("a size from %d to %d bytes, like 64MiB", least, most)
	parts := sizeForm.FindStringSubmatch(text)
	if parts == nil {
		c.fault(at, fmt.Sprintf("is %.40q", text), allowed)
		return usual
	}
	size, _ := strconv.ParseInt(parts[1], 10, 64) // nine digits at most
	size <<= map[string]int{"B": 0, "KiB": 10, "MiB": 20, "GiB": 30}[parts[2]]
	if size < least || size > most {
		c.fault(at, "is "+text, allowed)
	}
	return size
}
