package availability_test

import (
	"testing"

	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

// TestIssuesIn_AgreesWithCountingMicroseconds holds the figure against a count of single microseconds.
func TestIssuesIn_AgreesWithCountingMicroseconds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		instant := rapid.Custom(func(t *rapid.T) portolan.Instant { return portolan.Instant(rapid.IntRange(0, 40).Draw(t, "at")) })
		span := rapid.Custom(func(t *rapid.T) portolan.Span {
			return portolan.Span{From: instant.Draw(t, "from"), To: instant.Draw(t, "to")}
		})
		window := span.Draw(t, "window")
		window.To = max(window.To, window.From)
		incidents := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) portolan.Span {
			s := span.Draw(t, "incident")
			return portolan.Span{From: s.From, To: max(s.From, s.To)}
		}), 0, 5).Draw(t, "incidents")
		watched := rapid.SliceOfN(span, 0, 3).Draw(t, "watched")

		got := availability.IssuesIn(window, incidents, watched)
		want := countIssues(window, incidents, watched)
		if got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if f := got.Free; f.Ratio.Exists() && (f.Low.Float64() > f.Ratio.Float64() || f.Ratio.Float64() > f.High.Float64()) {
			t.Fatalf("%v is not between %v and %v", f.Ratio, f.Low, f.High)
		}
	})
}

// countIssues is IssuesIn, by looking at each microsecond.
func countIssues(window portolan.Span, incidents, watched []portolan.Span) availability.Issues {
	var want availability.Issues
	var sum, union, free, whole uint64
	begun := false
	for at := portolan.Instant(0); at < window.To; at++ {
		open, seen := holding(incidents, at), holding(watched, at)
		begun = begun || open+seen > 0
		if !window.Contains(at) || !begun {
			continue
		}
		whole++
		sum += uint64(open)
		switch {
		case open > 0:
			union++
		case seen > 0:
			free++
		}
	}
	for _, one := range incidents {
		if window.Contains(one.From) {
			want.Began++
		}
		if one.From < window.From && one.To > window.From && !window.Empty() {
			want.Carried++
		}
	}
	want.Sum.Lo, want.Union.Lo = sum, union
	ratio := func(n, of uint64) availability.Ratio {
		return availability.Ratio{Num: availability.Uint128{Lo: n}, Den: availability.Uint128{Lo: of}}
	}
	want.Free = availability.Bounded{Ratio: ratio(free, free+union), Low: ratio(free, whole), High: ratio(whole-union, whole)}
	if free+union == 0 {
		want.Free = availability.Bounded{Why: "no incident could have been found: no collector was up"}
	}
	return want
}

func holding(spans []portolan.Span, at portolan.Instant) (n int) {
	for _, s := range spans {
		if s.Contains(at) {
			n++
		}
	}
	return n
}
