package strictyaml

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// isScalar reports whether values of type t are spelled as one word of a file.
func isScalar(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(textType) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	default:
		return false
	}
}

// wanted says what a value of type t looks like in a file.
func wanted(t reflect.Type) string {
	switch {
	case t == durationType:
		return "want " + durationForm
	case t == timeType:
		return "want " + timeForm
	case reflect.PointerTo(t).Implements(textType):
		return wantedText(t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.String:
		return "want text"
	case reflect.Bool:
		return "want true or false"
	case reflect.Float32, reflect.Float64:
		return "want a number"
	case reflect.Slice:
		return "want a list"
	case reflect.Map, reflect.Struct:
		return "want a mapping"
	case reflect.Interface:
		return "want a value"
	default:
		return wantedNumber(t)
	}
}

// wantedText learns what a type that reads itself wants from how it refuses nothing.
func wantedText(t reflect.Type) string {
	err := reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText(nil)
	if err != nil {
		if _, want, found := strings.Cut(err.Error(), ": want "); found {
			return "want " + want
		}
	}
	return "want a word"
}

const timeForm = "a time such as 2026-01-31T08:00:00-05:00"

func wantedNumber(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "want a whole number"
	case reflect.Uint, reflect.Uint64:
		return "want a whole number, not negative"
	case reflect.Int8, reflect.Int16, reflect.Int32:
		limit := int64(1) << (t.Bits() - 1)
		return fmt.Sprintf("want a whole number from %d to %d", -limit, limit-1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return fmt.Sprintf("want a whole number from 0 to %d", uint64(1)<<t.Bits()-1)
	default:
		panic(fmt.Sprintf("strictyaml: cannot decode into %s", t))
	}
}

// setScalar sets into from a scalar node. An error of the form "problem: want ..." says what is allowed.
func setScalar(n *yaml.Node, into reflect.Value) error {
	t := into.Type()
	switch {
	case t == durationType:
		d, err := ParseDuration(n.Value)
		into.SetInt(int64(d))
		return err
	case t == timeType:
		at, err := time.Parse(time.RFC3339, n.Value)
		if err != nil {
			return fmt.Errorf("%q: want %s", n.Value, timeForm)
		}
		into.Set(reflect.ValueOf(at))
		return nil
	case reflect.PointerTo(t).Implements(textType):
		return into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value))
	case t.Kind() == reflect.String:
		// Numbers and the like are taken as they are spelled: a port may be called 2504.
		into.SetString(n.Value)
		return nil
	}
	switch {
	case quoted(n):
		return fmt.Errorf("the text %.40q: %s", n.Value, wanted(t))
	case !setNumber(n, into):
		return fmt.Errorf("%.40q: %s", n.Value, wanted(t))
	default:
		return nil
	}
}

func quoted(n *yaml.Node) bool {
	return n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

// setNumber sets a boolean or a number. Only plain decimal forms are taken: YAML reads 010 as eight and
// on as true, and the people who write these files do not.
func setNumber(n *yaml.Node, into reflect.Value) bool {
	bits := 0
	if into.Kind() != reflect.Bool {
		bits = into.Type().Bits()
	}
	switch into.Kind() {
	case reflect.Bool:
		into.SetBool(n.Value == "true")
		return n.Value == "true" || n.Value == "false"
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, bits)
		into.SetFloat(f)
		return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(n.Value, 10, bits)
		into.SetUint(u)
		return err == nil
	default:
		i, err := strconv.ParseInt(n.Value, 10, bits)
		into.SetInt(i)
		return err == nil
	}
}

// freeScalar chooses the type for a scalar that may be of any. Dates stay text.
func freeScalar(n *yaml.Node) reflect.Type {
	switch n.Tag {
	case "!!bool":
		return reflect.TypeFor[bool]()
	case "!!int":
		return reflect.TypeFor[int64]()
	case "!!float":
		return reflect.TypeFor[float64]()
	default:
		return reflect.TypeFor[string]()
	}
}
