package projection

import (
	"math"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// bins tells which bin of the scale a value is in, as the scale does, but without a logarithm for values that are measured: all
// values of a cell, which share their exponent and the first bits of their mantissa, lie in one bin or in the next one.
type bins struct {
	*mapping.LogarithmicMapping
	cells []cellOfBins // from the cell of leastMeasured on
}

// cellOfBins is the bin of a cell's least value, and the least value of the next bin.
type cellOfBins struct {
	bin  int
	next float64
}

const (
	cellShift     = 52 - 7 // a cell is narrower than a bin: 2^-7 is less than 2 %
	leastMeasured = 1e-6   // seconds
	mostMeasured  = 1e4
)

func cellOf(seconds float64) int {
	return int(math.Float64bits(seconds)>>cellShift) - int(math.Float64bits(leastMeasured)>>cellShift)
}

func newBins() (*bins, error) {
	scale, err := newScale()
	if err != nil {
		return nil, err
	}
	b := &bins{LogarithmicMapping: scale, cells: make([]cellOfBins, cellOf(mostMeasured)+1)}
	first := math.Float64bits(leastMeasured) >> cellShift
	for i := range b.cells {
		least, end := (first+uint64(i))<<cellShift, (first+uint64(i)+1)<<cellShift
		bin := scale.Index(math.Float64frombits(least))
		for least < end { // the first value of another bin, by halving
			if middle := least + (end-least)/2; scale.Index(math.Float64frombits(middle)) == bin {
				least = middle + 1
			} else {
				end = middle
			}
		}
		b.cells[i] = cellOfBins{bin, math.Float64frombits(end)}
	}
	return b, nil
}

// Index returns the bin of a value.
func (b *bins) Index(seconds float64) int {
	if at := cellOf(seconds); at >= 0 && at < len(b.cells) {
		c := &b.cells[at]
		if seconds < c.next {
			return c.bin
		}
		return c.bin + 1
	}
	return b.LogarithmicMapping.Index(seconds)
}
