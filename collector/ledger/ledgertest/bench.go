package ledgertest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// BenchmarkAppend keeps batches of the size of a live one, of so many agents at once, each durable before the agent's
// next.
func BenchmarkAppend(b *testing.B, l ledger.Ledger, agents int) {
	each := (b.N + agents - 1) / agents
	b.ResetTimer()
	var group sync.WaitGroup
	for n := range agents {
		group.Go(func() {
			o := benchOffer(n)
			for range each {
				nextOffer(&o)
				if _, err := l.Append(context.Background(), o); err != nil {
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

func benchOffer(agent int) ledger.Offer {
	return ledger.Offer{
		Chain: ledger.Chain{Agent: portolan.AgentID(fmt.Sprintf("MIA-%d", agent+1)), Stream: portolan.Stream{byte(agent), byte(agent >> 8)}},
		Lane:  portolan.Live, Status: ledger.Accepted, Bytes: make([]byte, 900), ReceivedAt: Start,
		Content: ledger.Content{Plan: evidence.PlanHash{1}, Records: 15},
	}
}

// nextOffer makes an offer the one that follows it 15 s later.
func nextOffer(o *ledger.Offer) {
	o.Number, o.Previous = o.Number+1, o.Hash
	o.Hash = sha256.Sum256(binary.BigEndian.AppendUint64(o.Hash[:], o.Number))
	o.ReceivedAt = o.ReceivedAt.Add(15e9)
	o.Content.Span, o.Content.SentAt = portolan.Span{From: o.ReceivedAt.Add(-15e9), To: o.ReceivedAt}, o.ReceivedAt
}
