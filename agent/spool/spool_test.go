package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/evidence"
)

const testStart = portolan.Instant(1_483_394_400_000_000)

func testPlan() portolan.Plan {
	return portolan.Plan{Port: "MIA", Series: []portolan.PlannedSeries{{
		System: "tpac", Transaction: "primary-inspection", Share: 1, Interval: time.Minute,
		Steps: []portolan.PlannedStep{{Step: "sign-on"}, {Step: "apis-match", Dependency: "apis"}},
	}}}
}

// result returns the n-th result of a series.
func result(n int) evidence.Record {
	start := testStart.Add(time.Duration(n) * time.Minute)
	r := &portolan.Result{
		System: "tpac", Transaction: "primary-inspection", Due: start, Start: start + 1000, Duration: 300 * time.Millisecond,
		Attempt: 1, Outcome: portolan.Good,
	}
	for i, id := range []portolan.StepID{"sign-on", "apis-match"} {
		step := portolan.StepResult{Step: id, Offset: time.Duration(i) * 100 * time.Millisecond, Duration: 90 * time.Millisecond, Outcome: portolan.Good, Bytes: 700}
		step.Phases.Add(portolan.PhaseWait, 80*time.Millisecond)
		r.Steps = append(r.Steps, step)
	}
	return evidence.Record{Result: r}
}

func mustOpen(t testing.TB, dir string, o Options) *Spool {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func mustAppend(t testing.TB, s *Spool, records ...evidence.Record) {
	t.Helper()
	for _, r := range records {
		if _, err := s.Append(r); err != nil {
			t.Fatal(err)
		}
	}
}

// must fails the test if any of the errors is one.
func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// pending returns the numbers of the records to be sent.
func pending(t testing.TB, s *Spool) []portolan.Seq {
	t.Helper()
	entries, err := s.Read(0, 1<<30, 1<<30)
	must(t, err)
	var seqs []portolan.Seq
	for _, e := range entries {
		seqs = append(seqs, e.Record.Seq())
	}
	return seqs
}

// batch returns what Begin takes for a batch that holds the given records.
func batch(number uint64, seqs ...portolan.Seq) flight {
	return flight{number, evidence.Sealed{Hash: evidence.Hash{byte(number)}, Bytes: fmt.Appendf(nil, "batch %d", number)}, seqs}
}

func begin(s *Spool, f flight) error { return s.Begin(f.number, f.batch, f.records) }

func TestSpool_KeepsRecordsAcrossProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	if !s.Report().NewStream {
		t.Error("a new folder did not make a new stream")
	}
	must(t, s.SetPlan(testPlan()))
	mustAppend(t, s, result(1), result(2))
	stream := s.Stream()
	must(t, s.Close())

	s = mustOpen(t, dir, Options{})
	if s.Report().NewStream || s.Stream() != stream {
		t.Errorf("stream %s became %s", stream, s.Stream())
	}
	mustAppend(t, s, result(3))
	entries, err := s.Read(0, 10, 1<<20)
	must(t, err)
	plan := testPlan()
	for i, e := range entries {
		if e.Record.Seq() != portolan.Seq(i+1) || e.PlanHash != evidence.HashPlan(&plan) {
			t.Errorf("entry %d: got number %d, plan %s", i, e.Record.Seq(), e.PlanHash)
		}
		if known := !e.At.IsZero(); known != (i == 2) {
			t.Errorf("entry %d: age known: %v", i, known)
		}
	}
	if len(entries) != 3 {
		t.Errorf("got %d entries, want 3", len(entries))
	}
}

func TestSpool_BelongsToOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	must(t, s.Close())
	mustOpen(t, dir, Options{})
}

func TestSpool_GoesOnAfterAFullDisk(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, t.TempDir(), Options{})
	must(t, s.Alive(testStart))
	mustAppend(t, s, result(1))
	good := s.file
	full, err := os.Open(good.Name()) // open for reading: writing fails
	must(t, err)
	s.file = full
	if _, err := s.Append(result(2)); err == nil {
		t.Fatal("append to a full disk: no error")
	}
	if err := s.Alive(testStart + 1); err == nil {
		t.Error("alive without writing: no error, though the disk is still full for all it knows")
	}
	s.file = good
	must(t, full.Close())
	mustAppend(t, s, result(3))
	must(t, s.Alive(testStart+2))
	if got := pending(t, s); len(got) != 2 || got[1] != 2 {
		t.Fatalf("got records %v, want 1 and 2", got)
	}
}

func TestSpool_RefusesARecordThatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, t.TempDir(), Options{})
	if _, err := s.Append(evidence.Record{}); err == nil {
		t.Fatal("appended an empty record")
	}
	if s.Next() != 1 {
		t.Fatalf("next is %d, want 1", s.Next())
	}
}

func TestSpool_RemembersItsLife(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	if at, farewell := s.LastAlive(); at != 0 || farewell {
		t.Errorf("new spool: got %s, %v", at, farewell)
	}
	must(t, s.Alive(testStart))
	mustAppend(t, s, evidence.Record{Farewell: &portolan.Farewell{At: testStart + 5}})
	must(t, s.Close())
	s = mustOpen(t, dir, Options{})
	if at, farewell := s.LastAlive(); at != testStart+5 || !farewell {
		t.Errorf("after a farewell: got %s, %v", at, farewell)
	}
	must(t, s.Alive(testStart+9), s.Close())
	s = mustOpen(t, dir, Options{})
	if at, farewell := s.LastAlive(); at != testStart+9 || farewell {
		t.Errorf("after an alive mark: got %s, %v", at, farewell)
	}
}

func TestSpool_ForgetsAgesWhileTheMachineSlept(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, t.TempDir(), Options{})
	mustAppend(t, s, result(1), evidence.Record{Gap: &portolan.Gap{Reason: portolan.GapAsleep}}, result(2))
	recent := s.Recent()
	if len(recent) != 2 || recent[0].Record.Seq() != 2 {
		t.Fatalf("got %d recent records from %d, want 2 from 2", len(recent), recent[0].Record.Seq())
	}
	if got := pending(t, s); len(got) != 3 {
		t.Fatalf("got %v, want 3 records", got)
	}
}

func TestSpool_CarriesTheChainAcrossProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	mustAppend(t, s, result(1), result(2), result(3))
	must(t, begin(s, batch(1, 2)), s.Settle(false), begin(s, batch(2, 1)))
	must(t, s.file.Close()) // killed: nothing more is written
	must(t, s.lock.Close())
	s = mustOpen(t, dir, Options{})
	if number, head, bytes := s.Chain(); number != 2 || head != (evidence.Hash{2}) || string(bytes) != "batch 2" {
		t.Fatalf("got %d, %s, %q, want batch 2 in flight", number, head, bytes)
	}
	if got := pending(t, s); len(got) != 1 || got[0] != 3 {
		t.Fatalf("got %v to send, want 3", got)
	}
	must(t, s.Settle(true))
	if got := pending(t, s); len(got) != 2 || got[0] != 1 {
		t.Fatalf("refused to be sent again: got %v to send, want 1 and 3", got)
	}
	if err := begin(s, batch(7)); !errors.Is(err, ErrFlight) {
		t.Fatalf("a number left out: got %v, want ErrFlight", err)
	}
	must(t, begin(s, batch(3, 1, 3)), s.Settle(false))
	if b, err := s.Pending(); err != nil || b.Records != 0 {
		t.Fatalf("got %+v, %v, want nothing pending", b, err)
	}
}

func TestSpool_RemovesSegmentsThatAreDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{MaxBytes: 8 * 2048})
	for n := range 100 {
		mustAppend(t, s, result(n))
		must(t, begin(s, batch(uint64(n+1), portolan.Seq(n+1))), s.Settle(false))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	must(t, err)
	if len(files) > 2 {
		t.Errorf("%d segments are left, want at most 2", len(files))
	}
}

func TestSpool_KeepsWhatIsInTheAirUntilItIsDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	mustAppend(t, s, result(1), result(2))
	must(t, begin(s, batch(1, 1, 2)), s.Close())
	s = mustOpen(t, dir, Options{})
	mustAppend(t, s, result(3))
	must(t, s.Settle(true))
	if got := pending(t, s); !slices.Equal(got, []portolan.Seq{1, 2, 3}) {
		t.Errorf("got %v to send, want all three again", got)
	}
}
