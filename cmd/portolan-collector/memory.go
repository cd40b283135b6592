package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How memory is traded for processor time: between two collections the heap may grow by spareHeap, but by no less than
// a quarter and no more than twice of what lives in it. Evidence is garbage as soon as it is stored, so that a small fleet is
// carried with a tenth more results; and that of 10,000 agents in less than 1 GiB.
const (
	spareHeap   = 192 << 20
	leastGrowth = 25 // percent
	mostGrowth  = 200
	tuneEvery   = 5 * time.Second
)

// tuneMemory sets how far the heap may grow, until ctx is done. The variable GOGC says otherwise.
func tuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	ticker := time.NewTicker(tuneEvery)
	defer ticker.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for {
		metrics.Read(live)
		debug.SetGCPercent(growth(live[0].Value.Uint64()))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// growth returns by how many percent a heap may grow of which so many bytes live.
func growth(live uint64) int {
	return int(min(max(spareHeap*100/max(live, 1), leastGrowth), mostGrowth))
}
