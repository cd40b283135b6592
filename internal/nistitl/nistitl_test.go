package nistitl_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/internal/nistitl"
)

// specimen is a file with a record of each type.
func specimen() *nistitl.File {
	print := func(finger int) *nistitl.Image {
		return &nistitl.Image{Finger: finger, Width: 16, Height: 12, Data: nistitl.Pattern(rand.New(rand.NewPCG(1, uint64(finger))), 16, 12)}
	}
	rolled := print(7)
	rolled.Source, rolled.Captured, rolled.Impression = "SYNMON", "20260101", 1
	return &nistitl.File{
		Type: "TEST", Date: "20260101", Destination: "IDENTTEST", Origin: "SYNMON", Control: "SYN000001", Reference: "SYN000000", Domain: "SYNTHETIC",
		Records: []nistitl.Record{
			{Type: 2, ID: 0, Fields: []nistitl.Field{
				nistitl.Text(18, "SYNTHETIC,PROBE"), {Number: 19, Subfields: [][]string{{"A", "B"}, {"C"}}}, nistitl.Text(22, "19800101"),
			}},
			{Type: 4, ID: 1, Image: print(2)},
			{Type: 14, ID: 2, Image: rolled, Fields: []nistitl.Field{nistitl.Text(200, "made, not taken")}},
		},
	}
}

func written(t testing.TB, f *nistitl.File) []byte {
	t.Helper()
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParse_ReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	data := written(t, specimen())
	got, err := nistitl.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data) // what was read is not a part of it
	if diff := cmp.Diff(specimen(), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// The bytes of the form, counted by hand after the standard.
func TestFile_BytesAreTheForm(t *testing.T) {
	t.Parallel()
	f := &nistitl.File{
		Type: "TEST", Date: "20260101", Destination: "IDENTTEST", Origin: "SYNMON", Control: "SYN000001",
		Records: []nistitl.Record{
			{Type: 2, ID: 0, Fields: []nistitl.Field{nistitl.Text(18, "SYNTHETIC,PROBE")}},
			{Type: 4, ID: 1, Image: &nistitl.Image{Finger: 2, Width: 3, Height: 2, Data: []byte("\x00\x1c\x1d\x1e\x1f\xff")}},
		},
	}
	const (
		type1 = "1.001:136\x1d1.002:0500\x1d1.003:1\x1f2\x1e2\x1f00\x1e4\x1f01\x1d1.004:TEST\x1d1.005:20260101\x1d1.007:IDENTTEST\x1d" +
			"1.008:SYNMON\x1d1.009:SYN000001\x1d1.011:19.69\x1d1.012:19.69\x1c"
		type2 = "2.001:40\x1d2.002:00\x1d2.018:SYNTHETIC,PROBE\x1c"
		type4 = "\x00\x00\x00\x18\x01\x00\x02\xff\xff\xff\xff\xff\x00\x00\x03\x00\x02\x00" + "\x00\x1c\x1d\x1e\x1f\xff"
	)
	if got := string(written(t, f)); got != type1+type2+type4 {
		t.Errorf("got  %q\nwant %q", got, type1+type2+type4)
	}
	if len(type1) != 136 || len(type2) != 40 || len(type4) != 0x18 {
		t.Errorf("the records above have %d, %d and %d bytes", len(type1), len(type2), len(type4))
	}
}

// A length counts its own digits, which may make it longer.
func TestFile_LengthsCountThemselves(t *testing.T) {
	t.Parallel()
	for n := range 1200 {
		f := specimen()
		f.Records = []nistitl.Record{{Type: 2, Fields: []nistitl.Field{nistitl.Text(3, strings.Repeat("x", n))}}}
		if _, err := nistitl.Parse(written(t, f)); err != nil {
			t.Fatalf("%d characters: %v", n, err)
		}
	}
}

func TestParse_Faults(t *testing.T) {
	t.Parallel()
	whole := string(written(t, specimen()))
	for _, c := range []struct{ name, old, new, want string }{
		{"empty", whole, "", "record 1: it begins with"},
		{"another-form", whole, "UNB+UNOA:4", "record 1: it begins with"},
		{"length", "1.001:", "1.001:9", "want one within the file's"},
		{"length-of-letters", "1.001:", "1.001:x", "its length is"},
		{"length-too-short", "2.001:", "2.001:1\x1d2.001:", "record 2: its length is"},
		{"end-elsewhere", "SYN000000\x1d", "SYN00000\x1d", "record 1: it does not end where its length says"},
		{"version", "1.002:0500", "1.002:1500", "version"},
		{"no-origin", "1.008:SYNMON", "1.009:SYNMON", "field 1.009 after 009"},
		{"count", "1.003:1\x1f3", "1.003:1\x1f4", "1.003 does not count"},
		{"count-of-another-type", "1.003:1\x1f3", "1.003:2\x1f3", "1.003 does not count"},
		{"unknown-type", "\x1e4\x1f01", "\x1e9\x1f01", "record 3: type 9"},
		{"another-id", "\x1e4\x1f01", "\x1e4\x1f07", "record 3: ID 1: record 1 says 7"},
		{"id-of-letters", "\x1e4\x1f01", "\x1e4\x1f0x", "1.003 tells of a record"},
		{"another-order", "\x1e4\x1f01\x1e14\x1f02", "\x1e14\x1f02\x1e4\x1f01", "record 3: it begins with"},
		{"field-without-number", "2.022:", "2.0x2:", "a field begins with"},
		{"field-of-another-record", "2.022:", "4.022:", "a field begins with"},
		{"fields-out-of-order", "2.022:", "2.018:", "field 2.018 after 019"},
		{"no-width", "14.006:16", "14.006:xx", "record 4: 14.006 is"},
		{"another-height", "14.007:12", "14.007:11", "an image of 16 by 11 in 192 bytes"},
		{"no-such-finger", "14.013:7", "14.013:x", "record 4: 14.013 is"},
		{"more", whole, whole + "x", "1 bytes after the records"},
		{"cut", whole, whole[:len(whole)-1], "record 4: its length is"},
		{"large", whole, whole + strings.Repeat("x", nistitl.MaxBytes), "want at most"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := nistitl.Parse([]byte(strings.Replace(whole, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v %v, want an error with %q", got, err, c.want)
			}
		})
	}
}

func TestParse_FaultsOfType4(t *testing.T) {
	t.Parallel()
	f := specimen()
	f.Records = f.Records[1:2]
	whole := written(t, f)
	begin := bytes.IndexByte(whole, 0x1c) + 1
	for _, c := range []struct {
		name string
		at   int
		to   byte
		want string
	}{
		{"length", 3, 0xff, "its length is 255"},
		{"length-too-short", 3, 18, "its length is 18"},
		{"id", 4, 9, "ID 9: record 1 says 1"},
		{"impression", 5, 30, "impression 30"},
		{"finger", 6, 16, "finger 16"},
		{"width", 14, 17, "an image of 17 by 12"},
		{"no-height", 16, 0, "an image of 16 by 0"},
		{"compression", 17, 2, "compression 2"},
	} {
		broken := bytes.Clone(whole)
		broken[begin+c.at] = c.to
		if _, err := nistitl.Parse(broken); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
	if _, err := nistitl.Parse(whole[:begin+10]); err == nil || !strings.Contains(err.Error(), "it breaks off") {
		t.Errorf("cut: got %v", err)
	}
}

func TestFile_BytesRefusesWhatTheFormCannotCarry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		spoil      func(*nistitl.File)
	}{
		{"no-type", "want a type", func(f *nistitl.File) { f.Type = "" }},
		{"no-record", "0 records", func(f *nistitl.File) { f.Records = nil }},
		{"separator", "record 1: 1.008: a separator", func(f *nistitl.File) { f.Origin = "A\x1dB" }},
		{"another-type", "record 2: type 9", func(f *nistitl.File) { f.Records[0].Type, f.Records[0].Image = 9, f.Records[1].Image }},
		{"id", "record 2: ID 100", func(f *nistitl.File) { f.Records[0].ID = 100 }},
		{"order", "record 2: field 3", func(f *nistitl.File) { f.Records[0].Fields[1].Number = 3 }},
		{"empty-field", "record 2: field 19", func(f *nistitl.File) { f.Records[0].Fields[1].Subfields = nil }},
		{"no-image", "record 3: it has no image", func(f *nistitl.File) { f.Records[1].Image = nil }},
		{"pixels", "record 3: an image of 16 by 12 in 1 bytes", func(f *nistitl.File) { f.Records[1].Image.Data = []byte{0} }},
		{"compression", "record 3: compression", func(f *nistitl.File) { f.Records[1].Image.Compression = "JPEGB" }},
		{"fields-of-type-4", "record 3: a Type-4 record has no fields", func(f *nistitl.File) { f.Records[1].Fields = f.Records[0].Fields }},
		{"image-field", "record 4: field 14.013 is the image's", func(f *nistitl.File) { f.Records[2].Fields[0].Number = 13 }},
		{"large", "want at most", func(f *nistitl.File) {
			f.Records[1].Image = &nistitl.Image{Width: 1100, Height: 1000, Data: make([]byte, 1_100_000)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := specimen()
			c.spoil(f)
			if got, err := f.Bytes(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %d bytes and %v, want an error with %q", len(got), err, c.want)
			}
		})
	}
}

func TestPattern_IsOfItsSource(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) []byte { return nistitl.Pattern(rand.New(rand.NewPCG(seed, 0)), 40, 30) }
	first := draw(1)
	values := map[byte]bool{}
	for _, pixel := range first {
		values[pixel] = true
	}
	if len(first) != 1200 || len(values) < 64 || !bytes.Equal(first, draw(1)) || bytes.Equal(first, draw(2)) {
		t.Errorf("got %d pixels of %d values", len(first), len(values))
	}
}
