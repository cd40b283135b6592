package projection

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
)

// Windowed uptime of one series is that of its timeline, asked minute by minute; the whole window's figure is beside it.
func TestWindowed_FollowsTheTimeline(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 2))
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	f.minutes(rng, "primary", portolan.Span{From: day, To: day.Add(9 * time.Hour)})
	f.send(portolan.Backlog, day.Add(9*time.Hour), f.made...)
	p := newProjection(t, l)
	window := portolan.Span{From: day.Add(90*time.Second + 1), To: day.Add(8*time.Hour + 30*time.Second)}
	cut := portolan.Span{From: day.Add(2 * time.Minute), To: day.Add(8 * time.Hour)}
	var minutes []availability.Minute
	for at := cut.From; at < cut.To; at = at.Add(time.Minute) {
		tally := availability.TallyOf(segmentsOf(t, p, f.series("primary"), window), portolan.Span{From: at, To: at.Add(time.Minute)}, nil)
		up, all := uint64(tally.Time[availability.Up])*1_000_000, uint64(tally.InService())*1_000_000
		minutes = append(minutes, availability.Minute{
			Up: availability.Uint128{Lo: up}, InService: availability.Uint128{Lo: all},
			Monitored: availability.Uint128{Lo: all - uint64(tally.Time[availability.Unmonitored])*1_000_000},
		})
	}
	want := availability.WorstWindows(cut.From, minutes)
	for range 2 {
		got, err := p.Windowed(t.Context(), Query{Window: window, Weight: portolan.WeightTime, Now: day.Add(30 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got.Worst, want); diff != "" || got.Window != cut || len(want) != 9 {
			t.Errorf("window %v and %d lengths (-got +want):\n%s", got.Window, len(want), diff)
		}
		if got.Whole == nil || got.Whole.Figure.EndUser.Ratio.Float64() <= want[8].Ratio.Float64() {
			t.Errorf("the whole window's figure is %+v, want it better than that of its worst part", got.Whole)
		}
		rollUp(t, p, day.Add(30*time.Hour))
	}
	none, err := p.Windowed(t.Context(), Query{Window: window, Systems: []portolan.SystemID{"nothing"}, Now: window.To})
	if err != nil || none.Whole != nil || none.Worst != nil {
		t.Errorf("of a system that nobody runs: got %+v, %v", none, err)
	}
}
