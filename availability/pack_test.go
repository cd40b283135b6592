package availability_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

// anHour is the span of a packed row.
func anHour() portolan.Span {
	return portolan.Span{From: instantAt(10, 0), To: instantAt(11, 0)}
}

func TestSegments_PackSmall(t *testing.T) {
	t.Parallel()
	hour, at := anHour(), instantAt(10, 20)
	for name, c := range map[string]struct {
		segments []availability.Segment
		want     int // bytes
	}{
		"not-in-service": {nil, 0},
		"healthy":        {[]availability.Segment{{Span: hour, Class: availability.Up}}, 1},
		"one-change": {[]availability.Segment{
			{Span: portolan.Span{From: hour.From, To: at.Add(-time.Minute)}, Class: availability.Up},
			{Span: portolan.Span{From: at.Add(-time.Minute), To: at}, Class: availability.Up, Uncertain: true},
			{Span: portolan.Span{From: at, To: hour.To}, Class: availability.DownService},
		}, 11},
		"began-in-the-hour": {[]availability.Segment{{Span: portolan.Span{From: at, To: hour.To}, Class: availability.Up}}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := availability.AppendSegments(nil, hour, c.segments)
			if len(b) != c.want {
				t.Errorf("got %d bytes %x, want %d", len(b), b, c.want)
			}
		})
	}
}

func TestSegments_ReadWhatWasPacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		span := w.span(t, "span")
		want := fold(w.events(t), span)
		before := []byte("a prefix")
		b := availability.AppendSegments(before, span, want)
		if !bytes.HasPrefix(b, before) {
			t.Fatalf("got %q, want it to begin with %q", b, before)
		}
		got, err := availability.ReadSegments(b[len(before):], span)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("read what was packed (-want +got):\n%s", diff)
		}
	})
}

func TestSegments_RefusesMalformed(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"truncated":           {0x81},
		"longer-than-hour":    {0xf1, 0xff, 0xff, 0xff, 0xff, 0x01},
		"longer-than-64-bits": {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"unknown-class":       {0x06},
		"uncertain-nothing":   {0x0f},
		"after-the-end":       {0x01, 0x01},
		"nothing-at-the-end":  {0x07},
		"not-joined":          {0x11, 0x01},
		"padded":              {0x81, 0x00},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := availability.ReadSegments(b, anHour()); err == nil {
				t.Errorf("read %x: got %v, want an error", b, got)
			}
		})
	}
}

func FuzzReadSegments(f *testing.F) {
	for _, seed := range [][]byte{{}, {0x01}, {0x81, 0xd9, 0xa7, 0x69, 0x09}, {0xf7, 0x01, 0x12, 0x03}, {0x01, 0x01}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		segments, err := availability.ReadSegments(b, anHour())
		if err != nil {
			return
		}
		if again := availability.AppendSegments(nil, anHour(), segments); !bytes.Equal(again, b) {
			t.Errorf("read %x: packed again it is %x", b, again)
		}
		at := anHour().From
		for _, s := range segments {
			if s.Span.Empty() || s.Span.From < at || s.Span.To > anHour().To {
				t.Errorf("read %x: got %v, want segments in order within the hour", b, segments)
			}
			at = s.Span.To
		}
	})
}
