package postgres_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"portolan/collector/ledger"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/postgres"
	"portolan/internal/pgtest"
)

// server is one for all tests of this package, with a database for each.
var (
	server    *pgtest.Server
	databases atomic.Int64
)

func TestMain(m *testing.M) {
	var err error
	if server, err = pgtest.Start(pgtest.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := server.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// database returns the URL of an empty database.
func database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("ledger%d", databases.Add(1))
	if err := server.Create(name); err != nil {
		t.Fatal(err)
	}
	return server.URL(name)
}

func open(t testing.TB, o postgres.Options) *postgres.Ledger {
	t.Helper()
	l, err := postgres.Open(t.Context(), o)
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

func TestLedger_Contract(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T) ledger.Ledger {
		return open(t, postgres.Options{URL: database(t), AsideBytes: ledgertest.AsideBytes, Connections: 4})
	})
}
