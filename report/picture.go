package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// Measures of the pictures, in their own units.
const (
	dayWidth, dayHeight = 6, 28
	curveWidth          = 224
	curveHeight         = 116
	curveLeft           = 34
	curveRight          = 8
	curveTop            = 18
	curveBottom         = 18
)

// dayPicture draws a system's days: the taller a bar, the more of the day was lost. The scale is that of square roots, so
// that a lost minute shows beside a lost day. A day without a figure is an outline.
func dayPicture(s *System) template.HTML {
	var b strings.Builder
	width := len(s.Days)*dayWidth + 1
	fmt.Fprintf(&b, `<svg class="days" width="%d" height="%d" viewBox="0 0 %d %d" role="img"><title>%s</title>`, width, dayHeight, width, dayHeight, html.EscapeString(s.dayWords()))
	fmt.Fprintf(&b, `<path class="base" d="M0 %d.5H%d"/>`, dayHeight-1, width)
	for i, d := range s.Days {
		x := i * dayWidth
		if d.Ratio == nil {
			fmt.Fprintf(&b, `<rect class="unseen" x="%d.5" y="%d.5" width="%d" height="%d"/>`, x, dayHeight-8, dayWidth-2, 6)
			continue
		}
		height := math.Sqrt(max(0, 1-*d.Ratio)) * (dayHeight - 2)
		if height == 0 {
			continue
		}
		class := "lost"
		if s.Objective > 0 && *d.Ratio >= s.Objective {
			class = "kept"
		}
		height = max(height, 1)
		fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%.1f" width="%d" height="%.1f"/>`, class, x, dayHeight-1-height, dayWidth-1, height)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// worstDay returns the day with the least ratio, nil if there is none that lost anything.
func (s *System) worstDay() *Day {
	var worst *Day
	for i := range s.Days {
		d := &s.Days[i]
		if d.Ratio != nil && *d.Ratio < 1 && (worst == nil || *d.Ratio < *worst.Ratio) {
			worst = d
		}
	}
	return worst
}

func (s *System) dayWords() string {
	worst := s.worstDay()
	if worst == nil {
		return "No day lost anything that was measured"
	}
	return fmt.Sprintf("Worst day %s: %s", worst.Day, percent(worst.Ratio))
}

// curvePicture draws windowed user-uptime: for each length the worst window. One long outage keeps the curve low far to
// the right; many short ones lift it soon.
func curvePicture(title string, worst []Worst, objective float64) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="curve" width="%d" height="%d" viewBox="0 0 %d %d" role="img"><title>%s</title>`,
		curveWidth, curveHeight, curveWidth, curveHeight, html.EscapeString(title+": "+curveWords(worst)))
	fmt.Fprintf(&b, `<text class="name" x="0" y="11">%s</text>`, html.EscapeString(title))
	for _, y := range []float64{0, 0.5, 1} {
		fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%.0f %%</text>`,
			curveLeft, curveY(y), curveWidth-curveRight, curveLeft-4, curveY(y)+3, y*100)
	}
	for _, tick := range []struct {
		minutes int
		name    string
	}{{1, "1 min"}, {60, "1 h"}, {1440, "1 day"}, {10080, "1 week"}} {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, curveX(tick.minutes), curveHeight-4, tick.name)
	}
	if objective > 0 {
		fmt.Fprintf(&b, `<path class="objective" d="M%d %.1fH%d"/>`, curveLeft, curveY(objective), curveWidth-curveRight)
	}
	var line, dots strings.Builder
	for _, w := range worst {
		if w.Ratio == nil {
			continue
		}
		x, y := curveX(w.Minutes), curveY(*w.Ratio)
		fmt.Fprintf(&line, " %.1f,%.1f", x, y)
		fmt.Fprintf(&dots, `<circle cx="%.1f" cy="%.1f" r="1.8"/>`, x, y)
	}
	if line.Len() > 0 {
		fmt.Fprintf(&b, `<polyline points="%s"/>%s`, strings.TrimSpace(line.String()), dots.String())
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// longestShown is the longest window that a month has, in powers of two: 2^15 minutes are almost 23 days.
const longestShown = 15

func curveX(minutes int) float64 {
	return curveLeft + math.Log2(float64(max(1, minutes)))/longestShown*(curveWidth-curveRight-curveLeft)
}

func curveY(ratio float64) float64 {
	return curveTop + (1-min(max(ratio, 0), 1))*(curveHeight-curveTop-curveBottom)
}

// curveWords names the worst windows of about an hour and about a day.
func curveWords(worst []Worst) string {
	var said []string
	for _, w := range worst {
		if w.Ratio != nil && (w.Minutes == 64 || w.Minutes == 1024) {
			said = append(said, fmt.Sprintf("worst %s %s, from %s", lasting(60*float64(w.Minutes)), percent(w.Ratio), w.From.UTC().Format("2 Jan 15:04 UTC")))
		}
	}
	if len(said) == 0 {
		return "no window was measured"
	}
	return strings.Join(said, "; ")
}
