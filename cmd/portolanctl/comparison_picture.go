package main

import (
	"fmt"
	"html"
	"strings"
)

// Measures of the picture, in its own units.
const (
	pictureWidth = 760
	pictureLeft  = 120 // where bars begin
	pictureBars  = 480 // how long the longest is
	barHeight    = 18
	groupHeight  = 56
	pictureTop   = 92
)

// Colors that people tell apart whatever they see of red and green (Okabe and Ito).
const (
	colorA = "#0072b2"
	colorB = "#d55e00"
)

// drawing is a picture in progress.
type drawing struct {
	strings.Builder
	y int
}

// draw returns the comparison as a picture, in a page if the picture is to be opened by itself.
func (c comparison) draw(page bool) []byte {
	var d drawing
	height := pictureTop + 4*groupHeight + 24 + 18*len(c.Notes)
	fmt.Fprintf(&d, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" role="img">`+"\n",
		pictureWidth, height, pictureWidth, height)
	title := fmt.Sprintf("%s and %s side by side", c.A.name(), c.B.name())
	fmt.Fprintf(&d, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(title))
	d.text(16, 26, "start", `font-size="17" font-weight="bold"`, title)
	d.text(16, 46, "start", `fill="#555"`, fmt.Sprintf("from %s to %s, as of %s", c.From, c.To, c.AsOf))
	d.key(16, colorA, c.A.name())
	d.key(pictureWidth/2, colorB, c.B.name())
	d.y = pictureTop
	c.drawLatencies(&d)
	c.drawAvailability(&d)
	for _, note := range c.Notes {
		d.text(16, d.y+14, "start", `fill="#555"`, "note: "+note)
		d.y += 18
	}
	d.WriteString("</svg>\n")
	if !page {
		return []byte(d.String())
	}
	return fmt.Appendf(nil, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title></head><body>\n%s</body></html>\n", html.EscapeString(title), d.String())
}

func (c comparison) drawLatencies(d *drawing) {
	most := c.slowest()
	for _, q := range quantiles() {
		d.text(pictureLeft-10, d.y+22, "end", "", q.name)
		for i, s := range []side{c.A, c.B} {
			length := 0.0
			if s.Latency != nil && most > 0 {
				length = q.of(s.Latency) / most * pictureBars
			}
			y := d.y + i*(barHeight+2)
			d.rect(pictureLeft, y, length, i)
			d.text(pictureLeft+int(length)+6, y+14, "start", "", seconds(s.Latency, q))
		}
		d.y += groupHeight
	}
}

// drawAvailability draws each ratio as a mark within its bounds.
func (c comparison) drawAvailability(d *drawing) {
	least := c.least()
	at := func(ratio float64) float64 { return pictureLeft + (ratio-least)/(1-least)*pictureBars }
	d.text(pictureLeft-10, d.y+22, "end", "", "available")
	for i, s := range []side{c.A, c.B} {
		y := d.y + i*(barHeight+2)
		f := s.EndUser
		d.text(pictureLeft+pictureBars+12, y+14, "start", "", percent(f.Ratio))
		if f.Ratio == nil || f.Low == nil || f.High == nil {
			continue
		}
		fmt.Fprintf(d, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="%s" stroke-width="4"/>`+"\n", at(*f.Low), at(*f.High), y+barHeight/2, y+barHeight/2, colorOf(i))
		fmt.Fprintf(d, `<circle cx="%.1f" cy="%d" r="6" fill="%s"/>`+"\n", at(*f.Ratio), y+barHeight/2, colorOf(i))
	}
	d.y += groupHeight - 8
	d.text(pictureLeft, d.y+4, "start", `fill="#555"`, percent(&least))
	d.text(pictureLeft+pictureBars, d.y+4, "end", `fill="#555"`, "100%")
	d.y += 24
}

func colorOf(side int) string { return []string{colorA, colorB}[side] }

func (d *drawing) rect(x, y int, length float64, side int) {
	fmt.Fprintf(d, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", x, y, length, barHeight, colorOf(side))
}

// text writes a text at a place; more is further attributes.
func (d *drawing) text(x, y int, anchor, more, text string) {
	if more != "" {
		more = " " + more
	}
	fmt.Fprintf(d, `<text x="%d" y="%d" text-anchor="%s"%s>%s</text>`+"\n", x, y, anchor, more, html.EscapeString(text))
}

// key says which color is which side.
func (d *drawing) key(x int, color, name string) {
	fmt.Fprintf(d, `<rect x="%d" y="60" width="14" height="14" fill="%s"/>`+"\n", x, color)
	d.text(x+22, 72, "start", "", name)
}
