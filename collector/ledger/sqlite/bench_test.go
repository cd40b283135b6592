package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// BenchmarkAppend keeps batches of the size of a live one, from many agents at once, each one durable before the
// agent's next.
func BenchmarkAppend(b *testing.B) {
	for _, agents := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("agents-%d", agents), func(b *testing.B) { benchmarkAppend(b, agents) })
	}
}

func benchmarkAppend(b *testing.B, agents int) {
	l, err := Open(context.Background(), Options{Path: filepath.Join(b.TempDir(), "ledger.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	each := (b.N + agents - 1) / agents
	b.ResetTimer()
	var group sync.WaitGroup
	for n := range agents {
		group.Go(func() {
			for offer := range offers(n, each) {
				if _, err := l.Append(context.Background(), offer); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(agents*each)/b.Elapsed().Seconds(), "batches/s")
}

// offers yields a chain of an agent.
func offers(agent, count int) func(yield func(ledger.Offer) bool) {
	return func(yield func(ledger.Offer) bool) {
		o := ledger.Offer{
			Chain: ledger.Chain{Agent: portolan.AgentID(fmt.Sprintf("MIA-%d", agent+1)), Stream: portolan.Stream{byte(agent), byte(agent >> 8)}},
			Lane:  portolan.Live, Status: ledger.Accepted, Bytes: make([]byte, 900), ReceivedAt: 1,
			Content: ledger.Content{Plan: evidence.PlanHash{1}, Records: 15},
		}
		for range count {
			o.Number, o.Previous = o.Number+1, o.Hash
			o.Hash = sha256.Sum256(binary.BigEndian.AppendUint64(o.Hash[:], o.Number))
			at := portolan.Instant(1480000000000000).Add(15e9 * 1)
			o.ReceivedAt = at + portolan.Instant(o.Number*15e6)
			o.Content.Span = portolan.Span{From: o.ReceivedAt - 15e6, To: o.ReceivedAt}
			o.Content.SentAt = o.ReceivedAt
			if !yield(o) {
				return
			}
		}
	}
}
