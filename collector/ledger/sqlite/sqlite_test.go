package sqlite_test

import (
	"path/filepath"
	"testing"

	"portolan/collector/ledger"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/sqlite"
)

func TestLedger_Contract(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T) ledger.Ledger {
		return open(t, sqlite.Options{Path: filepath.Join(t.TempDir(), "ledger.db"), AsideBytes: ledgertest.AsideBytes})
	})
}

func open(t *testing.T, options sqlite.Options) *sqlite.Ledger {
	t.Helper()
	l, err := sqlite.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}
