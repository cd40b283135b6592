package nistitl

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Parse returns the file that data is. What its Type-1 record says of the others must hold: how many there are, of
// which type, with which ID.
func Parse(data []byte) (*File, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("parse file: %d bytes: want at most %d", len(data), MaxBytes)
	}
	header, rest, err := readTagged(1, data)
	if err != nil {
		return nil, fmt.Errorf("parse file: record 1: %w", err)
	}
	f, contents, err := fileOf(header)
	if err != nil {
		return nil, fmt.Errorf("parse file: record 1: %w", err)
	}
	for n, expected := range contents {
		var r Record
		if r, rest, err = readRecord(expected.kind, rest); err != nil {
			return nil, fmt.Errorf("parse file: record %d: %w", n+2, err)
		}
		if r.ID != expected.id {
			return nil, fmt.Errorf("parse file: record %d: ID %d: record 1 says %d", n+2, r.ID, expected.id)
		}
		f.Records = append(f.Records, r)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("parse file: %d bytes after the records that record 1 tells of", len(rest))
	}
	return f, nil
}

// content is what a Type-1 record says of another one.
type content struct{ kind, id int }

var versionForm = regexp.MustCompile(`^0[2-5][0-9]{2}$`)

func fileOf(t *tagged) (*File, []content, error) {
	f := &File{
		Type: t.text(fieldType), Date: t.text(fieldDate), Destination: t.text(fieldDestination), Origin: t.text(fieldOrigin),
		Control: t.text(fieldControl), Reference: t.text(fieldReference), Domain: t.text(fieldDomain),
	}
	if !versionForm.MatchString(t.text(fieldVersion)) {
		return nil, nil, fmt.Errorf("version %.8q: want 0200 to 0599", t.text(fieldVersion))
	}
	if f.Type == "" || f.Date == "" || f.Destination == "" || f.Origin == "" || f.Control == "" {
		return nil, nil, errors.New("want a type, a date, a destination, an origin and a control number")
	}
	contents, err := contentsOf(t)
	return f, contents, err
}

// contentsOf reads 1.003: a first subfield that counts the others, which are types and IDs.
func contentsOf(t *tagged) ([]content, error) {
	var list [][]string
	for _, field := range t.fields {
		if field.Number == fieldContents {
			list = field.Subfields
		}
	}
	if len(list) < 2 || len(list) > maxRecords || len(list[0]) != 2 || list[0][0] != "1" || list[0][1] != strconv.Itoa(len(list)-1) {
		return nil, fmt.Errorf("1.003 does not count its records, 1 to %d", maxRecords-1)
	}
	var contents []content
	for _, items := range list[1:] {
		if len(items) != 2 {
			return nil, errors.New("1.003: want a type and an ID for each record")
		}
		kind, kindErr := strconv.Atoi(items[0])
		id, idErr := strconv.Atoi(items[1])
		if kindErr != nil || idErr != nil || id < 0 || id > 99 {
			return nil, fmt.Errorf("1.003 tells of a record of type %.8q with ID %.8q", items[0], items[1])
		}
		contents = append(contents, content{kind, id})
	}
	return contents, nil
}

// readRecord reads a record of one type, and returns what follows it.
func readRecord(kind int, data []byte) (Record, []byte, error) {
	switch kind {
	case 2, 14:
	case 4:
		return readType4(data)
	default:
		return Record{}, nil, fmt.Errorf("type %d: want 2, 4 or 14", kind)
	}
	t, rest, err := readTagged(kind, data)
	if err != nil {
		return Record{}, nil, err
	}
	r := Record{Type: kind}
	if r.ID, err = t.number(2, 0, 99); err != nil {
		return Record{}, nil, err
	}
	if kind == 14 {
		if r.Image, err = t.image(); err != nil {
			return Record{}, nil, err
		}
		r.Fields = t.fields
		return r, rest, nil
	}
	if t.data != nil {
		return Record{}, nil, errors.New("a Type-2 record holds no data")
	}
	r.Fields = t.fields[1:] // the first is the ID: fields are in order, and it was there
	return r, rest, nil
}
