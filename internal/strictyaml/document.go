package strictyaml

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Bounds on what a file may make the decoder do.
const (
	maxDepth  = 32  // levels of nesting
	maxKey    = 128 // bytes of a key
	maxFaults = 100 // the last says that there are more
)

// Document knows where each value of a decoded file stands, and what was found wrong with it.
type Document struct {
	file    string
	root    *yaml.Node
	faults  Faults
	faulty  map[string]bool     // paths of faults
	refused map[*yaml.Node]bool // values that are reported and not decoded
}

func newDocument(file string) *Document {
	return &Document{file: file, faulty: map[string]bool{}, refused: map[*yaml.Node]bool{}}
}

// At returns where the value at path stands, or the nearest value around it that the file has.
func (d *Document) At(path string) (line, column int) {
	line, column, _ = d.find(path)
	return line, column
}

// Has reports whether the file gives a value at path.
func (d *Document) Has(path string) bool {
	_, _, found := d.find(path)
	return found
}

// Fault returns a fault of the value at path, and does not keep it.
func (d *Document) Fault(path, problem, allowed string) Fault {
	line, column := d.At(path)
	return Fault{d.file, line, column, path, problem, allowed}
}

// Report adds a fault of the value at path, unless a fault of that very value is known already, or the
// value is absent because of a known fault around it: one mistake is worth one complaint.
func (d *Document) Report(path, problem, allowed string) {
	line, column, found := d.find(path)
	if d.faulty[path] || !found && d.faultAround(path) {
		return
	}
	d.add(line, column, path, problem, allowed)
}

func (d *Document) faultAround(path string) bool {
	for path != "" {
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
		if d.faulty[path] {
			return true
		}
	}
	return false
}

// ReportError adds err as a fault of the value at path. An error of the form "problem: want ..." says what
// is allowed.
func (d *Document) ReportError(path string, err error) {
	problem, allowed, found := strings.Cut(err.Error(), ": want ")
	if found {
		allowed = "want " + allowed
	}
	d.Report(path, problem, allowed)
}

// Faulty reports whether a fault of the value at path, or of one in it, is known.
func (d *Document) Faulty(path string) bool {
	for at := range d.faulty {
		rest, inside := strings.CutPrefix(at, path)
		if inside && (rest == "" || path == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// Faults returns every fault so far, sorted; nil if there are none.
func (d *Document) Faults() Faults { return slices.Clone(d.faults).Sort() }

func (d *Document) add(line, column int, path, problem, allowed string) {
	switch {
	case d.full():
		return
	case len(d.faults) == maxFaults-1:
		path, problem, allowed = "", "more faults follow", "mend these first"
	}
	d.faulty[path] = true
	d.faults = append(d.faults, Fault{d.file, line, column, path, problem, allowed})
}

// full reports whether enough faults are known; more work would find nothing that is shown.
func (d *Document) full() bool { return len(d.faults) >= maxFaults }

// inspect reports what is wrong whatever the file is decoded into.
func (d *Document) inspect(n *yaml.Node, path string, depth int) {
	if problem, allowed := unwanted(n, depth); problem != "" {
		d.refused[n] = true
		d.add(n.Line, n.Column, path, problem, allowed)
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		d.inspectMapping(n, path, depth)
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.inspect(item, itemPath(path, i), depth+1)
		}
	}
}

func unwanted(n *yaml.Node, depth int) (problem, allowed string) {
	switch {
	case depth > maxDepth:
		return "nested too deep", fmt.Sprintf("want at most %d levels", maxDepth)
	case n.Kind == yaml.AliasNode:
		return "alias *" + n.Value, "want the value itself"
	case n.Anchor != "":
		return "anchor &" + n.Anchor, "want the value without an anchor"
	case n.Style&yaml.TaggedStyle != 0:
		return "tag " + n.Tag, "want the value without a tag"
	default:
		return "", ""
	}
}

func (d *Document) inspectMapping(n *yaml.Node, path string, depth int) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		line, twice := first[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || len(key.Value) > maxKey:
			d.refused[key] = true
			d.add(key.Line, key.Column, path, "a key that is no word", fmt.Sprintf("want a word of at most %d letters", maxKey))
		case twice:
			d.refused[key] = true
			d.add(key.Line, key.Column, keyPath(path, key.Value), "duplicate key", fmt.Sprintf("the first is on line %d", line))
		default:
			first[key.Value] = key.Line
			d.inspect(value, keyPath(path, key.Value), depth+1)
		}
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// syntaxError is how yaml.v3 words a syntax error; it leaves the line out when it is the first.
var syntaxError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (d *Document) syntax(data []byte, err error) {
	line, problem := 1, err.Error()
	if m := syntaxError.FindStringSubmatch(problem); m != nil {
		problem = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	if tab, column := tabIndent(data); tab > 0 {
		d.add(tab, column, "", "a tab in the indentation", "want spaces")
		return
	}
	d.add(line, firstColumn(data, line), "", "syntax: "+problem, "")
}

// tabIndent returns where the first tab in any line's indentation is; the line is 0 if there is none.
func tabIndent(data []byte) (line, column int) {
	line = 1
	for text := range bytes.Lines(data) {
		if indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]; bytes.IndexByte(indent, '\t') >= 0 {
			return line, 1 + bytes.IndexByte(indent, '\t')
		}
		line++
	}
	return 0, 0
}

// firstColumn returns where the text of a line begins.
func firstColumn(data []byte, line int) int {
	for text := range bytes.Lines(data) {
		if line--; line == 0 {
			return 1 + len(text) - len(bytes.TrimLeft(text, " "))
		}
	}
	return 1
}
