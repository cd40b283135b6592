package strictyaml

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Kind is the shape of a value in a file.
type Kind uint8

// The kinds.
const (
	Absent Kind = iota // the file does not give the value
	Scalar
	List
	Mapping
)

// String returns the kind as faults name it.
func (k Kind) String() string {
	switch k {
	case Absent:
		return "missing value"
	case Scalar:
		return "single value"
	case List:
		return "list"
	case Mapping:
		return "mapping"
	default:
		return fmt.Sprintf("Kind(%d)", k)
	}
}

// Value is a part of a document that is decoded later, once it is known into what. As the type of a field
// it takes a value of any shape; the zero Value is absent.
type Value struct {
	doc  *Document
	node *yaml.Node
	path string
}

// Kind returns the value's shape.
func (v Value) Kind() Kind {
	if v.node == nil {
		return Absent
	}
	return kindOf(v.node)
}

// Path returns the value's path in its document.
func (v Value) Path() string { return v.path }

// Decode decodes the value into what into points to, and returns the faults of this value. The document
// has them too.
func (v Value) Decode(into any) Faults {
	if v.node == nil {
		return nil
	}
	before := len(v.doc.faults)
	d := decoder{v.doc}
	d.value(v.node, v.path, reflect.ValueOf(into).Elem())
	found := append(Faults(nil), v.doc.faults[before:]...)
	return found.Sort()
}

func kindOf(n *yaml.Node) Kind {
	switch n.Kind {
	case yaml.SequenceNode:
		return List
	case yaml.MappingNode:
		return Mapping
	default:
		return Scalar
	}
}
