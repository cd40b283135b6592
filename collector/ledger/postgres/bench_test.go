package postgres_test

import (
	"fmt"
	"testing"

	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/postgres"
	"portolan/internal/pgtest"
)

// BenchmarkAppend keeps batches of the size of a live one, from many agents at once, each one durable before the
// agent's next. The server, synced as in production, shares the machine.
func BenchmarkAppend(b *testing.B) {
	durable, err := pgtest.Start(pgtest.Options{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	defer durable.Remove()
	for _, agents := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("agents-%d", agents), func(b *testing.B) {
			name := fmt.Sprintf("bench%d", databases.Add(1))
			if err := durable.Create(name); err != nil {
				b.Fatal(err)
			}
			ledgertest.BenchmarkAppend(b, open(b, postgres.Options{URL: durable.URL(name)}), agents)
		})
	}
}
