package availability_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

func TestSum_ReadsWhatWasPacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var want availability.Sum
		for range rapid.IntRange(0, 3).Draw(t, "series-hours") {
			want.Add(rapid.Uint64().Draw(t, "weight"), drawTally(t))
		}
		before, after := []byte("a prefix"), []byte("and what follows")
		b := append(want.Append(bytes.Clone(before)), after...)
		got, rest, err := availability.ReadSum(b[len(before):])
		if err != nil || got != want || !bytes.HasPrefix(b, before) || !bytes.Equal(rest, after) {
			t.Fatalf("got %+v before %q, %v; want %+v before %q", got, rest, err, want, after)
		}
	})
}

func TestSum_PacksAHealthyDaySmall(t *testing.T) {
	t.Parallel()
	var sum availability.Sum
	if got := sum.Append(nil); !bytes.Equal(got, []byte{0}) {
		t.Errorf("the empty sum is packed as %x, want one zero byte", got)
	}
	for range 24 {
		hour := []availability.Segment{{Span: anHour(), Class: availability.Up}}
		sum.AddPortHour(portolan.WeightTraveler, 2000, []availability.SeriesHour{
			{Share: 1, InService: true, Tally: availability.TallyOf(hour, anHour(), nil)},
		})
	}
	if got := sum.Append(nil); len(got) > 24 {
		t.Errorf("a healthy day takes %d bytes, want at most 24", len(got))
	}
}

func TestReadSum_RefusesMalformed(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{0xff}, 18)
	for name, b := range map[string][]byte{
		"empty":               {},
		"truncated":           {0x02},
		"cut-in-a-number":     {0x02, 0x81},
		"padded-set":          {0x80, 0x00},
		"padded-number":       {0x02, 0x81, 0x00},
		"zero-number":         {0x02, 0x00},
		"beyond-128-bits":     append(append([]byte{0x02}, long...), 0x04),
		"too-long":            append(append([]byte{0x02}, long...), 0x81, 0x01),
		"more-than-30-times":  {0x80, 0x80, 0x80, 0x80, 0x04, 0x01},
		"set-beyond-64-bits":  bytes.Repeat([]byte{0xff}, 11),
		"a-second-is-missing": {0x03, 0x01},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, _, err := availability.ReadSum(b); err == nil {
				t.Errorf("read %x: got %+v, want an error", b, got)
			}
		})
	}
}

func FuzzReadSum(f *testing.F) {
	for _, seed := range [][]byte{
		{}, {0x00}, {0x02, 0x01}, {0x82, 0x01, 0xff, 0x7f, 0x05}, {0x82, 0x80, 0x80, 0x80, 0x02, 0x05, 0x80, 0x01},
		append(append([]byte{0x02}, bytes.Repeat([]byte{0xff}, 18)...), 0x03),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sum, rest, err := availability.ReadSum(b)
		if err != nil {
			return
		}
		if again := append(sum.Append(nil), rest...); !bytes.Equal(again, b) {
			t.Errorf("read %x: packed again it is %x", b, again)
		}
	})
}
