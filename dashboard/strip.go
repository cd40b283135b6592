package dashboard

import (
	"fmt"
	"strings"
	"time"

	"portolan"
)

// The strip's own units: a second of an hour each, so that browsers scale integers.
const (
	stripWidth  = 3600
	stripHeight = 20
	// The narrowest mark of trouble: a spell of a few seconds still shows.
	stripLeast = 30
)

// stripView is a strip as SVG prints it.
type stripView struct {
	Bars []bar
	Text string // the same in words
}

// bar is one rectangle.
type bar struct {
	X, Y, Width, Height int
	Class               string
}

// drawStrip lays a strip out. A state has its own height as well as its own colour.
func drawStrip(s Strip) stripView {
	length := s.Span.Duration()
	if length <= 0 {
		return stripView{Text: "no history yet"}
	}
	var v stripView
	for _, g := range s.Segments {
		span := g.Span.Intersect(s.Span)
		if span.Empty() {
			continue
		}
		from := scale(span.From.Sub(s.Span.From), length, stripWidth)
		to := scale(span.To.Sub(s.Span.From), length, stripWidth)
		v.Bars = append(v.Bars, stripBar(g.State, from, to))
	}
	v.Text = stripWords(s)
	return v
}

func scale(d, of time.Duration, to int) int {
	return int(int64(d/time.Microsecond) * int64(to) / int64(of/time.Microsecond))
}

func stripBar(state portolan.State, from, to int) bar {
	if state != portolan.Up && to-from < stripLeast {
		from = max(0, min(from, stripWidth-stripLeast))
		to = from + stripLeast
	}
	height := stripTall(state)
	return bar{X: from, Y: stripHeight - height, Width: to - from, Height: height, Class: state.String()}
}

func stripTall(s portolan.State) int {
	switch s {
	case portolan.Up:
		return 8
	case portolan.SlowState:
		return 14
	case portolan.Down:
		return stripHeight
	case portolan.Unmonitored:
		return 3
	default:
		return 3
	}
}

// stripWords says how long the strip lay in each state, the worst first.
func stripWords(s Strip) string {
	var in [portolan.Down + 1]time.Duration
	var covered time.Duration
	for _, g := range s.Segments {
		if d := g.Span.Intersect(s.Span).Duration(); int(g.State) < len(in) {
			in[g.State] += d
			covered += d
		}
	}
	var parts []string
	for _, state := range []portolan.State{portolan.Down, portolan.SlowState, portolan.Unmonitored, portolan.Up} {
		if in[state] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", state, long(in[state])))
		}
	}
	if rest := s.Span.Duration() - covered; rest > 0 {
		parts = append(parts, "not yet in service "+long(rest))
	}
	return strings.Join(parts, ", ")
}
