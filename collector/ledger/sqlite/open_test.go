package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portolan/collector/ledger"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/sqlite"
)

func TestOpen_RefusesASecondTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	first, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if !errors.Is(err, ledger.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("while open: got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, sqlite.Options{Path: path})
}

func TestOpen_KeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	// A name with what a URI would take for something else, in a folder that is not there yet.
	path := filepath.Join(t.TempDir(), "data folder", "50%?x#y.db")
	s := ledgertest.NewSender("MIA-1")
	for number := uint64(1); number <= 3; number++ {
		l, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Append(t.Context(), s.Next())
		if err != nil || r.Verdict != ledger.Stored || r.Link.Number != number || uint64(r.Link.Position) != number {
			t.Errorf("got %+v, %v; want batch %d", r, err, number)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestOpen_NoticesDamage(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"bytes of another batch": `UPDATE batch SET bytes = (SELECT bytes FROM batch WHERE number = 1) WHERE number = 2`,
		"bytes changed":          `UPDATE batch SET bytes = x'00' WHERE number = 2`,
		"hash changed":           `UPDATE batch SET hash = zeroblob(32) WHERE number = 2`,
		"previous changed":       `UPDATE batch SET previous = zeroblob(32) WHERE number = 3`,
		"hash of a stub changed": `UPDATE batch SET status = 3, bytes = NULL, hash = zeroblob(32) WHERE number = 2`,
		"batch removed":          `DELETE FROM batch WHERE number = 2`,
	} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		l, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		s := ledgertest.NewSender("MIA-1")
		for range 3 {
			if _, err := l.Append(t.Context(), s.Next()); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		run(t, path, damage)
		_, err = sqlite.Open(t.Context(), sqlite.Options{Path: path})
		var found *sqlite.DamageError
		if !errors.As(err, &found) || found.Chain.Agent != "MIA-1" {
			t.Errorf("%s: got %v, want a DamageError that names the chain", name, err)
		}
	}
}

func run(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_RefusesWhatIsNoLedger(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Path: path}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}
