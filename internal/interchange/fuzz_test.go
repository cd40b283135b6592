package interchange_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portolan/internal/interchange"
)

// drawText draws a text of any characters that the syntax can carry, special ones often.
func drawText() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.OneOf(rapid.SampledFrom([]rune("+:?'*. ")), rapid.Rune()), 0, 12, -1).
		Filter(func(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r < ' ' }) < 0 })
}

// drawWord draws a text that is not empty.
func drawWord() *rapid.Generator[string] {
	return drawText().Filter(func(s string) bool { return s != "" && len(s) <= 14 })
}

// drawElement draws an element that does not end with an empty component; nil for none.
func drawElement() *rapid.Generator[interchange.Element] {
	return rapid.Custom(func(t *rapid.T) interchange.Element {
		parts := rapid.SliceOfN(drawText(), 0, 4).Draw(t, "parts")
		if len(parts) == 0 {
			return nil
		}
		return append(parts, drawWord().Draw(t, "last"))
	})
}

func drawSegment() *rapid.Generator[interchange.Segment] {
	return rapid.Custom(func(t *rapid.T) interchange.Segment {
		s := interchange.Segment{Tag: rapid.SampledFrom([]string{"BGM", "RFF", "C2X", "NAD"}).Draw(t, "tag")}
		elements := rapid.SliceOfN(drawElement(), 0, 4).Draw(t, "elements")
		if len(elements) > 0 {
			s.Elements = append(elements, interchange.Element{drawWord().Draw(t, "last")})
		}
		return s
	})
}

func drawGroup(reference string) *rapid.Generator[interchange.Group] {
	return rapid.Custom(func(t *rapid.T) interchange.Group {
		g := interchange.Group{Reference: reference}
		for range rapid.IntRange(1, 3).Draw(t, "messages") {
			g.Messages = append(g.Messages, interchange.Message{
				Reference: drawText().Draw(t, "message"),
				Kind:      interchange.Kind{Type: drawText().Draw(t, "type"), Version: "D", Release: "05B", Agency: "UN", Association: drawText().Draw(t, "association")},
				Segments:  rapid.SliceOfN(drawSegment(), 0, 5).Draw(t, "segments"),
			})
		}
		return g
	})
}

func TestInterchange_RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.Int64Range(0, 40*365*24*60).Draw(t, "minutes")
		want := &interchange.Interchange{
			Sender: drawWord().Draw(t, "sender"), Recipient: drawWord().Draw(t, "recipient"), Control: drawWord().Draw(t, "control"),
			Application: drawText().Draw(t, "application"), Test: rapid.Bool().Draw(t, "test"),
			Prepared: time.Unix(minutes*60, 0).UTC(),
		}
		if rapid.Bool().Draw(t, "grouped") {
			for range rapid.IntRange(1, 3).Draw(t, "groups") {
				want.Groups = append(want.Groups, drawGroup(drawWord().Draw(t, "group")).Draw(t, "group"))
			}
		} else {
			want.Groups = []interchange.Group{drawGroup("").Draw(t, "messages")}
		}
		written, err := want.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		got, err := interchange.Parse(written)
		if err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-want +got of %s\n%s", written, diff)
		}
		found, err := interchange.NewReader(bytes.NewReader(append(written, "UNB"...))).Next()
		if err != nil || !bytes.Equal(found, written) {
			t.Errorf("the reader found %q %v, want %q", found, err, written)
		}
	})
}

// Whatever is parsed can be written, and is then parsed as the same.
func FuzzParse_WhatIsUnderstoodIsKept(f *testing.F) {
	for _, seed := range []string{
		paxlst, "", "UNA", "UNA:+.? '", "UNB+UNOA:4+A+B+261122:1200+1'UNH+1+X'FTX+a??b?'?+?:'UNT+3+1'UNZ+1+1'",
		"UNA|*.! ~UNB*UNOA|1*A*B*20261122|1200*1~UNH*1*X~UNT*2*1~UNZ*1*1~",
		"UNB+UNOA:4+A+B+261122:1200+1'UNG+X+A+B+261122:1200+1'UNH+1+X'UNT+2+1'UNE+1+1'UNG+X+A+B+261122:1200+2'UNH+1+X'UNT+2+1'UNE+1+2'UNZ+2+1'",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := interchange.Parse(data)
		if err != nil {
			return
		}
		if y := first.Prepared.Year(); y < 1969 || y > 2068 {
			return // two digits of a year cannot tell
		}
		written, err := first.Bytes()
		if err != nil {
			if strings.Contains(err.Error(), "want at most") {
				return // what was released needs more room
			}
			t.Fatal(err)
		}
		second, err := interchange.Parse(written)
		if err != nil {
			t.Fatalf("%v in %q", err, written)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("-first +second of %q\n%s", written, diff)
		}
	})
}

// A reader ends, within its bound, whatever comes.
func FuzzReader_Ends(f *testing.F) {
	for _, seed := range []string{paxlst, "UNA:+.? '", "\r\n", "UNB'UNZ'", "UNB'UNZ+'UNB'UNZ+?'"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := interchange.NewReader(bytes.NewReader(data))
		for range len(data) + 1 {
			found, err := r.Next()
			if len(found) > interchange.MaxBytes {
				t.Errorf("got %d bytes", len(found))
			}
			if err != nil {
				return
			}
		}
		t.Error("it goes on and on")
	})
}
