package availability_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"portolan/availability"
)

func ratio(num, den uint64) availability.Ratio {
	return availability.Ratio{Num: availability.Uint128{Lo: num}, Den: availability.Uint128{Lo: den}}
}

func TestRatio_Decimal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ratio  availability.Ratio
		places int
		want   string
	}{
		"rounds-up":          {ratio(2, 3), 4, "0.6667"},
		"rounds-down":        {ratio(1, 3), 4, "0.3333"},
		"tie-goes-up":        {ratio(1, 8), 2, "0.13"},
		"carries":            {ratio(9999, 10000), 3, "1.000"},
		"whole":              {ratio(7, 7), 3, "1.000"},
		"no-places":          {ratio(1, 2), 0, "1"},
		"fewer-than-none":    {ratio(1, 3), -4, "0"},
		"nothing-to-divide":  {ratio(3, 0), 2, "none"},
		"beyond-float64":     {ratio(1<<63-1, 1<<63), 20, "0.99999999999999999989"},
		"more-than-64-bits":  {availability.Ratio{Num: availability.Uint128{Hi: 3}, Den: availability.Uint128{Hi: 4}}, 2, "0.75"},
		"objective-just-met": {ratio(9970, 10000), 3, "0.997"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.ratio.Decimal(c.places); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestRatio_Percent(t *testing.T) {
	t.Parallel()
	if got, want := ratio(99_7049, 100_0000).Percent(2), "99.70"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := ratio(0, 0).Percent(2), "none"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRatio_Float64IsTheNearest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := availability.Ratio{Num: drawUint128(t, "num"), Den: drawUint128(t, "den")}
		if !r.Exists() {
			return
		}
		want, _ := rat(r).Float64()
		if got := r.Float64(); got != want {
			t.Fatalf("%s/%s: got %v, want %v", r.Num, r.Den, got, want)
		}
	})
}

func TestRatio_Float64OfNone(t *testing.T) {
	t.Parallel()
	if got := ratio(5, 0); got.Float64() != 0 || got.Exists() {
		t.Errorf("got %v, want a ratio that does not exist, and 0", got.Float64())
	}
}

func TestUint128_AddAndSub(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawUint128(t, "a"), drawUint128(t, "b")
		sum := new(big.Int).Add(whole(a), whole(b))
		if sum.BitLen() <= 128 && whole(a.Add(b)).Cmp(sum) != 0 {
			t.Fatalf("%s + %s: got %s, want %s", a, b, a.Add(b), sum)
		}
		if got := a.Add(b).Sub(b); got != a {
			t.Fatalf("%s + %s - the same: got %s", a, b, got)
		}
	})
}

func drawUint128(t *rapid.T, label string) availability.Uint128 {
	return availability.Uint128{Hi: rapid.Uint64().Draw(t, label+" high"), Lo: rapid.Uint64().Draw(t, label+" low")}
}
