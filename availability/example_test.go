package availability_test

import (
	"fmt"
	"time"

	"portolan"
	"portolan/availability"
)

// An agent tries every minute; the third run fails, the fourth is right again.
func Example() {
	start := portolan.InstantOf(time.Date(2017, 1, 2, 17, 0, 0, 0, time.UTC))
	classes := []availability.Class{availability.Up, availability.Up, availability.DownDependency, availability.Up}

	var line availability.Timeline
	var segments []availability.Segment
	for i, class := range classes {
		segments, _ = line.Append(segments, availability.Run{
			Start:    start.Add(time.Duration(i) * time.Minute),
			Duration: 12 * time.Second,
			Hold:     150 * time.Second,
			Class:    class,
			Seq:      portolan.Seq(i + 1),
		})
	}
	window := portolan.Span{From: start, To: start.Add(4 * time.Minute)}
	segments = line.Tail(segments, window.To)

	var sum availability.Sum
	sum.Add(availability.Weigh(portolan.WeightTime, 1, 1, 0), availability.TallyOf(segments, window, nil))
	f := sum.Figure()
	fmt.Printf("end-user %s %% [%s, %s], conventional %s %%\n",
		f.EndUser.Ratio.Percent(1), f.EndUser.Low.Percent(1), f.EndUser.High.Percent(1), f.Conventional.Ratio.Percent(1))
	// Output: end-user 75.0 % [35.0, 95.0], conventional 100.0 %
}
