package nistitl_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portolan/internal/nistitl"
)

// drawItem draws a text that a field can carry.
func drawItem(least int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return r < 0x1c || r > 0x1f }), least, 12, -1)
}

func drawFields(from int) *rapid.Generator[[]nistitl.Field] {
	return rapid.Custom(func(t *rapid.T) []nistitl.Field {
		var fields []nistitl.Field
		for number := from; ; number++ {
			if number += rapid.IntRange(0, 400).Draw(t, "gap"); number > 998 {
				return fields
			}
			items := rapid.SliceOfN(drawItem(0), 1, 3)
			fields = append(fields, nistitl.Field{Number: number, Subfields: rapid.SliceOfN(items, 1, 3).Draw(t, "subfields")})
		}
	})
}

func drawRecord() *rapid.Generator[nistitl.Record] {
	return rapid.Custom(func(t *rapid.T) nistitl.Record {
		r := nistitl.Record{Type: rapid.SampledFrom([]int{2, 4, 14}).Draw(t, "type"), ID: rapid.IntRange(0, 99).Draw(t, "id")}
		if r.Type == 2 {
			r.Fields = drawFields(3).Draw(t, "fields")
			return r
		}
		i := &nistitl.Image{
			Finger: rapid.IntRange(0, 15).Draw(t, "finger"), Impression: rapid.IntRange(0, 29).Draw(t, "impression"),
			Width: rapid.IntRange(1, 9).Draw(t, "width"), Height: rapid.IntRange(1, 9).Draw(t, "height"),
			Compression: rapid.SampledFrom([]string{"", "WSQ20"}).Draw(t, "compression"),
		}
		size := i.Width * i.Height
		i.Data = rapid.SliceOfN(rapid.OneOf(rapid.Byte(), rapid.ByteRange(0x1c, 0x1f)), size, size).Draw(t, "data")
		if r.Type == 14 {
			i.Source, i.Captured = drawItem(1).Draw(t, "source"), drawItem(1).Draw(t, "captured")
			r.Fields = drawFields(14).Draw(t, "fields")
		}
		r.Image = i
		return r
	})
}

func TestFile_RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := &nistitl.File{
			Type: drawItem(1).Draw(t, "type"), Date: drawItem(1).Draw(t, "date"), Destination: drawItem(1).Draw(t, "destination"),
			Origin: drawItem(1).Draw(t, "origin"), Control: drawItem(1).Draw(t, "control"), Reference: drawItem(0).Draw(t, "reference"),
			Domain: drawItem(0).Draw(t, "domain"), Records: rapid.SliceOfN(drawRecord(), 1, 4).Draw(t, "records"),
		}
		data, err := want.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		got, err := nistitl.Parse(data)
		if err != nil {
			t.Fatalf("%v in %q", err, data)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-want +got of %q\n%s", data, diff)
		}
	})
}

// Whatever is parsed can be written, and is then parsed as the same.
func FuzzParse_WhatIsUnderstoodIsKept(f *testing.F) {
	f.Add(written(f, specimen()))
	one := specimen()
	one.Records = one.Records[1:2]
	f.Add(written(f, one))
	f.Add([]byte(""))
	f.Add([]byte("1.001:9\x1d1.002:0500\x1c"))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := nistitl.Parse(data)
		if err != nil {
			return
		}
		written, err := first.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		second, err := nistitl.Parse(written)
		if err != nil {
			t.Fatalf("%v in %q", err, written)
		}
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-first +second of %q\n%s", written, diff)
		}
	})
}

// A file is written and read.
func Example() {
	file := nistitl.File{
		Type: "TEST", Date: "20260101", Destination: "IDENTTEST", Origin: "SYNMON", Control: "SYN000001",
		Records: []nistitl.Record{{Type: 4, ID: 1, Image: &nistitl.Image{Finger: 2, Width: 2, Height: 1, Data: []byte{0, 255}}}},
	}
	data, err := file.Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := nistitl.Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(data), "bytes,", read.Type, "finger", read.Records[0].Image.Finger)
	// Output: 151 bytes, TEST finger 2
}
