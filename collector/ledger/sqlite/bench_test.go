package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/sqlite"
)

// BenchmarkAppend keeps batches of the size of a live one, from many agents at once, each one durable before the
// agent's next.
func BenchmarkAppend(b *testing.B) {
	for _, agents := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("agents-%d", agents), func(b *testing.B) {
			l, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "ledger.db")})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			ledgertest.BenchmarkAppend(b, l, agents)
		})
	}
}
