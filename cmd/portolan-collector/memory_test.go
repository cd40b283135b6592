package main

import "testing"

func TestGrowth_IsLessForALargeHeap(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 200, 20 << 20: 200, 192 << 20: 100, 480 << 20: 40, 8 << 30: 25} {
		if got := growth(live); got != want {
			t.Errorf("%d bytes live: got %d percent, want %d", live, got, want)
		}
	}
}
