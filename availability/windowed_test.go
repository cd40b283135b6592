package availability_test

import (
	"bytes"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

// A minute's sums are what asking every five seconds adds up to, where nothing happens in between.
func TestHourMinutes_AgreeWithAsking(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := world{origin: instantAt(9, 50), tick: portolan.Instant(5 * time.Second / time.Microsecond), ticks: 900}
		hour := anHour()
		var sums availability.HourMinutes
		want := make([][3]uint64, 60) // up, monitored, in service
		for range rapid.IntRange(1, 3).Draw(t, "series") {
			events, weight := w.events(t), uint64(rapid.IntRange(0, 1<<35).Draw(t, "weight"))
			segments := fold(events, portolan.Span{From: instantAt(9, 40), To: instantAt(11, 30)})
			sums.Add(weight, hour.From, segments)
			for second := 0; second < 3600; second += 5 {
				m := momentIn(segments, hour.From.Add(time.Duration(second)*time.Second))
				time, at := weight*uint64(w.tick), &want[second/60]
				if m.inService {
					at[2] += time
				}
				if m.inService && m.class.State() != portolan.Unmonitored {
					at[1] += time
				}
				if m.inService && m.class.State() == portolan.Up {
					at[0] += time
				}
			}
		}
		for i, m := range sums.Minutes() {
			got := [3]uint64{m.Up.Lo, m.Monitored.Lo, m.InService.Lo}
			if got != want[i] || m.Up.Hi+m.Monitored.Hi+m.InService.Hi != 0 {
				t.Fatalf("minute %d: got %v, want %v", i, m, want[i])
			}
		}
	})
}

func drawTime(t *rapid.T, label string) availability.Uint128 {
	return availability.Uint128{
		Hi: rapid.Uint64Range(0, 1<<40).Draw(t, label) * uint64(rapid.IntRange(0, 1).Draw(t, label+" is large")),
		Lo: rapid.Uint64Range(0, 9).Draw(t, label+" low"),
	}
}

func drawMinutes(t *rapid.T, most int) []availability.Minute {
	minutes := make([]availability.Minute, 0, most)
	for len(minutes) < most {
		var m availability.Minute
		m.Up = drawTime(t, "up")
		m.Monitored = m.Up.Add(drawTime(t, "down"))
		m.InService = m.Monitored.Add(drawTime(t, "unmonitored"))
		for range min(most-len(minutes), rapid.IntRange(1, 5).Draw(t, "alike")) {
			minutes = append(minutes, m)
		}
	}
	return minutes
}

// The worst windows are those that adding up every window, and comparing it as a fraction, finds.
func TestWorstWindows_AgreeWithTryingEach(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := instantAt(10, 7)
		minutes := drawMinutes(t, rapid.IntRange(0, 40).Draw(t, "minutes"))
		got := availability.WorstWindows(from, minutes)
		var want []availability.Worst
		for length := 1; length <= len(minutes); length *= 2 {
			if w, found := worstByTrying(from, minutes, length); found {
				want = append(want, w)
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Fatalf("-got +want:\n%s", diff)
		}
		for i := 1; i < len(got); i++ {
			if rat(got[i].Ratio).Cmp(rat(got[i-1].Ratio)) < 0 {
				t.Fatalf("the worst of %s is worse than that of %s", got[i].Window.Duration(), got[i-1].Window.Duration())
			}
		}
	})
}

func worstByTrying(from portolan.Instant, minutes []availability.Minute, length int) (worst availability.Worst, found bool) {
	var least *big.Rat
	for i := range len(minutes) - length + 1 {
		var up, monitored, inService availability.Uint128
		for _, m := range minutes[i : i+length] {
			up, monitored, inService = up.Add(m.Up), monitored.Add(m.Monitored), inService.Add(m.InService)
		}
		ratio := availability.Ratio{Num: up, Den: monitored}
		if !ratio.Exists() || least != nil && rat(ratio).Cmp(least) >= 0 {
			continue
		}
		start := from.Add(time.Duration(i) * time.Minute)
		least, found = rat(ratio), true
		worst = availability.Worst{
			Window: portolan.Span{From: start, To: start.Add(time.Duration(length) * time.Minute)},
			Ratio:  ratio, Coverage: availability.Ratio{Num: monitored, Den: inService},
		}
	}
	return worst, found
}

func TestWorstWindows_TellOneLongOutageFromManyShortOnes(t *testing.T) {
	t.Parallel()
	const day = 24 * 60
	hour := func(down func(minute int) bool) availability.Worst {
		minutes := make([]availability.Minute, day)
		for i := range minutes {
			one := availability.Uint128{Lo: 60}
			minutes[i] = availability.Minute{Up: one, Monitored: one, InService: one}
			if down(i) {
				minutes[i].Up = availability.Uint128{}
			}
		}
		return availability.WorstWindows(instantAt(0, 0), minutes)[6] // 64 minutes
	}
	long := hour(func(minute int) bool { return minute/60 == 10 })
	short := hour(func(minute int) bool { return minute%24 == 0 })
	if got := long.Ratio.Percent(1); got != "6.3" || long.Window.From != instantAt(9, 56) {
		t.Errorf("an hour's outage: %s %% from %s, want 6.3 %% from 9:56", got, long.Window.From)
	}
	if got := short.Ratio.Percent(1); got != "95.3" {
		t.Errorf("60 outages of a minute: %s %%, want 95.3 %%", got)
	}
}

func TestMinutes_ReadWhatWasPacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawMinutes(t, 60)
		got, err := availability.ReadMinutes(availability.AppendMinutes(nil, want))
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Fatalf("%v, -got +want:\n%s", err, diff)
		}
	})
}

func FuzzReadMinutes(f *testing.F) {
	for _, seed := range [][]byte{{}, {0x79, 0, 0}, {0x78, 0x05, 0x01, 0x02}, {0x3c, 5, 1, 2, 0x3d, 1, 3}, {0x3d, 0, 0, 0x3d, 0, 0}, {0x78, 1, 2, 0}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		minutes, err := availability.ReadMinutes(b)
		if err != nil {
			return
		}
		if again := availability.AppendMinutes(nil, minutes); !bytes.Equal(again, b) {
			t.Errorf("read %x: packed again it is %x", b, again)
		}
	})
}

// BenchmarkWorstWindows finds the worst windows of 13 months of minutes, one in fifty of them with something down.
func BenchmarkWorstWindows(b *testing.B) {
	minutes := make([]availability.Minute, 395*24*60)
	for i := range minutes {
		all := availability.Uint128{Lo: 1 << 55}
		minutes[i] = availability.Minute{Up: all, Monitored: all, InService: all}
		if i%50 == 0 {
			minutes[i].Up = availability.Uint128{Lo: 1<<55 - uint64(i)}
		}
	}
	for b.Loop() {
		if got := availability.WorstWindows(instantAt(0, 0), minutes); len(got) != 20 {
			b.Fatalf("%d lengths, want 20", len(got))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
}
