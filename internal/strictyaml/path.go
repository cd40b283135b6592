package strictyaml

import (
	"iter"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// plainKey is a key that a path shows as it is.
var plainKey = regexp.MustCompile(`^[^.\[\]"\s]+$`)

func keyPath(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

func itemPath(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// cutPath cuts a path after its first segment. An item's segment is its number in brackets.
func cutPath(path string) (key string, item bool, rest string) {
	path = strings.TrimPrefix(path, ".")
	if inner, bracket := strings.CutPrefix(path, "["); bracket {
		if quoted, err := strconv.QuotedPrefix(inner); err == nil {
			key, _ = strconv.Unquote(quoted)
			return key, false, strings.TrimPrefix(inner[len(quoted):], "]")
		}
		number, rest, _ := strings.Cut(inner, "]")
		return number, true, rest
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	return path[:end], false, path[end:]
}

// find returns where the value at path stands; if the file has none, where the nearest value around it
// does. A mapping or list stands at its key, as people see it.
func (d *Document) find(path string) (line, column int, found bool) {
	line, column = 1, 1
	if d.root == nil {
		return line, column, false
	}
	node := d.root
	for path != "" {
		key, item, rest := cutPath(path)
		at, value := child(node, key, item)
		if value == nil {
			return line, column, false
		}
		line, column, node, path = at.Line, at.Column, value, rest
	}
	return line, column, true
}

// Texts yields the path and text of every single value, in the order of the file.
func (d *Document) Texts() iter.Seq2[string, string] {
	return func(yield func(path, text string) bool) {
		if d.root != nil {
			d.texts(d.root, "", yield)
		}
	}
}

func (d *Document) texts(n *yaml.Node, path string, yield func(path, text string) bool) bool {
	if d.refused[n] {
		return true
	}
	switch n.Kind {
	case yaml.MappingNode:
		for key, value := range (decoder{d}).pairs(n) {
			if !d.texts(value, keyPath(path, key.Value), yield) {
				return false
			}
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			if !d.texts(item, itemPath(path, i), yield) {
				return false
			}
		}
	default:
		return yield(path, n.Value)
	}
	return true
}

// child returns a node's value by key or number, and the node that says where it stands.
func child(n *yaml.Node, key string, item bool) (at, value *yaml.Node) {
	if item && n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	if item || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		switch {
		case name.Kind != yaml.ScalarNode || name.Value != key:
		case value.Kind != yaml.ScalarNode || isNull(value):
			return name, value
		default:
			return value, value
		}
	}
	return nil, nil
}
