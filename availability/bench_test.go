package availability_test

import (
	"testing"
	"time"

	"portolan"
	"portolan/availability"
)

// BenchmarkTimelineAppend folds a day of one-minute results, one in fifty of them failed, over and over.
func BenchmarkTimelineAppend(b *testing.B) {
	run := availability.Run{Start: instantAt(0, 0), Duration: 2 * time.Second, Hold: 150 * time.Second}
	var line availability.Timeline
	segments := make([]availability.Segment, 0, 1<<10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		run.Start, run.Seq, run.Class = run.Start.Add(time.Minute), run.Seq+1, availability.Up
		if i%50 == 0 {
			run.Class = availability.DownDependency
		}
		var ok bool
		if segments, ok = line.Append(segments, run); !ok {
			b.Fatal("a run in order was refused")
		}
		if len(segments) > 1000 {
			segments = segments[:0]
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "results/s")
}

// BenchmarkSeriesHour reads a packed hour with one outage and adds it to a figure, as a query does.
func BenchmarkSeriesHour(b *testing.B) {
	hour := anHour()
	down := portolan.Span{From: instantAt(10, 20), To: instantAt(10, 30)}
	row := availability.AppendSegments(nil, hour, []availability.Segment{
		{Span: portolan.Span{From: hour.From, To: down.From}, Class: availability.Up},
		{Span: down, Class: availability.DownService},
		{Span: portolan.Span{From: down.To, To: hour.To}, Class: availability.Up},
	})
	var sum availability.Sum
	b.ReportAllocs()
	for b.Loop() {
		segments, err := availability.ReadSegments(row, hour)
		if err != nil {
			b.Fatal(err)
		}
		sum.Add(1_000_000, availability.TallyOf(segments, hour, nil))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "series-hours/s")
}
