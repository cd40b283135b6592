package availability

import (
	"math/big"
	"math/bits"
)

// Uint128 is a whole number of up to 128 bits. A weighted time of one series-hour is below 2^84, so that a sum
// has room for 2^44 of them. The zero value is 0.
type Uint128 struct {
	Hi, Lo uint64
}

// product returns a x b.
func product(a, b uint64) Uint128 {
	hi, lo := bits.Mul64(a, b)
	return Uint128{Hi: hi, Lo: lo}
}

// Add returns u + o.
func (u Uint128) Add(o Uint128) Uint128 {
	lo, carry := bits.Add64(u.Lo, o.Lo, 0)
	hi, _ := bits.Add64(u.Hi, o.Hi, carry)
	return Uint128{Hi: hi, Lo: lo}
}

// Sub returns u - o; o must not be the greater.
func (u Uint128) Sub(o Uint128) Uint128 {
	lo, borrow := bits.Sub64(u.Lo, o.Lo, 0)
	hi, _ := bits.Sub64(u.Hi, o.Hi, borrow)
	return Uint128{Hi: hi, Lo: lo}
}

// IsZero reports whether u is 0.
func (u Uint128) IsZero() bool { return u == Uint128{} }

// String returns u in decimal.
func (u Uint128) String() string { return u.big().String() }

func (u Uint128) big() *big.Int {
	n := new(big.Int).SetUint64(u.Hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(u.Lo))
}

// Ratio is an exact fraction: design 3.11 wants "division only when printing". The zero Ratio does not exist.
type Ratio struct {
	Num, Den Uint128
}

// Exists reports whether the ratio has a value: whether there was anything to divide by.
func (r Ratio) Exists() bool { return !r.Den.IsZero() }

// Float64 returns the float nearest to the ratio, 0 if it does not exist: ask Exists first.
func (r Ratio) Float64() float64 {
	if !r.Exists() {
		return 0
	}
	f, _ := r.rat().Float64()
	return f
}

// Decimal returns the ratio with this many digits after the point, correctly rounded (a tie goes up), or "none" if
// it does not exist.
func (r Ratio) Decimal(places int) string {
	if !r.Exists() {
		return "none"
	}
	return r.rat().FloatString(max(0, places))
}

// Percent returns the ratio in hundredths with this many digits after the point, correctly rounded (a tie goes up),
// or "none" if it does not exist.
func (r Ratio) Percent(places int) string {
	if !r.Exists() {
		return "none"
	}
	hundred := new(big.Rat).SetInt64(100)
	return hundred.Mul(hundred, r.rat()).FloatString(max(0, places))
}

func (r Ratio) rat() *big.Rat { return new(big.Rat).SetFrac(r.Num.big(), r.Den.big()) }
