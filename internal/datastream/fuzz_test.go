package datastream

import (
	"strings"
	"testing"
)

// Whatever a host writes, the screen keeps its size, and what it sends back is what a host can read.
func FuzzScreen_AnyRecord(f *testing.F) {
	for _, seed := range []string{
		eraseWrite + hello, eraseWrite + "\x1D\x40" + hello + "\x05\x12\x40\x40\x3C\x40\x40\x5C", "\x7E\xC3\x29\x02\xC0\x40\x42\xF2",
		"\x6F", "\xF6", "\xF3\x00\x05\x01\xFF\x02\x00\x04\x03\x80\x00\x00\x40\x00\xF1\xC3\x13", eraseWrite + "\x2C\x01\xC0\x40\x28\x00\x00\x08\x41",
		eraseWrite + "\x1D\x40" + hello + "\x05\x3C\x40\x40\x11", // fills with what is no character
	} {
		f.Add([]byte(seed), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		if len(first)+len(second) > 2048 {
			return // long ones take their time, and do nothing that short ones do not
		}
		s := NewScreen(model2(t))
		for _, record := range [][]byte{first, second} {
			if _, err := s.Apply(record); err != nil {
				continue
			}
		}
		if rows, columns := s.Size(); len(s.cells) != rows*columns || s.cursor >= len(s.cells) {
			t.Fatalf("%d cells, %d x %d, cursor %d", len(s.cells), rows, columns, s.cursor)
		}
		_ = s.String()
		if row, column, ok := s.FieldAfter(1, 1); ok && !s.Locked() {
			_ = s.Type(row, column, "X")
		}
		if in, err := ParseInbound(s.Press(AIDEnter)); err != nil {
			t.Errorf("the host reads %+v: %v", in, err)
		}
	})
}

// Whatever a terminal sends, the host reads it or says why not, and places lie on the screen.
func FuzzParseInbound(f *testing.F) {
	for _, seed := range []string{"\x7D\x40\x40", "\x7D\x40\xC9\x11\x40\xC7\xC1\xC2\x11\xC1\x50", "\x6D", "\x88\x00\x04\x81\xFF", "\x7D\x40\x40\xC1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		in, err := ParseInbound(record)
		if err != nil {
			return
		}
		for _, typed := range in.Fields {
			if typed.Row < 0 || typed.Row > usualRows || typed.Column < 0 || typed.Column > usualColumns {
				t.Errorf("%+v lies beyond the screen", typed)
			}
		}
	})
}

// Whatever a peer sends, reading ends, and a record is not longer than what came.
func FuzzStream_AnyPeer(f *testing.F) {
	for _, seed := range []string{
		"\xFF\xFD\x18\xFF\xFA\x18\x01\xFF\xF0\xFF\xFD\x19\xFF\xFB\x19\xF5\xC3\xFF\xEF", "\xFF\xFA\x28\x08\x02\xFF\xF0", "\xFF", "text\r\n",
		"\xFF\xFB\x18\xFF\xFA\x18\x00IBM-3278-2\xFF\xF0\xFF\xFB\x19\xFF\xFD\x19\xFF\xFB\x00\xFF\xFD\x00\x7D\x40\x40\xFF\xEF",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		s := NewTerminal(&said{Reader: strings.NewReader(string(says))}, model2(t))
		for {
			record, err := s.Read()
			if err != nil {
				break
			}
			if len(record) > len(says) {
				t.Errorf("a record of %d bytes out of %d", len(record), len(says))
			}
		}
		if host, _, err := NewHost(&said{Reader: strings.NewReader(string(says))}); err == nil {
			_, _ = host.Read()
		}
	})
}
