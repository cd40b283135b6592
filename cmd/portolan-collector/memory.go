package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How memory is traded for processor time: between two collections the heap may grow by spareHeap, but by no less than
// a quarter and no more than ten times of what lives in it. Evidence is garbage as soon as it is stored: at no more than twice, a
// small fleet costs a tenth more processor time. What a question needs for a moment does not count: up to leastLimit, or what lives and
// a quarter more, a collection comes early instead. So 10,000 agents are carried in less than 1 GiB, of which SQLite has 80 MiB.
const (
	spareHeap   = 192 << 20
	leastGrowth = 25 // percent
	mostGrowth  = 1000
	leastLimit  = 800 << 20
	tuneEvery   = 5 * time.Second
)

// tuneMemory sets how far the heap may grow, until ctx is done. The variables GOGC and GOMEMLIMIT say otherwise.
func tuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	ticker := time.NewTicker(tuneEvery)
	defer ticker.Stop()
	for {
		live, beside := memoryNow()
		debug.SetGCPercent(growth(live))
		debug.SetMemoryLimit(limit(live, beside))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// memoryNow returns how many bytes lived in the heap after the last collection, and what there is beside the heap: stacks, and
// what the runtime needs for itself.
func memoryNow() (live, beside uint64) {
	now := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(now)
	beside = now[1].Value.Uint64()
	for _, heap := range now[2:] {
		beside -= heap.Value.Uint64()
	}
	return now[0].Value.Uint64(), beside
}

// growth returns by how many percent a heap may grow of which so many bytes live.
func growth(live uint64) int {
	return int(min(max(spareHeap*100/max(live, 1), leastGrowth), mostGrowth))
}

// limit returns how much memory the runtime should not need more than.
func limit(live, beside uint64) int64 {
	return int64(max(live+live*leastGrowth/100+beside, leastLimit))
}
