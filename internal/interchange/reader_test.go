package interchange_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"portolan/internal/interchange"
)

func TestReader_FindsInterchangesInAStream(t *testing.T) {
	t.Parallel()
	plain := "UNB+UNOA:4+A+B+261122:1200+1'UNH+1+X'FTX+UNZ+?'UNZ+1'UNT+3+1'UNZ+1+1'"
	other := "UNA:+.? ~UNB+UNOA:4+A+B+261122:1200+1~UNH+1+X~UNT+2+1~UNZ+1+1~"
	r := interchange.NewReader(iotest.OneByteReader(strings.NewReader("\r\n" + paxlst + plain + "\n" + other)))
	for _, want := range []string{strings.TrimSpace(paxlst), plain, other} {
		got, err := r.Next()
		if err != nil || string(got) != want {
			t.Errorf("got %q %v\nwant %q", got, err, want)
		}
		if _, err := interchange.Parse(got); err != nil {
			t.Error(err)
		}
	}
	if got, err := r.Next(); err != io.EOF {
		t.Errorf("got %q %v, want io.EOF", got, err)
	}
	if want := int64(len(strings.TrimSpace(paxlst)) + len(plain) + len(other)); r.Read() != want {
		t.Errorf("read %d bytes, want %d", r.Read(), want)
	}
}

func TestReader_WhatIsNoInterchange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stream string
		want         error
	}{
		{"nothing", "", io.EOF},
		{"line-breaks", "\r\n\r\n", io.EOF},
		{"a-part-of-the-tag", "UN", io.ErrUnexpectedEOF},
		{"a-part-of-the-advice", "UNA:+", io.ErrUnexpectedEOF},
		{"a-part", paxlst[:200], io.ErrUnexpectedEOF},
		{"another-protocol", "HTTP/1.1 200 OK\r\n\r\n", interchange.ErrForm},
		{"advice-of-letters", "UNAabcdefUNB", interchange.ErrForm},
		{"without-end", "UNB" + strings.Repeat("+X'", 256<<10), interchange.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := interchange.NewReader(strings.NewReader(c.stream)).Next(); !errors.Is(err, c.want) {
				t.Errorf("got %.40q %v, want %v", got, err, c.want)
			}
		})
	}
}
