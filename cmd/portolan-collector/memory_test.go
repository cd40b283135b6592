package main

import (
	"runtime"
	"testing"
)

func TestGrowth_IsLessForALargeHeap(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 1000, 24 << 20: 800, 192 << 20: 100, 480 << 20: 40, 8 << 30: 25} {
		if got := growth(live); got != want {
			t.Errorf("%d bytes live: got %d percent, want %d", live, got, want)
		}
	}
}

func TestLimit_LeavesALargeHeapAQuarter(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int64{0: 800 << 20, 400 << 20: 800 << 20, 800 << 20: 1100 << 20} {
		if got := limit(live, 100<<20); got != want {
			t.Errorf("%d bytes live: got %d, want %d", live, got, want)
		}
	}
}

func TestMemoryNow_TellsHeapAndRestApart(t *testing.T) {
	t.Parallel()
	runtime.GC() // what lives is known after a collection
	live, beside := memoryNow()
	if live == 0 || live > 1<<30 || beside < 1<<20 || beside > 1<<30 {
		t.Errorf("got %d bytes live and %d beside the heap", live, beside)
	}
}
