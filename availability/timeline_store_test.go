package availability_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"portolan/availability"
)

func TestTimeline_RefusesMalformedState(t *testing.T) {
	t.Parallel()
	var line availability.Timeline
	line.Append(nil, availability.Run{Start: instantAt(10, 0), Hold: time.Minute, Class: availability.Slow, Seq: 7})
	good, err := line.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	with := func(at int, value byte) []byte {
		b := slices.Clone(good)
		b[at] = value
		return b
	}
	for name, b := range map[string][]byte{
		"empty":           {},
		"other-version":   with(0, 2),
		"unknown-mode":    with(1, 3),
		"class-and-mode":  with(1, 1),
		"unknown-class":   with(2, 6),
		"stop-no-boolean": with(3, 2),
		"truncated":       good[:len(good)-1],
		"cut-in-stream":   good[:len(good)-9],
		"cut-in-instants": good[:6],
		"followed":        append(slices.Clone(good), 0),
		"idle-mode-three": append([]byte{1, 3, 0}, make([]byte, 1+5+16+1)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var line availability.Timeline
			if err := line.UnmarshalBinary(b); err == nil || line != (availability.Timeline{}) {
				t.Errorf("read %x: got %+v, error %v, want an error and no change", b, line, err)
			}
		})
	}
}

func FuzzTimeline_UnmarshalBinary(f *testing.F) {
	var line availability.Timeline
	for _, feed := range []feed{
		func(l *availability.Timeline, s []availability.Segment) ([]availability.Segment, bool) {
			return s, true
		},
		func(l *availability.Timeline, s []availability.Segment) ([]availability.Segment, bool) {
			return l.Append(s, availability.Run{Start: instantAt(10, 0), Hold: time.Minute, Class: availability.Slow, Seq: 7})
		},
		func(l *availability.Timeline, s []availability.Segment) ([]availability.Segment, bool) {
			return l.Stop(s, availability.Retire(instantAt(11, 0)))
		},
	} {
		feed(&line, nil)
		b, err := line.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var line availability.Timeline
		if err := line.UnmarshalBinary(b); err != nil {
			if line != (availability.Timeline{}) {
				t.Errorf("read %x: refused, and changed to %+v", b, line)
			}
			return
		}
		again, err := line.MarshalBinary()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("read %x: written again it is %x, error %v", b, again, err)
		}
		line.Append(nil, availability.Run{Start: instantAt(12, 0), Class: availability.Up})
		line.Tail(nil, instantAt(13, 0))
	})
}
