package schedule_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/schedule"
)

func planned(interval time.Duration) portolan.PlannedSeries {
	return portolan.PlannedSeries{System: "tpac", Transaction: "primary-inspection", Interval: interval}
}

func mustNew(t testing.TB, agent portolan.AgentID, p portolan.PlannedSeries) schedule.Series {
	t.Helper()
	s, err := schedule.New(agent, p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(t testing.TB, text string) portolan.Instant {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return portolan.InstantOf(v)
}

func TestSeries_PhaseIsPinnedToAbsoluteTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.Int64Range(1, int64(25*time.Hour/time.Microsecond)).Draw(t, "interval")) * time.Microsecond
		s, err := schedule.New("MIA-1", planned(interval))
		if err != nil {
			t.Fatal(err)
		}
		from := portolan.Instant(rapid.Int64Range(-1e15, 4e15).Draw(t, "from"))
		next := s.Next(from)
		if next <= from || next.Sub(from) > interval {
			t.Fatalf("Next(%d) = %d, want within one interval of %s after it", from, next, interval)
		}
		if got := s.Next(next - 1); got != next {
			t.Fatalf("asked from just before, Next = %d, want the same due %d", got, next)
		}
		if got := s.Next(next).Sub(next); got != interval {
			t.Fatalf("distance of two dues = %s, want %s", got, interval)
		}
		if s.Interval(next) != interval {
			t.Fatalf("Interval = %s, want %s", s.Interval(next), interval)
		}
	})
}

func TestSeries_FleetIsSpreadEvenly(t *testing.T) {
	t.Parallel()
	const agents, bins = 6000, 12
	var count [bins]int
	for i := range agents {
		s := mustNew(t, portolan.AgentID(fmt.Sprintf("X%03d-%d", i/10, i%10)), planned(time.Minute))
		second := s.Next(0).Time().Sub(time.Unix(0, 0)).Seconds()
		count[int(second)*bins/60%bins]++
	}
	want := float64(agents) / bins
	for bin, got := range count {
		if math.Abs(float64(got)-want) > 5*math.Sqrt(want) {
			t.Errorf("bin %d holds %d agents, want about %.0f", bin, got, want)
		}
	}
}

func TestSeries_DueListsTheWindow(t *testing.T) {
	t.Parallel()
	s := mustNew(t, "SEA-2", planned(time.Minute))
	from := at(t, "2026-11-22T10:00:00Z")
	window := portolan.Span{From: from, To: from.Add(time.Hour)}
	dues := slices.Collect(s.Due(window))
	if len(dues) != 60 {
		t.Fatalf("due in an hour = %d, want 60", len(dues))
	}
	exact := portolan.Span{From: dues[0], To: dues[1]}
	if got := slices.Collect(s.Due(exact)); !slices.Equal(got, dues[:1]) {
		t.Errorf("window from one due to the next holds %v, want its first edge only: %v", got, dues[:1])
	}
}

func TestSeries_CronFollowsItsZoneOverDaylightSaving(t *testing.T) {
	t.Parallel()
	p := planned(0)
	p.Cron, p.Zone = "30 2 * * *", "America/New_York"
	s := mustNew(t, "MIA-1", p)
	before := at(t, "2026-03-07T00:00:00Z")
	first := s.Next(before)
	if want := at(t, "2026-03-07T07:30:00Z"); first != want {
		t.Errorf("first due = %s, want %s", first, want)
	}
	// 02:30 does not exist on 8 March 2026 in New York: the next run is a day later, in summer time.
	second := s.Next(first)
	if want := at(t, "2026-03-09T06:30:00Z"); second != want {
		t.Errorf("due after the change = %s, want %s", second, want)
	}
	if got, want := s.Interval(first), second.Sub(first); got != want {
		t.Errorf("Interval = %s, want next due minus due = %s", got, want)
	}
}

func TestNew_RefusesWhatCannotBeScheduled(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]portolan.PlannedSeries{
		"no-interval":    planned(0),
		"negative":       planned(-time.Second),
		"bad-cron":       {Cron: "61 * * * *"},
		"seconds-field":  {Cron: "0 0 * * * *"},
		"every":          {Cron: "@every 5m"},
		"never":          {Cron: "0 0 31 2 *"},
		"unknown-zone":   {Cron: "0 * * * *", Zone: "America/Utopia"},
		"below-a-micros": planned(time.Nanosecond),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := schedule.New("MIA-1", p); err == nil {
				t.Error("New accepted it")
			}
		})
	}
}

func TestSeries_ZeroValueIsNeverDue(t *testing.T) {
	t.Parallel()
	var s schedule.Series
	if got := s.Next(1); got != 0 {
		t.Errorf("Next = %v, want none", got)
	}
}

func ExampleSeries_Next() {
	s, err := schedule.New("MIA-1", portolan.PlannedSeries{System: "tpac", Transaction: "primary-inspection", Interval: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	first := s.Next(portolan.InstantOf(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)))
	fmt.Println(s.Next(first).Sub(first))
	// Output: 1m0s
}
