package nistitl

import (
	"math"
	"math/rand/v2"
)

// Pattern returns an image of so many pixels that stands for a print and is none: two gratings of straight lines
// that cross, as in woven cloth. No finger has that, and it has no point at which a ridge ends or forks. The same
// source gives the same pattern.
func Pattern(r *rand.Rand, width, height int) []byte {
	type grating struct{ x, y, phase float64 }
	var gratings [2]grating
	tilt := r.Float64() * math.Pi
	for n := range gratings {
		angle := tilt + float64(n)*math.Pi/2
		lines := 2 * math.Pi / (6 + 6*r.Float64()) // six to twelve pixels from line to line
		gratings[n] = grating{lines * math.Cos(angle), lines * math.Sin(angle), 2 * math.Pi * r.Float64()}
	}
	pixels := make([]byte, width*height)
	for i := range pixels {
		x, y := float64(i%width), float64(i/width)
		light := 0.0
		for _, g := range gratings {
			light += math.Sin(g.x*x + g.y*y + g.phase)
		}
		pixels[i] = byte(math.Round(127.5 + light*63))
	}
	return pixels
}
