package effect

import (
	"math/bits"
	"slices"
	"time"
)

// Bounds are drawn: hours that follow each other share what troubles them, and so do those of a week.
const (
	// block is how many hours are drawn together.
	block = 6 * time.Hour
	// draws is how often the mean difference is drawn anew.
	draws = 1000
	// fewBlocks is fewer than can be drawn from: the bounds are then those of the single hours.
	fewBlocks = 4
)

// bounds returns what the mean difference lies between with 95 % confidence, by drawing blocks of hours and past weeks with
// replacement.
func bounds(hours []hour, weeks []int, seed uint64) (low, high int64) {
	blocks := blocksOf(hours)
	if len(blocks) < fewBlocks {
		return widest(hours, weeks)
	}
	random := random(seed)
	known := map[[Weeks]int][]sum{}
	var means []int64
	for range draws {
		drawn, times := make([]int, len(weeks)), [Weeks]int{}
		for j := range drawn {
			drawn[j] = weeks[random.below(len(weeks))]
			times[drawn[j]]++
		}
		if known[times] == nil {
			known[times] = sums(blocks, drawn)
		}
		var all sum
		for range blocks {
			b := &known[times][random.below(len(blocks))]
			all.hours, all.before, all.after = all.hours+b.hours, all.before+b.before, all.after+b.after
		}
		if all.hours > 0 { // else the drawn weeks have nothing in the drawn hours
			means = append(means, all.change())
		}
	}
	if len(means) == 0 {
		return widest(hours, weeks)
	}
	slices.Sort(means)
	return means[len(means)/40], means[len(means)-1-len(means)/40]
}

// widest returns the least and the greatest difference of a single hour.
func widest(hours []hour, weeks []int) (low, high int64) {
	for i := range hours {
		median, _ := hours[i].median(weeks)
		change := hours[i].after - median
		if i == 0 {
			low, high = change, change
		}
		low, high = min(low, change), max(high, change)
	}
	return low, high
}

func blocksOf(hours []hour) (blocks [][]hour) {
	for from := 0; from < len(hours); {
		to, end := from, hours[from].at.Add(block)
		for to < len(hours) && hours[to].at < end {
			to++
		}
		blocks, from = append(blocks, hours[from:to]), to
	}
	return blocks
}

// sums adds up each block, held against the medians of some weeks.
func sums(blocks [][]hour, weeks []int) []sum {
	all := make([]sum, len(blocks))
	for i, hours := range blocks {
		for j := range hours {
			if median, ok := hours[j].median(weeks); ok {
				all[i].add(hours[j].after, median)
			}
		}
	}
	return all
}

// random is the generator SplitMix64: what it draws from a seed is the same everywhere and in every release.
type random uint64

func (r *random) below(n int) int {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	drawn, _ := bits.Mul64(z^z>>31, uint64(n))
	return int(drawn)
}
