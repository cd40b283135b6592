package uplink_test

import (
	"cmp"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/agent/spool"
	"portolan/agent/uplink"
)

// A port is without network for so many days, its agent is killed in the middle of them, and then all is well again: every result
// arrives once or was admitted to be lost, the oldest ones first, and the folder was never larger than its bound.
func TestUplink_DaysWithoutNetwork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		days   int
		bounds spool.Options
		kept   [2]int // days of results that arrive, at least and at most
	}{
		"as long as is kept":  {30, spool.Options{}, [2]int{30, 30}},
		"longer than is kept": {34, spool.Options{}, [2]int{30, 32}},
		"more than has room":  {8, spool.Options{MaxBytes: 64 << 10}, [2]int{1, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) { daysWithoutNetwork(t, dir, c.days, c.bounds, c.kept) })
		})
	}
}

// perHour is how many results an agent makes in an hour, all in one moment.
const perHour = 6

func daysWithoutNetwork(t *testing.T, dir string, days int, bounds spool.Options, kept [2]int) {
	c := newCollector()
	var up atomic.Bool
	c.fault = func(int) fault { return fault{lost: !up.Load()} }
	a := mustStartOn(t, dir, bounds, c, uplink.Options{})
	for hour := range 24 * days {
		if hour == 12*days {
			if err := a.kill(); err != nil {
				t.Fatal(err)
			}
			a = mustStartOn(t, dir, bounds, c, uplink.Options{})
		}
		a.mustRecord(t, perHour)
		pass(time.Hour)
		if err := a.s.Alive(portolan.InstantOf(time.Now())); err != nil {
			t.Fatal(err)
		}
		if most := cmp.Or(bounds.MaxBytes, 64<<20); sizeOf(t, dir) > most+most/8 {
			t.Fatalf("after %d hours the spool has %d bytes, want %d at most", hour, sizeOf(t, dir), most)
		}
	}
	up.Store(true)
	for hours := 0; a.s.Waiting() > 0; hours++ {
		if hours == 48 {
			t.Fatalf("%d records still wait after two days", a.s.Waiting())
		}
		pass(time.Hour)
	}
	checkDays(t, c, days, kept)
}

// checkDays checks what arrived of so many days.
func checkDays(t *testing.T, c *collector, days int, kept [2]int) {
	t.Helper()
	var results []portolan.Result
	var lost uint64
	var lastLost portolan.Instant
	for _, b := range c.got() {
		for _, r := range c.decoded(t, b).Records {
			switch {
			case r.Result != nil:
				results = append(results, *r.Result)
			case r.Loss != nil:
				lost += r.Loss.Results
				lastLost = max(lastLost, r.Loss.Span.To-1)
			}
		}
	}
	inFlight := len(c.decoded(t, c.got()[0]).Records) // all the time: it arrives first
	slices.SortFunc(results, func(a, b portolan.Result) int { return cmp.Compare(a.Start, b.Start) })
	if got := len(results) + int(lost); got != days*24*perHour {
		t.Errorf("%d results arrived and %d were admitted to be lost, want %d in all", len(results), lost, days*24*perHour)
	}
	if first := results[inFlight].Start; lost > 0 && first < lastLost {
		t.Errorf("results were lost until %s and one of %s arrived: the oldest go first", lastLost, first)
	}
	if got := len(results) / (24 * perHour); got < kept[0] || got > kept[1] {
		t.Errorf("results of %d days arrived, want %d to %d", got, kept[0], kept[1])
	}
	for seq, n := range c.counted {
		if n != 1 {
			t.Fatalf("record %d came %d times", seq, n)
		}
	}
}

func sizeOf(t *testing.T, dir string) (size int64) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}
