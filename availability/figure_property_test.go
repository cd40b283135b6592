package availability_test

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/availability"
)

func drawWeight(t *rapid.T) portolan.Weight {
	return portolan.Weight(rapid.IntRange(int(portolan.WeightTime), int(portolan.WeightTraveler)).Draw(t, "weight"))
}

func TestFigure_AgreesWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t)
		weight, window := drawWeight(t), f.world.span(t, "window")
		sum := f.sum(weight, window)
		got, want := sum.Figure(), f.truth(weight, window)

		checkRatio(t, "end-user", got.EndUser.Ratio, want.up, want.monitored)
		checkRatio(t, "end-user low", got.EndUser.Low, want.low, want.inService)
		checkRatio(t, "end-user high", got.EndUser.High, want.high, want.inService)
		checkRatio(t, "conventional", got.Conventional.Ratio, want.conventional, want.monitored)
		checkRatio(t, "conventional low", got.Conventional.Low, want.conventionalLow, want.inService)
		checkRatio(t, "conventional high", got.Conventional.High, want.convHigh, want.inService)
		checkRatio(t, "without maintenance", got.WithoutMaintenance.Ratio, want.openUp, want.open)
		checkRatio(t, "without maintenance low", got.WithoutMaintenance.Low, want.openLow, want.openKnown)
		checkRatio(t, "without maintenance high", got.WithoutMaintenance.High, want.openHigh, want.openKnown)
		checkRatio(t, "coverage", got.Coverage, want.monitored, want.inService)
		d := got.Difference
		for i, part := range []availability.Ratio{d.Maintenance, d.Slow, d.Dependency, d.Network} {
			checkRatio(t, "part of the difference", part, want.parts[i], want.monitored)
		}
		for i, total := range []availability.Total{got.Up, got.Slow, got.Down, got.Unmonitored} {
			seconds := float64(want.plain[i]) * (5 * time.Minute).Seconds()
			if total.Seconds() != seconds {
				t.Fatalf("total %d: got %v s, want %v", i, total.Seconds(), seconds)
			}
		}
	})
}

// checkRatio fails unless got is num/den, or does not exist where den is zero.
func checkRatio(t *rapid.T, what string, got availability.Ratio, num, den *big.Int) {
	if den.Sign() == 0 {
		if got.Exists() {
			t.Fatalf("%s: got %s/%s, want none", what, got.Num, got.Den)
		}
		return
	}
	if want := new(big.Rat).SetFrac(num, den); !got.Exists() || rat(got).Cmp(want) != 0 {
		t.Fatalf("%s: got %s/%s, want %s", what, got.Num, got.Den, want)
	}
}

func TestFigure_LiesWithinItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t)
		sum := f.sum(drawWeight(t), f.world.span(t, "window"))
		got := sum.Figure()
		for _, b := range []availability.Bounded{got.EndUser, got.Conventional, got.WithoutMaintenance} {
			if b.Ratio.Exists() != (b.Why == "") {
				t.Fatalf("a ratio %v with the reason %q", b.Ratio, b.Why)
			}
			if !b.Ratio.Exists() {
				continue
			}
			low, ratio, high := rat(b.Low), rat(b.Ratio), rat(b.High)
			if low.Sign() < 0 || low.Cmp(ratio) > 0 || ratio.Cmp(high) > 0 || high.Cmp(big.NewRat(1, 1)) > 0 {
				t.Fatalf("got %s in [%s %s], want it in its bounds, and those in [0 1]", ratio, low, high)
			}
		}
	})
}

func TestFigure_PartsOfTheDifferenceSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t)
		sum := f.sum(drawWeight(t), f.world.span(t, "window"))
		got := sum.Figure()
		if !got.EndUser.Ratio.Exists() {
			return
		}
		d := got.Difference
		parts := new(big.Rat)
		for _, part := range []availability.Ratio{d.Maintenance, d.Slow, d.Dependency, d.Network, d.Other} {
			parts.Add(parts, rat(part))
		}
		want := new(big.Rat).Sub(rat(got.Conventional.Ratio), rat(got.EndUser.Ratio))
		if parts.Cmp(want) != 0 || !d.Other.Num.IsZero() {
			t.Fatalf("parts %+v: sum %s, want %s, and nothing other", d, parts, want)
		}
	})
}

func TestSum_SplittingAWindowAndMergingAgrees(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFleet(t)
		weight, window := drawWeight(t), f.world.span(t, "window")
		cut := window.From + portolan.Instant(rapid.Int64Range(0, int64(window.To-window.From)).Draw(t, "cut"))

		whole := f.sum(weight, window)
		first := f.sum(weight, portolan.Span{From: window.From, To: cut})
		second := f.sum(weight, portolan.Span{From: cut, To: window.To})
		second.Merge(&first)
		if second != whole {
			t.Fatalf("cut at %v: got %+v, want %+v", cut, second, whole)
		}
	})
}

func TestSum_MergesInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var whole availability.Sum
		parts := make([]availability.Sum, rapid.IntRange(1, 4).Draw(t, "parts"))
		for i := range rapid.IntRange(1, 6).Draw(t, "series-hours") {
			weight, tally := rapid.Uint64().Draw(t, "weight"), drawTally(t)
			whole.Add(weight, tally)
			parts[i%len(parts)].Add(weight, tally)
		}
		var merged availability.Sum
		for _, i := range rapid.Permutation(indexes(parts)).Draw(t, "order") {
			merged.Merge(&parts[i])
		}
		if merged != whole {
			t.Fatalf("got %+v, want %+v", merged, whole)
		}
	})
}

func indexes(parts []availability.Sum) []int {
	var all []int
	for i := range parts {
		all = append(all, i)
	}
	return all
}

func drawTally(t *rapid.T) availability.Tally {
	var tally availability.Tally
	for c := range availability.Classes {
		all := rapid.Int64Range(0, 3_600_000_000).Draw(t, "time")
		tally.Time[c] = all
		tally.Uncertain[c] = rapid.Int64Range(0, all).Draw(t, "uncertain")
		tally.Planned[c] = rapid.Int64Range(0, all).Draw(t, "planned")
		tally.PlannedUncertain[c] = rapid.Int64Range(0, min(tally.Uncertain[c], tally.Planned[c])).Draw(t, "planned uncertain")
	}
	return tally
}

func TestTally_SplittingAWindowAndMergingAgrees(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := micro()
		segments, window := fold(w.events(t), w.whole()), w.span(t, "window")
		planned := availability.Planned([]availability.Maintenance{{Span: w.span(t, "work")}, {Span: w.span(t, "work")}})
		cut := window.From + portolan.Instant(rapid.Int64Range(0, int64(window.To-window.From)).Draw(t, "cut"))

		whole := availability.TallyOf(segments, window, planned)
		parts := availability.TallyOf(segments, portolan.Span{From: window.From, To: cut}, planned)
		parts.Merge(availability.TallyOf(segments, portolan.Span{From: cut, To: window.To}, planned))
		if parts != whole {
			t.Fatalf("cut at %v: got %+v, want %+v", cut, parts, whole)
		}
	})
}

func TestWeigh_SharesOfAPortHourSumToIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		group := rapid.SliceOfN(rapid.Uint32Range(1, 1<<32-1), 1, 20).Draw(t, "shares")
		volume := rapid.Uint32().Draw(t, "volume")
		var shares, port, travelers uint64
		for _, share := range group {
			shares += uint64(share)
		}
		for _, share := range group {
			port += availability.Weigh(portolan.WeightPort, share, shares, volume)
			travelers += availability.Weigh(portolan.WeightTraveler, share, shares, volume)
			if got := availability.Weigh(portolan.WeightTime, share, shares, volume); got != 1_000_000*uint64(share) {
				t.Fatalf("weigh by time: got %d for share %d", got, share)
			}
		}
		checkRoundedDown(t, port, 1_000_000, len(group))
		checkRoundedDown(t, travelers, 1_000_000*uint64(volume), len(group))
	})
}

// checkRoundedDown fails unless sum is below total by less than one for each of its parts.
func checkRoundedDown(t *rapid.T, sum, total uint64, parts int) {
	if sum > total || total-sum >= uint64(parts) {
		t.Fatalf("weights sum to %d, want %d less at most one for each of %d", sum, total, parts)
	}
}
