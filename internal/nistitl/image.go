package nistitl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// The fields of a Type-14 record that Image holds.
const (
	fieldImpression  = 3
	fieldSource      = 4
	fieldCaptured    = 5
	fieldWidth       = 6
	fieldHeight      = 7
	fieldScale       = 8
	fieldAcross      = 9
	fieldDown        = 10
	fieldCompression = 11
	fieldDepth       = 12
	fieldFinger      = 13
)

const (
	uncompressed   = "NONE"
	maxSide        = 0xffff
	mostFinger     = 15
	mostImpression = 29
)

// check returns what is wrong with an image; nil if nothing is.
func (i *Image) check() error {
	switch {
	case i == nil:
		return errors.New("it has no image")
	case i.Width < 1 || i.Width > maxSide || i.Height < 1 || i.Height > maxSide:
		return fmt.Errorf("an image of %d by %d: want 1 to %d", i.Width, i.Height, maxSide)
	case i.Finger < 0 || i.Finger > mostFinger || i.Impression < 0 || i.Impression > mostImpression:
		return fmt.Errorf("finger %d, impression %d: want at most %d and %d", i.Finger, i.Impression, mostFinger, mostImpression)
	case len(i.Data) == 0 || i.Compression == "" && len(i.Data) != i.Width*i.Height:
		return fmt.Errorf("an image of %d by %d in %d bytes", i.Width, i.Height, len(i.Data))
	}
	return nil
}

// A Type-4 record is binary: the length in four bytes, ID, impression, six fingers, resolution, width and height in
// two bytes each, compression, and then the image.
const (
	headOfType4 = 18
	noFinger    = 255
	wsq         = "WSQ20"
)

// appendType4 appends a Type-4 record, written.
func appendType4(to []byte, r Record) ([]byte, error) {
	i := r.Image
	compression := byte(0)
	switch {
	case len(r.Fields) > 0 || i.Source != "" || i.Captured != "":
		return nil, errors.New("a Type-4 record has no fields, no source and no day")
	case i.Compression == wsq:
		compression = 1
	case i.Compression != "":
		return nil, fmt.Errorf("compression %.20q: want none or %s", i.Compression, wsq)
	}
	to = binary.BigEndian.AppendUint32(to, uint32(headOfType4+len(i.Data)))
	to = append(to, byte(r.ID), byte(i.Impression), byte(i.Finger), noFinger, noFinger, noFinger, noFinger, noFinger, 0)
	to = binary.BigEndian.AppendUint16(to, uint16(i.Width))
	to = binary.BigEndian.AppendUint16(to, uint16(i.Height))
	to = append(to, compression)
	return append(to, i.Data...), nil
}

// readType4 reads a Type-4 record and returns what follows it.
func readType4(data []byte) (Record, []byte, error) {
	if len(data) < headOfType4 {
		return Record{}, nil, errors.New("it breaks off")
	}
	length := int64(binary.BigEndian.Uint32(data))
	if length <= headOfType4 || length > int64(len(data)) {
		return Record{}, nil, fmt.Errorf("its length is %d: want one within the file's %d bytes", length, len(data))
	}
	i := &Image{
		Impression: int(data[5]), Finger: int(data[6]), Data: bytes.Clone(data[headOfType4:length]),
		Width: int(binary.BigEndian.Uint16(data[13:])), Height: int(binary.BigEndian.Uint16(data[15:])),
	}
	switch data[17] {
	case 0:
	case 1:
		i.Compression = wsq
	default:
		return Record{}, nil, fmt.Errorf("compression %d: want 0 or 1", data[17])
	}
	if i.Finger == noFinger {
		i.Finger = 0
	}
	return Record{Type: 4, ID: int(data[4]), Image: i}, data[length:], i.check()
}

// appendType14 appends a Type-14 record, written.
func appendType14(to []byte, r Record) ([]byte, error) {
	i := r.Image
	compression := i.Compression
	if compression == "" {
		compression = uncompressed
	}
	t := &tagged{kind: 14, data: i.Data, fields: []Field{idField(r.ID)}}
	for number, text := range []string{
		fieldImpression: strconv.Itoa(i.Impression), fieldSource: i.Source, fieldCaptured: i.Captured,
		fieldWidth: strconv.Itoa(i.Width), fieldHeight: strconv.Itoa(i.Height), fieldScale: "1",
		fieldAcross: pixelsPerInch, fieldDown: pixelsPerInch, fieldCompression: compression, fieldDepth: "8",
		fieldFinger: strconv.Itoa(i.Finger),
	} {
		if number >= fieldImpression {
			t.fields = append(t.fields, Text(number, text))
		}
	}
	for _, f := range r.Fields {
		if f.Number <= fieldFinger {
			return nil, fmt.Errorf("field 14.%03d is the image's", f.Number)
		}
	}
	t.fields = append(t.fields, r.Fields...)
	return t.append(to)
}

// image returns the image of a Type-14 record, and leaves the fields that are not its.
func (t *tagged) image() (*Image, error) {
	i := &Image{Source: t.text(fieldSource), Captured: t.text(fieldCaptured), Compression: t.text(fieldCompression), Data: t.data}
	if i.Compression == uncompressed {
		i.Compression = ""
	}
	for field, part := range map[int]struct {
		into        *int
		least, most int
	}{
		fieldImpression: {&i.Impression, 0, mostImpression}, fieldFinger: {&i.Finger, 0, mostFinger},
		fieldWidth: {&i.Width, 1, maxSide}, fieldHeight: {&i.Height, 1, maxSide},
	} {
		var err error
		if *part.into, err = t.number(field, part.least, part.most); err != nil {
			return nil, err
		}
	}
	var own []Field
	for _, f := range t.fields {
		if f.Number > fieldFinger {
			own = append(own, f)
		}
	}
	t.fields = own
	return i, i.check()
}
