package waterfall

import (
	"os"

	"golang.org/x/term"
)

// StyleOf returns the style for a file: that of the terminal it is, or the zero Style. Colors are left out
// where the environment variable NO_COLOR is set (no-color.org) or the terminal is dumb.
func StyleOf(f *os.File) Style {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return Style{}
	}
	width, _, err := term.GetSize(fd)
	if err != nil {
		width = defaultWidth
	}
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return Style{Width: width, Color: !plain && enableColor(f)}
}
