package effect_test

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/effect"
)

func instant(t testing.TB, text string) portolan.Instant {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return portolan.InstantOf(at)
}

// On 28 December 2016 the validation of manifests was changed (OIG-17-114). Nothing came of it until 2 January 2017, when the
// load after the holidays met the slower code for four hours: the step that asks APIS, usually 0.9 s, took up to 12 s.
func TestCompare_HarmThatComesWithLoadDaysLater(t *testing.T) {
	t.Parallel()
	change := portolan.Span{From: instant(t, "2016-12-28T15:00:00Z"), To: instant(t, "2016-12-28T15:30:00Z")}
	stop := portolan.Span{From: instant(t, "2017-01-02T22:00:00Z"), To: instant(t, "2017-01-03T02:00:00Z")}
	pairs := effect.Pairs(change, instant(t, "2017-01-06T00:00:00Z"), nil)
	random := rand.New(rand.NewPCG(28, 12))
	values := map[portolan.Instant]int64{}
	for at := change.From.Hour().Add(-40 * 24 * time.Hour); at < instant(t, "2017-01-06T00:00:00Z"); at = at.Add(time.Hour) {
		values[at] = 900_000 + int64(random.NormFloat64()*40_000)
		if stop.Contains(at) {
			values[at] = 12_000_000
		}
	}
	values[instant(t, "2016-12-14T09:00:00Z")] = 9_000_000 // an outage of its own in a past week
	d := effect.Compare(pairs, values, effect.Measure{Least: 90_000, Seed: 1})
	if len(d.Standing) != 1 || d.Standing[0].Span != stop {
		t.Fatalf("stands out: got %+v, want %+v alone", d.Standing, stop)
	}
	if d.Standing[0].Change < 11_000_000 || d.Usual > 200_000 || d.Hours != 200 || d.Weeks != effect.Weeks {
		t.Errorf("got %+v", d)
	}
	if d.Low > 100_000 || d.High < 200_000 || d.Change < d.Low || d.High < d.Change {
		t.Errorf("over all hours: got %d in [%d, %d], want about 222,000", d.Change, d.Low, d.High)
	}
}

func TestPairs_SameHoursOfTheNewestWeeksBefore(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	// Clocks went forward on 12 March 2017 at 02:00, that is from UTC-5 to UTC-4.
	change := portolan.Span{From: instant(t, "2017-03-10T14:20:00Z"), To: instant(t, "2017-03-10T14:40:00Z")}
	pairs := effect.Pairs(change, instant(t, "2017-04-30T00:00:00Z"), zone)
	if got, want := len(pairs), 14*24; got != want {
		t.Fatalf("got %d pairs, want %d", got, want)
	}
	for _, c := range []struct {
		n             int
		after, before string
	}{
		{0, "2017-03-10T15:00:00Z", "2017-03-03T15:00:00Z"},
		{48, "2017-03-12T15:00:00Z", "2017-03-05T16:00:00Z"},     // 11:00 in New York on both days
		{7 * 24, "2017-03-17T15:00:00Z", "2017-03-03T16:00:00Z"}, // the week before is after the change
	} {
		if got := pairs[c.n]; got.After != instant(t, c.after) || got.Before[0] != instant(t, c.before) {
			t.Errorf("pair %d: got %s and %s, want %s and %s", c.n, got.After, got.Before[0], c.after, c.before)
		}
	}
}

func TestCompare_SaysWhyThereIsNoDifference(t *testing.T) {
	t.Parallel()
	change := portolan.Span{From: instant(t, "2017-03-10T14:00:00Z"), To: instant(t, "2017-03-10T14:00:00Z")}
	pairs := effect.Pairs(change, change.To.Add(10*time.Hour), nil)
	week := map[portolan.Instant]int64{}
	for _, p := range pairs {
		week[p.After], week[p.Before[0]] = 1, 1
	}
	before := map[portolan.Instant]int64{}
	for _, p := range pairs {
		before[p.Before[0]], before[p.Before[1]] = 1, 1
	}
	for want, got := range map[string]effect.Difference{
		"no whole hour has passed since":                 effect.Compare(effect.Pairs(change, change.To.Add(59*time.Minute), nil), week, effect.Measure{}),
		"fewer than two of the past weeks were measured": effect.Compare(pairs, week, effect.Measure{}),
		"nothing was measured since":                     effect.Compare(pairs, before, effect.Measure{}),
	} {
		if got.Why != want {
			t.Errorf("got %q, want %q", got.Why, want)
		}
	}
}

// Half of the hours of a day are worse after the change by as much as 50, less than two deviations of the noise of hours that
// follow each other: 95 % confidence holds the mean of 25 in most of the histories drawn. Where nothing changed, nothing stands
// out in most.
func TestCompare_BoundsHoldTheTruth(t *testing.T) {
	t.Parallel()
	change := portolan.Span{From: instant(t, "2017-03-10T00:00:00Z"), To: instant(t, "2017-03-10T00:00:00Z")}
	pairs := effect.Pairs(change, change.To.Add(effect.Follow), nil)
	random, held, narrow, alarmed := rand.New(rand.NewPCG(1, 2)), 0, 0, 0
	const histories = 200
	for n := range histories {
		values, noise := map[portolan.Instant]int64{}, 0.0
		for at := change.To.Add(-7 * 7 * 24 * time.Hour); at < change.To.Add(effect.Follow); at = at.Add(time.Hour) {
			noise = 0.7*noise + random.NormFloat64()*20
			values[at] = 1000 + int64(noise)
		}
		if d := effect.Compare(pairs, values, effect.Measure{Seed: uint64(n)}); len(d.Standing) > 0 {
			alarmed++
		}
		for _, p := range pairs {
			if local := p.After.Time().Hour(); local >= 8 && local < 20 {
				values[p.After] += 50
			}
		}
		d := effect.Compare(pairs, values, effect.Measure{Seed: uint64(n)})
		if d.Low <= 25 && 25 <= d.High {
			held++
		}
		if d.Low > 0 {
			narrow++
		}
	}
	t.Logf("of %d histories: bounds held the truth in %d and were above 0 in %d; without a change something stood out in %d", histories, held, narrow, alarmed)
	if held < histories*9/10 || narrow < histories*9/10 || alarmed > histories/20 {
		t.Error("want bounds that hold the truth, and not 0, in nine of ten, and false stretches in one of twenty at most")
	}
}

// drawn is a history: values of some hours around a change.
func drawn(t *rapid.T) (pairs []effect.Pair, values map[portolan.Instant]int64, m effect.Measure) {
	start := portolan.Instant(1_489_000_000_000_000).Add(time.Duration(rapid.IntRange(0, 10_000_000).Draw(t, "start")) * time.Millisecond)
	change := portolan.Span{From: start, To: start.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)}
	pairs = effect.Pairs(change, change.To.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "hours"))*time.Hour), nil)
	values = map[portolan.Instant]int64{}
	random := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1000).Draw(t, "values")), 7))
	share := rapid.Float64Range(0.2, 1).Draw(t, "measured")
	for _, p := range pairs {
		for _, at := range append([]portolan.Instant{p.After}, p.Before[:]...) {
			if random.Float64() < share {
				values[at] = random.Int64N(1_000_000)
			}
		}
	}
	return pairs, values, effect.Measure{
		LowerIsWorse: rapid.Bool().Draw(t, "lower"), Least: int64(rapid.IntRange(0, 500_000).Draw(t, "least")), Seed: rapid.Uint64().Draw(t, "seed"),
	}
}

func TestCompare_HoldsForEveryHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pairs, values, m := drawn(t)
		d := effect.Compare(pairs, values, m)
		if d.Why != "" {
			if d.Hours != 0 || d.Change != 0 {
				t.Fatalf("%q, and yet %+v", d.Why, d)
			}
			return
		}
		if d.Low > d.Change || d.Change > d.High || d.Usual < 0 || d.Hours > len(pairs) || d.Weeks < 2 {
			t.Fatalf("got %+v", d)
		}
		for i, s := range d.Standing {
			worse := s.Change
			if m.LowerIsWorse {
				worse = -worse
			}
			if worse <= max(d.Usual, m.Least) || s.Span.Duration() < 2*time.Hour || i > 0 && s.Span.From <= d.Standing[i-1].Span.To {
				t.Fatalf("stretch %d stands out: %+v", i, d)
			}
		}
	})
}

// What is added to every hour after the change, and to none before, is the difference, to the last unit; and mirrored values
// differ as much the other way.
func TestCompare_ShiftsAndMirrors(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pairs, values, m := drawn(t)
		d := effect.Compare(pairs, values, m)
		if d.Why != "" {
			return
		}
		mirrored := map[portolan.Instant]int64{}
		for at, v := range values {
			mirrored[at] = -v
		}
		m.LowerIsWorse = !m.LowerIsWorse
		if other := effect.Compare(pairs, mirrored, m); other.Change != -d.Change || other.Usual != d.Usual || len(other.Standing) != len(d.Standing) {
			t.Fatalf("mirrored: got %+v of %+v", other, d)
		}
		m.LowerIsWorse = !m.LowerIsWorse
		by := int64(rapid.IntRange(1, 1000).Draw(t, "by")) * 1_000_000
		shifted := maps.Clone(values)
		for _, p := range pairs {
			if v, ok := values[p.After]; ok {
				shifted[p.After] = v + by
			}
		}
		other := effect.Compare(pairs, shifted, m)
		for _, pair := range [][2]int64{{d.Change, other.Change}, {d.Low, other.Low}, {d.High, other.High}} {
			if off := pair[1] - pair[0] - by; off < -1 || off > 1 { // both are rounded towards 0
				t.Fatalf("shifted by %d: got %+v of %+v", by, other, d)
			}
		}
	})
}

// A stretch of harm that is greater than all that is usual is found where it is, and nothing else is.
func TestCompare_FindsHarmWhereItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pairs, _, m := drawn(t)
		if len(pairs) < 2 {
			return
		}
		values := map[portolan.Instant]int64{}
		random := rand.New(rand.NewPCG(3, uint64(rapid.IntRange(0, 1000).Draw(t, "calm"))))
		for _, p := range pairs {
			for _, at := range append([]portolan.Instant{p.After}, p.Before[:]...) {
				values[at] = random.Int64N(1000)
			}
		}
		first := rapid.IntRange(0, len(pairs)-2).Draw(t, "first")
		last := rapid.IntRange(first+1, len(pairs)-1).Draw(t, "last")
		harm := m.Least + 3000
		if m.LowerIsWorse {
			harm = -harm
		}
		for _, p := range pairs[first : last+1] {
			values[p.After] += harm
		}
		m.Least = max(m.Least, 1500)
		want := portolan.Span{From: pairs[first].After, To: pairs[last].After.Add(time.Hour)}
		if d := effect.Compare(pairs, values, m); len(d.Standing) != 1 || d.Standing[0].Span != want {
			t.Fatalf("got %+v, want %+v", d.Standing, want)
		}
	})
}
