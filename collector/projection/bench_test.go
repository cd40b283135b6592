package projection

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
)

// BenchmarkProjection_Fold folds two hours of a hundred agents with five series each, a batch a minute.
func BenchmarkProjection_Fold(b *testing.B) {
	const agents, minutes = 100, 120
	l, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(b.TempDir(), "ledger.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	transactions := []portolan.TransactionID{"one", "two", "three", "four", "five"}
	fleet := make([]*fake, agents)
	for i := range fleet {
		fleet[i] = &fake{ledger: l, plan: planOf(transactions...)}
		fleet[i].chain = ledger.Chain{Agent: portolan.AgentID(fmt.Sprintf("MIA-%d", i)), Stream: portolan.Stream{byte(i), 1}}
	}
	for m := range minutes {
		for _, f := range fleet {
			at := day.Add(time.Duration(m) * time.Minute)
			for i, transaction := range transactions {
				f.run(transaction, at.Add(time.Duration(i)*time.Second), portolan.Good)
			}
			if err := f.append(portolan.Live, at.Add(10*time.Second), f.made[len(f.made)-len(transactions):]...); err != nil {
				b.Fatal(err)
			}
		}
	}
	p, err := New(context.Background(), Options{Ledger: l})
	if err != nil {
		b.Fatal(err)
	}
	results := 0
	for b.Loop() {
		if err := p.Rebuild(context.Background()); err != nil {
			b.Fatal(err)
		}
		results += agents * minutes * len(transactions)
	}
	b.ReportMetric(float64(results)/b.Elapsed().Seconds(), "results/s")
}
