package nistitl

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// tagged is a record of tagged fields as it is read and written. Its first field, the length, is not among them.
type tagged struct {
	kind   int
	fields []Field
	data   []byte // of field 999; nil for none
}

const dataField = 999

// text returns the only item of a field; empty if it is not there.
func (t *tagged) text(number int) string {
	for _, f := range t.fields {
		if f.Number == number && len(f.Subfields) > 0 && len(f.Subfields[0]) > 0 {
			return f.Subfields[0][0]
		}
	}
	return ""
}

// number returns a field that is a whole number between bounds.
func (t *tagged) number(field, least, most int) (int, error) {
	n, err := strconv.Atoi(t.text(field))
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%d.%03d is %.20q: want %d to %d", t.kind, field, t.text(field), least, most)
	}
	return n, nil
}

// append appends the record, written.
func (t *tagged) append(to []byte) ([]byte, error) {
	var rest []byte
	for _, f := range t.fields {
		rest = append(rest, groupSeparator)
		rest = append(rest, fmt.Sprintf("%d.%03d:", t.kind, f.Number)...)
		for i, items := range f.Subfields {
			if i > 0 {
				rest = append(rest, recordSep)
			}
			for j, item := range items {
				if strings.IndexFunc(item, isSeparator) >= 0 {
					return nil, fmt.Errorf("%d.%03d: a separator in %.40q", t.kind, f.Number, item)
				}
				if j > 0 {
					rest = append(rest, unitSeparator)
				}
				rest = append(rest, item...)
			}
		}
	}
	if t.data != nil {
		rest = append(rest, groupSeparator)
		rest = append(rest, fmt.Sprintf("%d.%03d:", t.kind, dataField)...)
		rest = append(rest, t.data...)
	}
	rest = append(rest, fileSeparator)
	to = append(to, withLength(fmt.Sprintf("%d.001:", t.kind), len(rest))...)
	return append(to, rest...), nil
}

// withLength returns the length field of a record with so many bytes after it: the length counts its own digits.
func withLength(tag string, rest int) string {
	total := len(tag) + rest + 1
	for len(tag)+len(strconv.Itoa(total))+rest != total {
		total++
	}
	return tag + strconv.Itoa(total)
}

func isSeparator(r rune) bool { return r >= fileSeparator && r <= unitSeparator }

// readTagged reads a record of tagged fields and returns what follows it.
func readTagged(kind int, data []byte) (*tagged, []byte, error) {
	prefix := fmt.Sprintf("%d.001:", kind)
	if !bytes.HasPrefix(data, []byte(prefix)) {
		return nil, nil, fmt.Errorf("it begins with %.8q: want %s", data, prefix)
	}
	digits, _, found := bytes.Cut(data[len(prefix):], []byte{groupSeparator})
	length, err := strconv.Atoi(string(digits))
	begin := len(prefix) + len(digits) + 1
	if !found || err != nil || length <= begin || length > len(data) {
		return nil, nil, fmt.Errorf("its length is %.12q: want one within the file's %d bytes", digits, len(data))
	}
	if data[length-1] != fileSeparator {
		return nil, nil, errors.New("it does not end where its length says")
	}
	t := &tagged{kind: kind}
	return t, data[length:], t.read(data[begin : length-1])
}

// read reads the fields between the length and the end of the record.
func (t *tagged) read(data []byte) error {
	prefix := fmt.Sprintf("%d.", t.kind)
	for last := 1; ; {
		number, value, err := fieldOf(prefix, data)
		switch {
		case err != nil:
			return err
		case number <= last || len(t.fields) == maxFields:
			return fmt.Errorf("field %s%03d after %03d: want each once, in order, at most %d", prefix, number, last, maxFields)
		case number == dataField:
			t.data = bytes.Clone(value)
			return nil
		}
		value, rest, more := bytes.Cut(value, []byte{groupSeparator})
		if bytes.IndexByte(value, fileSeparator) >= 0 {
			return fmt.Errorf("field %s%03d holds the end of a record", prefix, number)
		}
		t.fields = append(t.fields, Field{number, split(string(value))})
		if !more {
			return nil
		}
		last, data = number, rest
	}
}

// fieldOf returns the number of the field that begins data, and what follows its tag.
func fieldOf(prefix string, data []byte) (number int, value []byte, err error) {
	tag, value, found := bytes.Cut(data, []byte{':'})
	digits, ours := strings.CutPrefix(string(tag), prefix)
	number, err = strconv.Atoi(digits)
	if !found || !ours || err != nil || len(digits) < 3 || number < 1 || number > dataField {
		return 0, nil, fmt.Errorf("a field begins with %.12q: want %sNNN and a colon", data, prefix)
	}
	return number, value, nil
}

func split(value string) [][]string {
	var subfields [][]string
	for _, subfield := range strings.Split(value, string(rune(recordSep))) {
		subfields = append(subfields, strings.Split(subfield, string(rune(unitSeparator))))
	}
	return subfields
}
