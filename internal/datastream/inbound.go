package datastream

import (
	"fmt"
	"strings"
)

// Inbound is what a terminal sends when a key is pressed.
type Inbound struct {
	Key    AID
	Fields []Typed // in the order of the screen
}

// Typed is a modified field.
type Typed struct {
	Row, Column int // of its first place; 0 on a screen without fields
	Text        string
}

// ParseInbound reads a record of a terminal of the usual size. The answer to a query is a key of its own kind,
// without fields.
func ParseInbound(record []byte) (Inbound, error) {
	if len(record) == 0 {
		return Inbound{}, errShort
	}
	in := Inbound{Key: AID(record[0])}
	switch {
	case in.Key.short() || in.Key == aidStructured:
		return in, nil
	case !in.Key.known() && in.Key != AIDNone:
		return Inbound{}, fmt.Errorf("a record that begins with %#x, which is no key", record[0])
	case len(record) < 3:
		return Inbound{}, errShort
	}
	return in.fields(record[3:])
}

func (in Inbound) fields(rest []byte) (Inbound, error) {
	typed := Typed{}
	if len(rest) > 0 && rest[0] != orderSetBufferAddress {
		return in.add(typed, rest)
	}
	for len(rest) > 0 {
		if len(rest) < 3 {
			return Inbound{}, errShort
		}
		address := addressOf(rest[1], rest[2])
		if address >= usualRows*usualColumns {
			return Inbound{}, fmt.Errorf("address %d lies beyond the screen", address)
		}
		typed.Row, typed.Column = address/usualColumns+1, address%usualColumns+1
		text := rest[3:]
		end := strings.IndexByte(string(text), orderSetBufferAddress)
		if end < 0 {
			end = len(text)
		}
		var err error
		if in, err = in.add(typed, text[:end]); err != nil {
			return Inbound{}, err
		}
		rest = text[end:]
	}
	return in, nil
}

func (in Inbound) add(typed Typed, text []byte) (Inbound, error) {
	for _, b := range text {
		if b < blank && b != null {
			return Inbound{}, fmt.Errorf("order %#x in a field", b)
		}
	}
	typed.Text = strings.TrimRight(Decode(text), " ")
	in.Fields = append(in.Fields, typed)
	return in, nil
}

// Field returns what was typed into the field that begins at a place; empty if nothing was.
func (in Inbound) Field(row, column int) string {
	for _, f := range in.Fields {
		if f.Row == row && f.Column == column {
			return f.Text
		}
	}
	return ""
}
