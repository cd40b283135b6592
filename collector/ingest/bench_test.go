package ingest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"portolan"
)

// BenchmarkIngest takes in batches of 15 results, signed, from many agents at once, each one durable in SQLite
// before the agent's next: what one collector can acknowledge.
func BenchmarkIngest(b *testing.B) {
	for _, agents := range []int{1, 64} {
		b.Run(fmt.Sprintf("agents-%d", agents), func(b *testing.B) { benchmarkIngest(b, agents) })
	}
}

func benchmarkIngest(b *testing.B, agents int) {
	c := newCenter(b, false, nil)
	routes := c.ingest.Routes()
	each := (b.N + agents - 1) / agents
	bodies := make([][][]byte, agents)
	size := 0
	for n := range agents {
		a := c.enroll(b, portolan.AgentID(fmt.Sprintf("MIA-%d", n+1)))
		for range each {
			body := a.seal(b, 15, a.key).Bytes
			bodies[n] = append(bodies[n], body)
			size += len(body)
		}
	}
	b.ResetTimer()
	var group sync.WaitGroup
	for n := range agents {
		group.Go(func() {
			for _, body := range bodies[n] {
				request := httptest.NewRequest(http.MethodPost, "/ingest/v1/batches", bytes.NewReader(body))
				request.Header.Set("Content-Type", "application/vnd.portolan.batch")
				w := httptest.NewRecorder()
				if routes.ServeHTTP(w, request); w.Code != http.StatusOK {
					b.Errorf("answered %d %s", w.Code, w.Body)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(agents*each)/b.Elapsed().Seconds(), "batches/s")
	b.ReportMetric(float64(size)/float64(agents*each), "bytes/batch")
}
