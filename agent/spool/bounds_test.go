package spool

import (
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
)

func TestSpool_DropsTheOldestBeyondItsSizeAndAdmitsIt(t *testing.T) {
	t.Parallel()
	const most = 32 << 10
	s := mustOpen(t, t.TempDir(), Options{MaxBytes: most})
	for n := range 1000 {
		mustAppend(t, s, result(n))
		if n == 1 {
			must(t, begin(s, batch(1, 1, 2))) // and the collector is away
		}
		if got := s.bytesLocked(); got > most+most/4 {
			t.Fatalf("%d bytes after %d records, bound is %d", got, n, most)
		}
	}
	b, err := s.Pending()
	must(t, err)
	entries, err := s.Read(0, 1<<20, 1<<30)
	must(t, err)
	lost, results := uint64(0), uint64(0)
	for _, e := range entries {
		if l := e.Record.Loss; l != nil {
			lost += l.Results
			if l.Span.From < testStart || l.Span.Empty() {
				t.Errorf("loss of %d to %d spans %s to %s", l.First, l.Last, l.Span.From, l.Span.To)
			}
		}
		if e.Record.Result != nil {
			results++
		}
	}
	const inFlight = 2
	if results == 0 || lost == 0 || lost != 1000-inFlight-results || b.Dropped != lost {
		t.Fatalf("kept %d results, admitted %d lost, dropped %d", results, lost, b.Dropped)
	}
	must(t, s.Settle(true))
	if got := pending(t, s); got[0] != 1 || got[1] != 2 {
		t.Errorf("the collector had no room for a batch of records 1 and 2, and first are to be sent %v", got[:2])
	}
	if first := entries[0].Record; first.Seq() < 500 {
		t.Errorf("record %d is still there: not the oldest were dropped", first.Seq())
	}
}

func TestSpool_AgesByTheTimeThatAgentsRan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := Options{MaxAge: 16 * time.Hour}
	now := time.Now()
	run := func(hours int, at portolan.Instant) (kept int) {
		s := mustOpen(t, dir, o)
		s.ranSince = now
		for range hours {
			now = now.Add(time.Hour)
			_, err := s.append(result(1), now)
			must(t, err, s.alive(at, now))
			at = at.Add(time.Hour)
		}
		entries, err := s.Read(0, 1<<20, 1<<30)
		must(t, err)
		for _, e := range entries {
			if e.Record.Result != nil {
				kept++
			}
		}
		now = now.Add(time.Second)
		s.ranSince = now // time passed until Close is not the test's
		s.mu.Lock()
		s.closed = true
		must(t, s.markLocked(kindMark, now), s.syncLocked(), s.file.Close(), s.lock.Close())
		s.mu.Unlock()
		return kept
	}
	if kept := run(10, testStart); kept != 10 {
		t.Fatalf("after 10 hours: %d records, want 10", kept)
	}
	// The wall clock is set back by years, then forward by years: neither ages a record.
	if kept := run(2, testStart-1e15); kept != 12 {
		t.Fatalf("after a clock set back: %d records, want 12", kept)
	}
	if kept := run(2, testStart+1e15); kept != 14 {
		t.Fatalf("after a clock set forward: %d records, want 14", kept)
	}
	if kept := run(30, testStart); kept < 15 || kept > 19 {
		t.Fatalf("after 44 hours: %d records, want those of about 16 hours", kept)
	}
}

// BenchmarkDay measures what a spool writes in a day of 15 transactions a minute, sent every 15 s: the bytes
// themselves, and the pages of 4 KiB that its syncs make a disk write.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		s := mustOpen(b, b.TempDir(), Options{})
		must(b, s.SetPlan(testPlan()))
		pages := int64(0)
		now := time.Now()
		sealed := make([]byte, 450)
		for cycle := range 24 * 60 * 4 {
			var seqs []portolan.Seq
			before := s.written
			for range 15 / 4 {
				seq, err := s.append(result(cycle), now)
				must(b, err)
				seqs = append(seqs, seq)
			}
			now = now.Add(15 * time.Second)
			f := flight{uint64(cycle + 1), evidence.Sealed{Bytes: sealed}, seqs}
			must(b, s.begin(f, now), s.settle(false, now))
			pages += (s.written-before)/4096 + 2
			before = s.written
			must(b, s.alive(testStart, now))
			if s.written > before {
				pages++
			}
		}
		b.ReportMetric(float64(s.written)/1e6, "MB-appended/day")
		b.ReportMetric(float64(pages*4096)/1e6, "MB-in-pages/day")
	}
}
