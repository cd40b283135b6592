package archive_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/collector/archive"
	"portolan/collector/ledger"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/sqlite"
)

// brittle is a ledger that fails to let batches go, as if the collector had been ended at that moment.
type brittle struct {
	ledger.Ledger
	broken bool
}

func (b *brittle) Archive(ctx context.Context, links []ledger.Link) error {
	if b.broken {
		return errors.New("ended")
	}
	return b.Ledger.Archive(ctx, links)
}

func open(t *testing.T) *brittle {
	t.Helper()
	l, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return &brittle{Ledger: l}
}

func folder(t *testing.T, root string) *archive.Folder {
	t.Helper()
	f, err := archive.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// filled appends batches of two agents, one of them refused, and returns them as they were.
func filled(t *testing.T, l ledger.Ledger) []ledger.Link {
	t.Helper()
	senders := []*ledgertest.Sender{ledgertest.NewSender("MIA-1"), ledgertest.NewSender("SEA-1")}
	for n := range 40 {
		offer := senders[n%2].Next()
		offer.ReceivedAt = received(n)
		if n == 7 {
			offer.Status, offer.Reason = ledger.Refused, ledger.ReasonMalformed
		}
		if _, err := l.Append(t.Context(), offer); err != nil {
			t.Fatal(err)
		}
	}
	return read(t, l)
}

func received(n int) portolan.Instant {
	return portolan.InstantOf(time.Date(2026, 1, 30, 0, 0, 0, 0, time.UTC)).Add(time.Duration(n) * time.Hour)
}

func read(t *testing.T, l ledger.Ledger) []ledger.Link {
	t.Helper()
	links, err := l.Read(t.Context(), ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return links
}

func files(t *testing.T, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func withBytes(links []ledger.Link) (count int) {
	for _, l := range links {
		if l.Bytes != nil {
			count++
		}
	}
	return count
}

func move(t *testing.T, l *archive.Ledger, before portolan.Instant, want int) {
	t.Helper()
	if count, err := l.Move(t.Context(), before); err != nil || count != want {
		t.Fatalf("moved %d batches, %v; want %d", count, err, want)
	}
}

func TestMove_TakesBytesToFilesAndReadersSeeNoDifference(t *testing.T) {
	t.Parallel()
	inner, root := open(t), filepath.Join(t.TempDir(), "archive")
	was := filled(t, inner)
	l := archive.Join(inner, folder(t, root))
	move(t, l, received(20), 19) // one of twenty was refused
	if left := withBytes(read(t, inner)); left != 20 {
		t.Errorf("the ledger itself holds the bytes of %d batches, want 20", left)
	}
	move(t, l, received(20), 0)
	move(t, l, received(30), 10)
	later := archive.Join(inner, folder(t, root)) // as another collector opens it
	for _, l := range []*archive.Ledger{l, later} {
		if diff := cmp.Diff(was, read(t, l)); diff != "" {
			t.Errorf("read with the archive (-was +now):\n%s", diff)
		}
	}
	link, err := later.Link(t.Context(), was[0].Chain, was[0].Number)
	if diff := cmp.Diff(was[0], link); diff != "" || err != nil {
		t.Errorf("one link, %v (-was +now):\n%s", err, diff)
	}
	found := 0
	for link, err := range later.Overlapping(t.Context(), "SEA-1", portolan.Span{To: received(1e6)}, 0) {
		if err != nil || link.Bytes == nil {
			t.Fatalf("by its span: batch %d has %d bytes, %v", link.Number, len(link.Bytes), err)
		}
		found++
	}
	if found != 19 {
		t.Errorf("found %d by their span, want 19", found)
	}
	if names := files(t, root); len(names) != 2 || filepath.Base(filepath.Dir(names[0])) != "2026-01" {
		t.Errorf("files: %q", names)
	}
}

func TestMove_GoesOnAfterAnEndAtTheWorstMoment(t *testing.T) {
	t.Parallel()
	inner, root := open(t), t.TempDir()
	was := filled(t, inner)
	inner.broken = true
	if _, err := archive.Join(inner, folder(t, root)).Move(t.Context(), received(20)); err == nil {
		t.Fatal("the ledger let nothing go, and nobody noticed")
	}
	inner.broken = false
	l := archive.Join(inner, folder(t, root))
	move(t, l, received(25), 5)
	if left := withBytes(read(t, inner)); left != 15 {
		t.Errorf("the ledger itself holds the bytes of %d batches, want 15", left)
	}
	if diff := cmp.Diff(was, read(t, l)); diff != "" {
		t.Errorf("read with the archive (-was +now):\n%s", diff)
	}
}

func TestLedger_NamesAFileThatIsHarmedOrGone(t *testing.T) {
	t.Parallel()
	inner, root := open(t), t.TempDir()
	filled(t, inner)
	move(t, archive.Join(inner, folder(t, root)), received(30), 29)
	name := files(t, root)[0]
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 1 + len(whole)/40 {
		harmed := append([]byte(nil), whole...)
		harmed[at] ^= 4
		if err := os.WriteFile(name, harmed, 0o600); err != nil {
			t.Fatal(err)
		}
		l := archive.Join(inner, folder(t, root))
		left, faults := withBytes(read(t, l)), l.Faults()
		if left != 10 || len(faults) != 1 || !strings.Contains(faults[0], name) {
			t.Errorf("byte %d was harmed: %d batches have bytes, want 10; faults %q", at, left, faults)
		}
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if left := withBytes(read(t, archive.Join(inner, folder(t, root)))); left != 10 {
		t.Errorf("without the file %d batches have bytes, want 10", left)
	}
}
