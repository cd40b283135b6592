package collector

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"portolan"
)

// BenchmarkLoadAtHalf first finds what 64 agents get through, then has them send at half of that, each at times of its
// own, and tells how long acknowledgements take from the batch's first byte on.
func BenchmarkLoadAtHalf(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(heapGrowth))
	const count, findFor = 64, 3 * time.Second
	center := startLoaded(b, "")
	agents := center.enrollAll(b, count)
	full := batchesIn(b, agents, findFor)
	pace := time.Duration(float64(2*count) / full * float64(time.Second)) // of one agent, between two batches
	b.ResetTimer()
	waits := make([][]time.Duration, count)
	begin := time.Now()
	var group sync.WaitGroup
	for n, a := range agents {
		group.Go(func() {
			for turn := range b.N/count + 1 {
				at := begin.Add(pace*time.Duration(turn) + pace*time.Duration(n)/count)
				wait(context.Background(), time.Until(at))
				waits[n] = append(waits[n], a.send(b))
			}
		})
	}
	group.Wait()
	b.StopTimer()
	all := slices.Concat(waits...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all)*resultsABatch)/b.Elapsed().Seconds(), "results/s")
	for _, p := range []struct {
		part float64
		unit string
	}{{0.5, "p50-ms"}, {0.99, "p99-ms"}, {1, "longest-ms"}} {
		at := all[min(int(p.part*float64(len(all))), len(all)-1)]
		b.ReportMetric(float64(at.Microseconds())/1000, p.unit)
	}
}

// batchesIn returns how many batches a second the agents get through.
func batchesIn(b *testing.B, agents []*loader, d time.Duration) float64 {
	end := time.Now().Add(d)
	counts := make([]int, len(agents))
	var group sync.WaitGroup
	for n, a := range agents {
		group.Go(func() {
			for time.Now().Before(end) {
				a.send(b)
				counts[n]++
			}
		})
	}
	group.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(sum) / d.Seconds()
}

// BenchmarkBacklog has agents deliver backlog in batches as agents make them after an outage. What is acknowledged is
// durable; folded counts until figures know it.
func BenchmarkBacklog(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(heapGrowth))
	for _, load := range []struct {
		name  string
		turns int
		bare  bool
	}{{"with-steps", 40, false}, {"without-steps", 400, true}} {
		b.Run(load.name, func(b *testing.B) {
			center := startLoaded(b, "")
			agents := center.enrollAll(b, 16)
			for _, a := range agents {
				a.turns, a.bare, a.next.Lane = load.turns, load.bare, portolan.Backlog
			}
			begun := time.Now()
			center.playAll(b, agents)
			for center.lag(b) > 0 {
				wait(context.Background(), 20*time.Millisecond)
			}
			b.ReportMetric(float64(b.N*agents[0].results())/time.Since(begun).Seconds(), "folded/s")
		})
	}
}

// lag returns how many batches are not stored in figures yet.
func (l *loaded) lag(b *testing.B) float64 {
	lag, err := l.c.projection.Lag(context.Background())
	if err != nil {
		b.Error(err)
	}
	return float64(lag)
}

// watchLag notes how far the projection is behind. The function that it returns reports how far that was at the most in the first
// half of the time and in the second, and at the end: a lag that grows shows.
func (l *loaded) watchLag(b *testing.B) (report func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	lags := []float64{0}
	go func() {
		defer close(ended)
		ticker := time.NewTicker(50 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				lags = append(lags, l.lag(b))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		b.ReportMetric(slices.Max(lags[:len(lags)/2+1]), "batches-lag-first-half")
		b.ReportMetric(slices.Max(lags[len(lags)/2:]), "batches-lag-second-half")
		b.ReportMetric(l.lag(b), "batches-lag-at-end")
	}
}
