package availability_test

import (
	"math/big"

	"portolan/availability"
)

// rat returns a ratio as the standard library holds it.
func rat(r availability.Ratio) *big.Rat {
	return new(big.Rat).SetFrac(whole(r.Num), whole(r.Den))
}

func whole(u availability.Uint128) *big.Int {
	n, ok := new(big.Int).SetString(u.String(), 10)
	if !ok {
		panic("a number that does not read as one: " + u.String())
	}
	return n
}

func sameRatio(r availability.Ratio, num, den uint64) bool {
	if !r.Exists() || den == 0 {
		return false
	}
	want := new(big.Rat).SetFrac(new(big.Int).SetUint64(num), new(big.Int).SetUint64(den))
	return rat(r).Cmp(want) == 0
}
