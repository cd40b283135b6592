// Package strictyaml decodes the YAML files that people write, and tells them everything that is wrong.
//
// Decode reports all faults of a file at once, each as "file:line:column: path: problem; allowed":
// syntax, unknown and duplicate keys, values of the wrong type, missing values. The caller adds what only
// it can know with [Document.Report]. The package refuses what a hand-written file does not need and an
// attacker would: anchors, aliases, tags, several documents, deep nesting, files over four mebibytes.
//
// Fields are named by `yaml:"key"` tags. `yaml:"key,required"` makes a key mandatory, `yaml:",inline"`
// merges an embedded struct, and `yaml:",others"` on a map[string]Value takes the keys no field names.
// A field that the file does not mention keeps what it held, so defaults are filled in before decoding.
// Scalars are strings, booleans, numbers, [time.Duration] (with days: see [ParseDuration]), [time.Time]
// and whatever implements [encoding.TextUnmarshaler].
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"gopkg.in/yaml.v3"
)

// MaxBytes is the size of the largest file that is read.
const MaxBytes = 4 << 20

// Decode decodes data, the contents of the named file, into the struct or map that into points to. It
// fills in what it can and returns every fault, sorted; the faults are nil if there are none.
func Decode(file string, data []byte, into any) (*Document, Faults) {
	doc := newDocument(file)
	if doc.root = doc.parse(data); doc.root != nil {
		doc.inspect(doc.root, "", 0)
		d := decoder{doc}
		d.value(doc.root, "", reflect.ValueOf(into).Elem())
	}
	return doc, doc.Faults()
}

// DecodeFile reads the file at path and decodes it. The error is of type [Faults] if the file could be
// read but is at fault.
func DecodeFile(path string, into any) (*Document, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	doc, faults := Decode(path, data, into)
	return doc, faults.Err()
}

// readBounded reads at most one byte more than Decode accepts, so that Decode tells what is wrong.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// parse returns the root of the only document in data. An empty file is an empty mapping, so that
// missing keys are what is reported.
func (d *Document) parse(data []byte) *yaml.Node {
	if len(data) > MaxBytes {
		d.add(1, 1, "", fmt.Sprintf("more than %d bytes", MaxBytes), "")
		return nil
	}
	reader := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	switch err := reader.Decode(&first); {
	case errors.Is(err, io.EOF):
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	case err != nil:
		d.syntax(data, err)
		return nil
	}
	switch err := reader.Decode(&second); {
	case err == nil:
		d.add(second.Line, second.Column, "", "a second document", "want one document in a file")
	case !errors.Is(err, io.EOF):
		d.syntax(data, err)
	}
	root := first.Content[0]
	if isNull(root) {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	}
	return root
}
