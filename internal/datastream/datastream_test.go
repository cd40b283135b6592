package datastream

import (
	"bytes"
	"strings"
	"testing"
)

// model2 is the usual display.
func model2(t testing.TB) Model {
	t.Helper()
	model, err := ParseModel("IBM-3278-2")
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// The addresses are from the tables of IBM's GA23-0059: row 2 begins at C1 50, the last place is 5D 7F.
func TestAddress_AsIBMSpellsIt(t *testing.T) {
	t.Parallel()
	for address, want := range map[int]string{0: "\x40\x40", 1: "\x40\xC1", 80: "\xC1\x50", 1919: "\x5D\x7F", 4095: "\x7F\x7F", 4096: "\x10\x00"} {
		got := putAddress(nil, address)
		if string(got) != want {
			t.Errorf("%d: got % X, want % X", address, got, want)
		}
		if back := addressOf(got[0], got[1]); back != address {
			t.Errorf("%d: read back as %d", address, back)
		}
	}
	if got := addressOf(0x07, 0x7F); got != 1919 {
		t.Errorf("14 bits: got %d, want 1919", got)
	}
}

func TestText_IsCodePage037(t *testing.T) {
	t.Parallel()
	if got, want := Encode("AZ az 09 <$@"), []byte("\xC1\xE9\x40\x81\xA9\x40\xF0\xF9\x40\x4C\x5B\x7C"); !bytes.Equal(got, want) {
		t.Errorf("got % X, want % X", got, want)
	}
	if got := Decode([]byte("\xC1\x00\x13\x81")); got != "A  a" {
		t.Errorf("got %q", got)
	}
	for text, want := range map[string]bool{"ERIKSSON": true, "Müller": true, "Ω": false, "a\nb": false, "\x9f": false} {
		if got := Encodable(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestParseAID_Names(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]AID{"ENTER": 0x7D, "pf3": 0xF3, "PF10": 0x7A, "PF24": 0x4C, "CLEAR": 0x6D, "PA2": 0x6E} {
		got, err := ParseAID(name)
		if err != nil || got != want {
			t.Errorf("%s: got %#x %v, want %#x", name, byte(got), err, byte(want))
		}
		if got.String() != strings.ToUpper(name) {
			t.Errorf("%s: spelled %s", name, got)
		}
	}
	if _, err := ParseAID("PF25"); err == nil {
		t.Error("PF25 is a key")
	}
}

func TestParseModel_Sizes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Model{
		"IBM-3278-2": {"IBM-3278-2", 24, 80}, "IBM-3279-4-E": {"IBM-3279-4-E", 43, 80}, "IBM-3278-5": {"IBM-3278-5", 27, 132},
	} {
		if got, err := ParseModel(name); err != nil || got != want {
			t.Errorf("%s: got %v %v, want %v", name, got, err, want)
		}
	}
	for _, name := range []string{"", "VT100", "IBM-3278-9", "IBM-3278-", "IBM-3278-2-E-E"} {
		if got, err := ParseModel(name); err == nil {
			t.Errorf("%q: got %v", name, got)
		}
	}
}
