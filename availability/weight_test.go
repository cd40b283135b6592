package availability_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
)

func TestDefaultWeight_TravelerOnlyWithAllVolumes(t *testing.T) {
	t.Parallel()
	window := portolan.Span{From: 100, To: 200}
	whole := []portolan.Span{{From: 0, To: 300}}
	for name, c := range map[string]struct {
		known [][]portolan.Span
		want  portolan.Weight
	}{
		"no-ports":             {nil, portolan.WeightTime},
		"all-known":            {[][]portolan.Span{whole, {{From: 100, To: 200}}}, portolan.WeightTraveler},
		"known-in-two-parts":   {[][]portolan.Span{{{From: 150, To: 250}, {From: 50, To: 150}}}, portolan.WeightTraveler},
		"one-port-unknown":     {[][]portolan.Span{whole, nil}, portolan.WeightTime},
		"not-from-the-start":   {[][]portolan.Span{whole, {{From: 101, To: 200}}}, portolan.WeightTime},
		"not-to-the-end":       {[][]portolan.Span{{{From: 0, To: 199}}}, portolan.WeightTime},
		"unknown-in-the-midst": {[][]portolan.Span{{{From: 0, To: 140}, {From: 141, To: 300}}}, portolan.WeightTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := availability.DefaultWeight(window, c.known); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestWeigh_NothingWhereNothingIsShared(t *testing.T) {
	t.Parallel()
	for _, weight := range []portolan.Weight{portolan.WeightPort, portolan.WeightTraveler, portolan.WeightUnknown} {
		if got := availability.Weigh(weight, 1, 0, 100); got != 0 {
			t.Errorf("%v: got %d, want 0", weight, got)
		}
	}
}

func TestWeigh_GreaterThanItsShares(t *testing.T) {
	t.Parallel()
	// A caller's mistake: the quotient would not fit into 64 bits.
	if got, want := availability.Weigh(portolan.WeightTraveler, 1<<32-1, 1, 4295), ^uint64(0); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestPlanned_SortedAndDisjoint(t *testing.T) {
	t.Parallel()
	got := availability.Planned([]availability.Maintenance{
		{Span: portolan.Span{From: 50, To: 70}},
		{Span: portolan.Span{From: 10, To: 30}, Declared: 20},
		{Span: portolan.Span{From: 60, To: 65}},
		{Span: portolan.Span{From: 30, To: 40}},
		{Span: portolan.Span{From: 80, To: 90}, Declared: 95},
		{Span: portolan.Span{From: 99, To: 99}},
	})
	want := []portolan.Span{{From: 20, To: 40}, {From: 50, To: 70}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
}

func TestHourVolume_FollowsTheLocalClock(t *testing.T) {
	t.Parallel()
	volumes := &portolan.Volumes{}
	for day := range volumes {
		for hour := range volumes[day] {
			volumes[day][hour] = uint32(day*100 + hour)
		}
	}
	// 2017-01-02 is a Monday, day 1.
	for name, c := range map[string]struct {
		offset time.Duration
		hour   portolan.Instant
		want   uint32
	}{
		"utc":                    {0, instantAt(10, 0), 110},
		"west-on-the-day-before": {-5 * time.Hour, instantAt(3, 0), 22},
		"half-hour-zone":         {-3*time.Hour - 30*time.Minute, instantAt(12, 0), 108}, // half of 8, half of 9
		"quarter-hour-zone":      {5*time.Hour + 45*time.Minute, instantAt(6, 0), 111},   // a quarter of 11, the rest of 12
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone := time.FixedZone(name, int(c.offset.Seconds()))
			if got := availability.HourVolume(volumes, c.hour, zone); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}
