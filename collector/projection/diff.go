package projection

import (
	"portolan"
	"portolan/availability"
)

// differences returns the spans, ascending and apart, in which two timelines differ.
func differences(a, b []availability.Segment) []portolan.Span {
	var spans []portolan.Span
	at := min(startOf(a), startOf(b))
	for len(a) > 0 || len(b) > 0 {
		inA, endA := pieceAt(a, at)
		inB, endB := pieceAt(b, at)
		end := min(endA, endB)
		if inA != inB {
			spans = appendSpan(spans, portolan.Span{From: at, To: end})
		}
		at = end
		a, b = dropUntil(a, at), dropUntil(b, at)
	}
	return spans
}

// appendSpan appends a span, joined to the last one where they touch.
func appendSpan(spans []portolan.Span, next portolan.Span) []portolan.Span {
	if n := len(spans); n > 0 && spans[n-1].To == next.From {
		spans[n-1].To = next.To
		return spans
	}
	return append(spans, next)
}

// piece is what a timeline says of an instant.
type piece struct {
	inService bool
	class     availability.Class
	uncertain bool
}

// pieceAt returns what the timeline says of at and until when it says so. The segments end after at.
func pieceAt(segments []availability.Segment, at portolan.Instant) (piece, portolan.Instant) {
	switch {
	case len(segments) == 0:
		return piece{}, availability.Forever
	case segments[0].Span.From > at:
		return piece{}, segments[0].Span.From
	default:
		s := segments[0]
		return piece{true, s.Class, s.Uncertain}, s.Span.To
	}
}

func startOf(segments []availability.Segment) portolan.Instant {
	if len(segments) == 0 {
		return availability.Forever
	}
	return segments[0].Span.From
}

func dropUntil(segments []availability.Segment, at portolan.Instant) []availability.Segment {
	for len(segments) > 0 && segments[0].Span.To <= at {
		segments = segments[1:]
	}
	return segments
}
