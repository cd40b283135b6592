package strictyaml

import (
	"encoding"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

var (
	valueType    = reflect.TypeFor[Value]()
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// decoder fills Go values from nodes that Document.inspect has seen. What that refused is passed over.
type decoder struct{ doc *Document }

func (d decoder) value(n *yaml.Node, path string, into reflect.Value) {
	switch t := into.Type(); {
	case t == valueType:
		into.Set(reflect.ValueOf(Value{d.doc, n, path}))
	case d.doc.refused[n]:
	case isNull(n):
		d.doc.Report(path, "no value", wanted(t))
	case t.Kind() == reflect.Pointer:
		if into.IsNil() {
			into.Set(reflect.New(t.Elem()))
		}
		d.value(n, path, into.Elem())
	case isScalar(t):
		d.scalarNode(n, path, into)
	case t.Kind() == reflect.Interface:
		d.free(n, path, into)
	case t.Kind() == reflect.Slice:
		d.list(n, path, into)
	case t.Kind() == reflect.Map:
		d.mapping(n, path, into)
	default:
		d.structure(n, path, into)
	}
}

func (d decoder) scalarNode(n *yaml.Node, path string, into reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		d.doc.Report(path, "a "+kindOf(n).String(), wanted(into.Type()))
		return
	}
	if err := setScalar(n, into); err != nil {
		d.doc.ReportError(path, err)
	}
}

func (d decoder) list(n *yaml.Node, path string, into reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.doc.Report(path, describe(n), wanted(into.Type()))
		return
	}
	items := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, itemPath(path, i), items.Index(i))
	}
	into.Set(items)
}

func (d decoder) mapping(n *yaml.Node, path string, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.doc.Report(path, describe(n), wanted(into.Type()))
		return
	}
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	for key, node := range d.pairs(n) {
		k, v := reflect.New(into.Type().Key()).Elem(), reflect.New(into.Type().Elem()).Elem()
		at := keyPath(path, key.Value)
		d.scalarNode(key, at, k)
		d.value(node, at, v)
		into.SetMapIndex(k, v)
	}
}

func (d decoder) structure(n *yaml.Node, path string, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.doc.Report(path, describe(n), wanted(into.Type()))
		return
	}
	known := fieldsOf(into)
	for key, node := range d.pairs(n) {
		at := keyPath(path, key.Value)
		i := slices.IndexFunc(known.named, func(f field) bool { return f.key == key.Value })
		switch {
		case i >= 0:
			known.named[i].given = true
			d.value(node, at, known.named[i].value)
		case known.others != nil:
			known.others[key.Value] = Value{d.doc, node, at}
		default:
			d.doc.add(key.Line, key.Column, at, "unknown key", Suggest(key.Value, known.keys()))
			if meant, ok := nearest(key.Value, known.keys()); ok {
				d.doc.faulty[keyPath(path, meant)] = true // its absence is the same mistake
			}
		}
	}
	for _, f := range known.named {
		if f.required && !f.given {
			d.doc.Report(keyPath(path, f.key), "missing", wanted(f.value.Type()))
		}
	}
}

// pairs yields the keys and values of a mapping that were not refused.
func (d decoder) pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if d.doc.full() || !d.doc.refused[key] && !yield(key, n.Content[i+1]) {
				return
			}
		}
	}
}

// free decodes into an any: text, whole numbers, numbers, booleans, []any and map[string]any.
func (d decoder) free(n *yaml.Node, path string, into reflect.Value) {
	var v reflect.Value
	switch {
	case into.NumMethod() > 0:
		panic(fmt.Sprintf("strictyaml: cannot decode into %s", into.Type()))
	case n.Kind == yaml.SequenceNode:
		v = reflect.New(reflect.TypeFor[[]any]()).Elem()
		d.list(n, path, v)
	case n.Kind == yaml.MappingNode:
		v = reflect.New(reflect.TypeFor[map[string]any]()).Elem()
		d.mapping(n, path, v)
	default:
		v = reflect.New(freeScalar(n)).Elem()
		d.scalarNode(n, path, v)
	}
	into.Set(v)
}

// describe names what a node is, with the text of a short scalar.
func describe(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return fmt.Sprintf("%.40q", n.Value)
	}
	return "a " + kindOf(n).String()
}
