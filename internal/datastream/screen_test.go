package datastream

import (
	"fmt"
	"strings"
	"testing"
)

// show applies records to a new screen.
func show(t *testing.T, records ...string) *Screen {
	t.Helper()
	s := NewScreen(model2(t))
	for _, record := range records {
		if _, err := s.Apply([]byte(record)); err != nil {
			t.Fatalf("apply % X: %v", record, err)
		}
	}
	return s
}

const (
	eraseWrite = "\xF5\xC3" // unlocks the keyboard
	write      = "\xF1\xC3"
	atRow2     = "\x11\xC1\x50" // row 2, column 1
	hello      = "\xC8\xC5\xD3\xD3\xD6"
)

func TestScreen_Orders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, record, row1, row2 string }{
		{"text", eraseWrite + hello, "HELLO", ""},
		{"address", eraseWrite + atRow2 + hello, "", "HELLO"},
		{"address-of-14-bits", eraseWrite + "\x11\x00\x50" + hello, "", "HELLO"},
		{"local-command", "\x05\xC3" + hello, "HELLO", ""},
		{"field", eraseWrite + "\x1D\x60" + hello, " HELLO", ""},
		{"hidden-field", eraseWrite + "\x1D\x6C" + hello + "\x1D\x60" + hello, "       HELLO", ""},
		{"extended-field", eraseWrite + "\x29\x02\xC0\x60\x42\xF2" + hello, " HELLO", ""},
		{"attribute-of-characters", eraseWrite + "\x28\x42\xF2" + hello, "HELLO", ""},
		{"repeat", eraseWrite + "\x3C" + "\x40\xC3" + "\x5C" + hello, "***HELLO", ""},
		{"repeat-all", eraseWrite + "\x3C" + "\x40\x40" + "\x5C" + hello, "HELLO" + strings.Repeat("*", 75), strings.Repeat("*", 80)},
		{"graphic-escape", eraseWrite + "\x08\x5C" + hello, " HELLO", ""},
		{"tab", eraseWrite + hello + "\x1D\x40" + "\x11\x40\x40" + "\x05" + hello, "HELLO HELLO", ""},
		{"tab-behind-text", eraseWrite + hello + hello + "\x1D\x40" + "\x11\x40\x40" + "\xC1\x05" + hello, "A          HELLO", ""},
		{"erase-unprotected", eraseWrite + "\x1D\x60" + hello + "\x1D\x40" + hello + "\x11\x40\x40" + "\x12\xC1\x50", " HELLO", ""},
		{"modify-field", eraseWrite + "\x1D\x6C" + hello + "\x11\x40\x40" + "\x2C\x01\xC0\x60", " HELLO", ""},
		{"wraps", eraseWrite + "\x11\x5D\x7F" + hello, "ELLO", ""},
		{"outbound-structured-field", "\xF3\x00\x0A\x40\x00" + eraseWrite + "\xC8\xC5\xD3" + "\xD3", "HELL", ""},
		{"no-command", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := show(t, c.record)
			if s.Row(1) != c.row1 || s.Row(2) != c.row2 {
				t.Errorf("got %q and %q, want %q and %q", s.Row(1), s.Row(2), c.row1, c.row2)
			}
		})
	}
}

func TestScreen_RefusesWhatIsNoRecord(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{
		"unknown-command": "\x99", "address-beyond": eraseWrite + "\x11\x5E\x40", "short-address": eraseWrite + "\x11\x40",
		"short-field": eraseWrite + "\x1D", "short-extended": eraseWrite + "\x29\x02\xC0", "short-repeat": eraseWrite + "\x3C\x40\x40",
		"short-structured-field": "\xF3\x00", "structured-field-beyond": "\xF3\x00\x09\x40\x00", "nested": "\xF3\x00\x06\x40\x00\xF3",
	} {
		if _, err := NewScreen(model2(t)).Apply([]byte(record)); err == nil {
			t.Errorf("%s: % X was taken", name, record)
		}
	}
}

func TestScreen_KeyboardWaitsForTheHost(t *testing.T) {
	t.Parallel()
	s := show(t, "\xF5\x40"+hello)
	if !s.Locked() {
		t.Error("a write that does not unlock unlocked")
	}
	if err := s.Type(1, 1, "X"); err == nil {
		t.Error("a locked keyboard took text")
	}
	if _, err := s.Apply([]byte(write)); err != nil || s.Locked() {
		t.Errorf("after the unlocking: locked %v, %v", s.Locked(), err)
	}
	if s.Press(AIDEnter); !s.Locked() {
		t.Error("a key that sends left the keyboard unlocked")
	}
}

func TestScreen_TypesIntoFields(t *testing.T) {
	t.Parallel()
	form := eraseWrite + "\x1D\x60" + hello + "\x1D\x40" + "\xE7\xE7\xE7\xE7" + "\x1D\x60" // " HELLO XXXX "
	s := show(t, form)
	row, column, ok := s.FieldAfter(1, 1)
	if !ok || row != 1 || column != 8 {
		t.Fatalf("the first field is at %d,%d %v, want 1,8", row, column, ok)
	}
	if err := s.Type(row, column, "AB"); err != nil {
		t.Fatal(err)
	}
	if got := s.Row(1); got != " HELLO AB" {
		t.Errorf("got %q: typing clears the rest of the field", got)
	}
	if got, want := s.Press(AIDPF3), "\xF3\x40\xC9\x11\x40\xC7\xC1\xC2"; string(got) != want {
		t.Errorf("sent % X, want % X", got, want)
	}
	s = show(t, form)
	for name, err := range map[string]error{
		"too-long": s.Type(1, 8, "ABCDE"), "protected": s.Type(1, 2, "A"), "attribute": s.Type(1, 7, "A"),
		"beyond": s.Type(25, 1, "A"), "no-such-character": s.Type(1, 8, "Ω"),
	} {
		if err == nil {
			t.Errorf("%s was typed", name)
		}
	}
}

func TestScreen_SendsWithoutFields(t *testing.T) {
	t.Parallel()
	s := show(t, eraseWrite)
	if err := s.Type(1, 1, "LOGON"); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Press(AIDEnter), "\x7D\x40\xC5\xD3\xD6\xC7\xD6\xD5"; string(got) != want {
		t.Errorf("sent % X, want % X", got, want)
	}
	if got := s.Press(AIDClear); string(got) != "\x6D" || s.String() != "" {
		t.Errorf("CLEAR sent % X and left %q", got, s)
	}
}

func TestScreen_EraseAllUnprotected(t *testing.T) {
	t.Parallel()
	s := show(t, "\xF5\x40"+"\x1D\x60"+hello+"\x1D\x41"+hello, "\x6F")
	if got := s.Row(1); got != " HELLO" || s.Locked() {
		t.Errorf("got %q, locked %v", got, s.Locked())
	}
	if got := s.Press(AIDEnter); string(got) != "\x7D\x40\xC7" {
		t.Errorf("sent % X: nothing is modified, the cursor is in the field", got)
	}
}

func TestScreen_AlternateSize(t *testing.T) {
	t.Parallel()
	model, err := ParseModel("IBM-3278-5")
	if err != nil {
		t.Fatal(err)
	}
	s := NewScreen(model)
	if _, err := s.Apply([]byte("\x7E\xC3" + "\x11\x0D\xEB" + "\xC8")); err != nil { // the last place of 27 x 132
		t.Fatal(err)
	}
	if rows, columns := s.Size(); rows != 27 || columns != 132 || s.At(27, 132, 5) != "H" {
		t.Errorf("%d x %d, the last place shows %q", rows, columns, s.At(27, 132, 5))
	}
}

func TestScreen_AnswersQueries(t *testing.T) {
	t.Parallel()
	s := NewScreen(model2(t))
	if reply, err := s.Apply([]byte("\xF3\x00\x05\x01\xFF\x02")); err != nil || string(reply) != "\x88\x00\x04\x81\xFF" {
		t.Errorf("query: got % X %v, want the null reply", reply, err)
	}
	if reply, err := s.Apply([]byte("\xF6")); err != nil || string(reply) != "\x60\x40\x40" {
		t.Errorf("read modified: got % X %v", reply, err)
	}
}

func TestScreen_FindsText(t *testing.T) {
	t.Parallel()
	s := show(t, eraseWrite+"\x4A\x40"+hello+atRow2+"\x40"+hello) // a cent sign, two bytes in UTF-8
	for _, c := range []struct {
		row        int
		text, want string
	}{
		{0, "HELLO", "1 3 true"}, {2, "HELLO", "2 2 true"}, {3, "HELLO", "0 0 false"}, {0, "hello", "0 0 false"},
	} {
		row, column, ok := s.Find(c.row, c.text)
		if got := fmt.Sprint(row, column, ok); got != c.want {
			t.Errorf("%q in row %d: got %s, want %s", c.text, c.row, got, c.want)
		}
	}
	if s.At(2, 2, 300) != "HELLO"+strings.Repeat(" ", 74) || s.At(0, 1, 1) != "" || s.At(1, 81, 1) != "" || s.Row(99) != "" {
		t.Error("places beyond the screen show something, or those on it nothing")
	}
}
