package spool

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/evidence"
)

// disk is what a folder's segments hold.
type disk map[string][]byte

func readDisk(dir string) (disk, error) {
	d := disk{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, suffix) {
			return err
		}
		d[filepath.Base(path)], err = os.ReadFile(path)
		return err
	})
	return d, err
}

func (d disk) write(dir string) error {
	for name, data := range d {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// moment is what a spool promised when it was copied.
type moment struct {
	disk   disk
	file   string // the segment being written
	safe   int    // bytes of it that had been synced
	synced portolan.Seq
	number uint64 // of the last batch begun
	flight bool   // whether that was neither settled nor could be by what is not yet synced
}

// cut returns the disk as a power cut may leave it: of what was written and not synced, only a part is there.
func (m moment) cut(part int) disk {
	d := maps.Clone(m.disk)
	data := d[m.file]
	d[m.file] = data[:min(m.safe+part, len(data))]
	return d
}

// writer drives a spool and notes what it promises after each operation.
type writer struct {
	s       *Spool
	dir     string
	moments []moment
	synced  portolan.Seq
	safe    map[string]int
}

func (w *writer) note() error {
	d, err := readDisk(w.dir)
	if err != nil {
		return err
	}
	file := filepath.Base(w.s.current().path)
	if !w.s.dirty {
		w.synced, w.safe[file] = w.s.state.Next-1, len(d[file])
	}
	if _, ok := w.safe[file]; !ok {
		head, _ := readFrame(d[file], 0)
		w.safe[file], w.synced = head.end, w.s.state.Next-2 // begun, synced, by the append that came after
	}
	m := moment{
		disk: d, file: file, safe: w.safe[file], synced: w.synced, number: w.s.state.Number, flight: w.s.state.InFlight,
	}
	w.moments = append(w.moments, m)
	return nil
}

// step does the next thing that op chooses.
func (w *writer) step(op int) error {
	s := w.s
	var err error
	switch {
	case op < 6:
		_, err = s.Append(result(int(s.Next())))
	case op == 6:
		err = s.Sync()
	case op == 7 && s.state.InFlight:
		err = s.Settle(false)
	case op == 8 && s.state.InFlight:
		err = s.Settle(true)
	case op == 15:
		s.aliveAt = time.Time{}
		err = s.Alive(testStart)
	case op == 9:
		err = s.SetPlan(portolan.Plan{Port: "MIA", Series: slices.Repeat(testPlan().Series, 1+int(s.Next()%3))})
	case op > 9 && op < 15 && !s.state.InFlight:
		var entries []evidence.Spooled
		if entries, err = s.Read(0, op-9, 1<<20); err == nil {
			var seqs []portolan.Seq
			for _, e := range entries {
				seqs = append(seqs, e.Record.Seq())
			}
			err = begin(s, batch(s.state.Number+1, seqs...))
		}
	}
	if err != nil {
		return err
	}
	return w.note()
}

// holds reports what is wrong with the spool that a power cut at the moment left behind.
func (m moment) holds(s *Spool) string {
	number, _, inFlight := s.Chain()
	if number != m.number {
		return "the chain's number went back"
	}
	var waiting seqSet
	entries, err := s.Read(0, 1<<30, 1<<30)
	if err != nil {
		return err.Error()
	}
	for _, e := range entries {
		if waiting.Has(e.Record.Seq()) {
			return "a record is there twice"
		}
		waiting.addRange(seqRange{e.Record.Seq(), e.Record.Seq()})
	}
	for seq := portolan.Seq(1); seq <= m.synced; seq++ {
		places := 0
		for _, rs := range []seqSet{waiting, s.state.Flying, s.state.Done} {
			if rs.Has(seq) {
				places++
			}
		}
		if places != 1 {
			return "a synced record is lost, or in two places"
		}
	}
	if m.flight && inFlight == nil {
		return "the batch in flight is gone"
	}
	return ""
}

func reopen(parent string, d disk) (*Spool, func(), error) {
	dir, err := os.MkdirTemp(parent, "cut")
	if err != nil {
		return nil, nil, err
	}
	if err := d.write(dir); err != nil {
		return nil, nil, err
	}
	s, err := Open(dir, Options{MaxBytes: 16 << 10})
	return s, func() { _ = s.Close(); _ = os.RemoveAll(dir) }, err
}

func newWriter(dir string) (*writer, error) {
	s, err := Open(dir, Options{MaxBytes: 16 << 10})
	if err != nil {
		return nil, err
	}
	w := &writer{s: s, dir: dir, safe: map[string]int{}}
	return w, w.note()
}

func TestSpool_SurvivesAPowerCutAnywhere(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(parent, "run")
		if err != nil {
			t.Fatal(err)
		}
		w, err := newWriter(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer w.s.Close()
		for _, op := range rapid.SliceOfN(rapid.IntRange(0, 15), 1, 40).Draw(t, "operations") {
			if err := w.step(op); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			m := w.moments[rapid.IntRange(0, len(w.moments)-1).Draw(t, "moment")]
			checkCut(t, parent, m, rapid.IntRange(0, len(m.disk[m.file])-m.safe).Draw(t, "part"))
		}
	})
}

// TestSpool_SurvivesAPowerCutAtEveryByte cuts one short life of a spool at each byte it ever wrote.
func TestSpool_SurvivesAPowerCutAtEveryByte(t *testing.T) {
	t.Parallel()
	w, err := newWriter(t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = w.s.Close() })
	for _, op := range []int{6, 0, 0, 11, 7, 0, 10, 8, 0} {
		must(t, w.step(op))
	}
	parent := t.TempDir()
	cuts := 0
	for i, m := range w.moments {
		if i+1 < len(w.moments) && w.moments[i+1].safe == m.safe {
			continue // its bytes are among the next one's
		}
		for part := 0; part <= len(m.disk[m.file])-m.safe; part++ {
			checkCut(t, parent, m, part)
			cuts++
		}
	}
	if cuts < 300 {
		t.Errorf("only %d cuts were tried", cuts)
	}
}

func checkCut(t rapid.TB, parent string, m moment, part int) {
	t.Helper()
	s, done, err := reopen(parent, m.cut(part))
	if err != nil {
		t.Fatalf("open after a cut: %v", err)
	}
	defer done()
	if fault := m.holds(s); fault != "" {
		t.Fatalf("cut %d bytes behind the last sync: %s", part, fault)
	}
	if r := s.Report(); r.NewStream || len(r.SetAside) > 0 || r.Lost > 0 {
		t.Fatalf("cut %d bytes behind the last sync: a torn end was taken for damage: %+v", part, r)
	}
	if _, err := s.Append(result(1)); err != nil {
		t.Fatalf("append after a cut: %v", err)
	}
}

func TestSpool_SetsDamageAsideAndAdmitsTheLoss(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	for n := range 9 {
		mustAppend(t, s, result(n))
	}
	must(t, s.Close())
	d, err := readDisk(dir)
	must(t, err)
	path := s.current().path
	data := d[filepath.Base(path)]
	// Damage the fourth record: the frame behind the snapshot is the first.
	at := 0
	for range 5 {
		f, ok := readFrame(data, at)
		if !ok {
			t.Fatal("segment ends early")
		}
		at = f.end
	}
	data[at-3] ^= 1
	must(t, os.WriteFile(path, data, 0o600))

	s = mustOpen(t, dir, Options{})
	if r := s.Report(); r.Lost != 1 || len(r.SetAside) != 1 || r.NewStream {
		t.Fatalf("got %+v, want one record lost and one file set aside", r)
	}
	aside, err := os.ReadFile(s.Report().SetAside[0])
	must(t, err)
	if !bytes.Equal(aside, data) {
		t.Error("the damaged file was changed")
	}
	entries, err := s.Read(0, 100, 1<<20)
	must(t, err)
	last := entries[len(entries)-1].Record
	if len(entries) != 9 || last.Loss == nil || last.Loss.First != 4 || last.Loss.Last != 4 {
		t.Fatalf("got %d records, the last %+v, want 8 and the loss of the fourth", len(entries), last.Loss)
	}
	must(t, s.Close())
	s = mustOpen(t, dir, Options{})
	if r := s.Report(); r.Lost != 0 || len(r.SetAside) != 0 {
		t.Fatalf("opened again: got %+v, want nothing amiss", r)
	}
}

func TestSpool_BeginsANewStreamWhereItsStateIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	stream := s.Stream()
	mustAppend(t, s, result(1))
	must(t, s.Close(), os.WriteFile(s.current().path, bytes.Repeat([]byte{7}, 999), 0o600))
	s = mustOpen(t, dir, Options{})
	if r := s.Report(); !r.NewStream || len(r.SetAside) != 1 || s.Stream() == stream {
		t.Fatalf("got %+v, want a new stream and the file set aside", r)
	}
	mustAppend(t, s, result(1))
}

// FuzzOpen puts any bytes in the place of segments: opening must not panic, and the spool must work afterwards.
func FuzzOpen(f *testing.F) {
	w, err := newWriter(f.TempDir())
	must(f, err)
	for _, op := range []int{9, 0, 0, 6, 11, 7, 0} {
		must(f, w.step(op))
	}
	data := w.moments[len(w.moments)-1].disk[w.moments[0].file]
	must(f, w.s.Close())
	f.Add(data, []byte(nil))
	f.Add(data, data)
	f.Add(data[:len(data)-9], []byte(marker))
	f.Add([]byte("junk"), data)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		dir := t.TempDir()
		must(t, disk{"0000000000000001.seg": first, "0000000000000002.seg": second}.write(dir))
		s := mustOpen(t, dir, Options{})
		seq, err := s.Append(evidence.Record{Farewell: &portolan.Farewell{At: testStart}})
		must(t, err, s.Close())
		s = mustOpen(t, dir, Options{})
		entries, err := s.Read(seq, 1, 1)
		must(t, err, s.Alive(testStart.Add(time.Minute)))
		if len(entries) != 1 || entries[0].Record.Seq() != seq {
			t.Fatalf("record %d is gone after opening again", seq)
		}
	})
}
