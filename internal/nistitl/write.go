package nistitl

import (
	"fmt"
	"strconv"
)

// version is that of ANSI/NIST-ITL 1-2011.
const version = "0500"

// The fields of a Type-1 record.
const (
	fieldVersion     = 2
	fieldContents    = 3
	fieldType        = 4
	fieldDate        = 5
	fieldDestination = 7
	fieldOrigin      = 8
	fieldControl     = 9
	fieldReference   = 10
	fieldNative      = 11
	fieldNominal     = 12
	fieldDomain      = 13
)

// Bytes returns the file as it is sent. The error says what the form cannot carry.
func (f *File) Bytes() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("write file: %w", err)
	}
	data, err := f.header().append(nil)
	if err != nil {
		return nil, fmt.Errorf("write file: record 1: %w", err)
	}
	for n, r := range f.Records {
		if data, err = r.append(data); err != nil {
			return nil, fmt.Errorf("write file: record %d: %w", n+2, err)
		}
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("write file: %d bytes: want at most %d", len(data), MaxBytes)
	}
	return data, nil
}

func (f *File) check() error {
	if f.Type == "" || f.Date == "" || f.Destination == "" || f.Origin == "" || f.Control == "" {
		return fmt.Errorf("want a type, a date, a destination, an origin and a control number")
	}
	if n := len(f.Records); n == 0 || n >= maxRecords {
		return fmt.Errorf("%d records: want 1 to %d", n, maxRecords-1)
	}
	return nil
}

// header returns the Type-1 record.
func (f *File) header() *tagged {
	contents := [][]string{{"1", strconv.Itoa(len(f.Records))}}
	resolution := "00.00"
	for _, r := range f.Records {
		contents = append(contents, []string{strconv.Itoa(r.Type), idText(r.ID)})
		if r.Type == 4 {
			resolution = pixelsPerMM
		}
	}
	t := &tagged{kind: 1, fields: []Field{
		Text(fieldVersion, version), {fieldContents, contents}, Text(fieldType, f.Type), Text(fieldDate, f.Date),
		Text(fieldDestination, f.Destination), Text(fieldOrigin, f.Origin), Text(fieldControl, f.Control),
	}}
	if f.Reference != "" {
		t.fields = append(t.fields, Text(fieldReference, f.Reference))
	}
	t.fields = append(t.fields, Text(fieldNative, resolution), Text(fieldNominal, resolution))
	if f.Domain != "" {
		t.fields = append(t.fields, Field{fieldDomain, [][]string{{f.Domain, ""}}})
	}
	return t
}

func idText(id int) string { return fmt.Sprintf("%02d", id) }

func idField(id int) Field { return Text(2, idText(id)) }

// append appends the record, written.
func (r Record) append(to []byte) ([]byte, error) {
	if r.ID < 0 || r.ID > 99 {
		return nil, fmt.Errorf("ID %d: want 0 to 99", r.ID)
	}
	for i, f := range r.Fields {
		if f.Number < 3 || f.Number >= dataField || i > 0 && f.Number <= r.Fields[i-1].Number || len(f.Subfields) == 0 {
			return nil, fmt.Errorf("field %d: want 3 to 998, each once, in order, with something in it", f.Number)
		}
	}
	if r.Type == 2 {
		t := &tagged{kind: 2, fields: append([]Field{idField(r.ID)}, r.Fields...)}
		return t.append(to)
	}
	if err := r.Image.check(); err != nil {
		return nil, err
	}
	switch r.Type {
	case 4:
		return appendType4(to, r)
	case 14:
		return appendType14(to, r)
	default:
		return nil, fmt.Errorf("type %d: want 2, 4 or 14", r.Type)
	}
}
