package incident

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"portolan"
)

// seeds returns three seeds: those after SEED, or after 1.
func seeds(b *testing.B) []uint64 {
	first, err := strconv.ParseUint(cmp.Or(os.Getenv("SEED"), "1"), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return []uint64{first, first + 1, first + 2}
}

// hours is how long each of the drawn worlds is watched: for 500 faults and more.
const hours = 280

// BenchmarkDrawnFaults plays 500 faults and more of all kinds and scopes, overlapping ones, silent ports and noise included, to
// a detector, for three seeds; it reports the worst figure of the three.
func BenchmarkDrawnFaults(b *testing.B) {
	for range b.N {
		scores := make([]*score, 3)
		var playing sync.WaitGroup
		for n, seed := range seeds(b) {
			playing.Go(func() { scores[n] = playSeed(seed) })
		}
		playing.Wait()
		worst := map[string]float64{}
		keep := func(name string, value float64, less bool) {
			if old, there := worst[name]; !there || (less && value < old) || (!less && value > old) {
				worst[name] = value
			}
		}
		for n, s := range scores {
			if path := os.Getenv("PORTOLAN_DRAWN"); path != "" { // what went wrong, for whoever mends it
				if err := os.WriteFile(fmt.Sprintf("%s-%d", path, n), []byte(s.String()), 0o644); err != nil {
					b.Fatal(err)
				}
			}
			b.Logf("seed %d:\n%s", seeds(b)[n], s.table())
			keep("faults", float64(s.faults), true)
			keep("found-ratio", s.ratio(s.found, s.faults), true)
			keep("false-ratio", s.ratio(s.false_, s.found+s.false_), false)
			keep("scope-right-ratio", s.ratio(s.scope, s.found), true)
			keep("cause-right-ratio", s.ratio(s.cause, s.found), true)
			keep("times-right-ratio", s.ratio(s.times, s.found), true)
			keep("wait-p50-s", s.waits[len(s.waits)/2].Seconds(), false)
			keep("wait-p99-s", s.waits[len(s.waits)*99/100].Seconds(), false)
		}
		for name, value := range worst {
			b.ReportMetric(value, name)
		}
	}
}

func playSeed(seed uint64) *score {
	w := newWorld(seed, 328, hours*time.Hour)
	w.draw(4)
	incidents, _ := w.follow()
	s := w.judge(incidents)
	slices.Sort(s.waits)
	return s
}

// BenchmarkFalseAlarms watches a fleet in good times, noise included, for thirty days.
func BenchmarkFalseAlarms(b *testing.B) {
	for range b.N {
		w := newWorld(seeds(b)[0], 328, 30*24*time.Hour)
		incidents, _ := w.follow()
		b.ReportMetric(float64(len(incidents)), "false-alarms/month")
	}
}

// BenchmarkDetector is how many results a second one core weighs.
func BenchmarkDetector(b *testing.B) {
	w := newWorld(1, 328, 20*time.Minute)
	var observations []Observation
	w.watch = func(o *Observation) { observations = append(observations, *o) }
	w.play(New(Options{}), func([]Event) {})
	length := portolan.Instant(w.length / time.Microsecond)
	d := New(Options{})
	w.tell(d)
	b.ResetTimer()
	for n := range b.N {
		o := &observations[n%len(observations)]
		if n >= len(observations) { // the same again, later
			o.Start, o.Heard = o.Start+length, o.Heard+length
		}
		d.Observe(o)
		if n%1000 == 0 {
			d.Advance(o.Heard)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "results/s")
}
