package netpath

import "math"

// million is the whole: shares are in millionths.
const million = 1_000_000

// wilson returns the bounds between which the true share lies with 95 % confidence, if k of n were seen
// (Wilson's score interval, which holds for few trials and for none and all).
func wilson(k, n int) (low, high float64) {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	middle := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (middle-half)/(1+z*z/m)), min(1, (middle+half)/(1+z*z/m))
}
