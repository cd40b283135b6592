package strictyaml

import (
	"reflect"
	"strings"
)

// field is a struct's field that a key names.
type field struct {
	key      string
	value    reflect.Value
	required bool
	given    bool
}

// fields is what a mapping may hold when it is decoded into a struct.
type fields struct {
	named  []field
	others map[string]Value // takes the remaining keys; nil if there may be none
}

func (f fields) keys() []string {
	keys := make([]string, len(f.named))
	for i, named := range f.named {
		keys[i] = named.key
	}
	return keys
}

// fieldsOf lists the fields of a struct. A field without a yaml tag is not decoded: a file's keys are an
// interface and are spelled out.
func fieldsOf(into reflect.Value) fields {
	var found fields
	for i := range into.NumField() {
		tag, tagged := into.Type().Field(i).Tag.Lookup("yaml")
		key, option, _ := strings.Cut(tag, ",")
		value := into.Field(i)
		switch {
		case !tagged || key == "-":
		case option == "inline":
			inner := fieldsOf(value)
			found.named = append(found.named, inner.named...)
		case option == "others":
			found.others = map[string]Value{}
			value.Set(reflect.ValueOf(found.others))
		default:
			found.named = append(found.named, field{key: key, value: value, required: option == "required"})
		}
	}
	return found
}
