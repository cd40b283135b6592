package datastream

import (
	"fmt"
	"strings"
)

// Model is a kind of display: what a terminal says it is, and the sizes of its screen.
type Model struct {
	// Name is the terminal type, as it is told to the host: IBM-3278-2.
	Name string
	// Rows and Columns are the alternate size, which the host may choose; the usual one is 24 x 80.
	Rows, Columns int
}

const usualRows, usualColumns = 24, 80

// ParseModel returns the display of that name: IBM-3278-2 to IBM-3278-5 or IBM-3279-2 to IBM-3279-5, with -E
// behind for one that can be queried.
func ParseModel(name string) (Model, error) {
	sizes := map[byte]Model{'2': {"", 24, 80}, '3': {"", 32, 80}, '4': {"", 43, 80}, '5': {"", 27, 132}}
	family := strings.TrimSuffix(name, "-E")
	prefix := strings.HasPrefix(family, "IBM-3278-") || strings.HasPrefix(family, "IBM-3279-")
	if prefix && len(family) == len("IBM-3278-2") {
		if model, ok := sizes[family[len(family)-1]]; ok {
			model.Name = name
			return model, nil
		}
	}
	return Model{}, fmt.Errorf("terminal %.40q: want IBM-3278-2 to IBM-3278-5 or IBM-3279-2 to IBM-3279-5, -E behind or not", name)
}

// cell is one place of the screen: a character, or the attribute that begins a field and shows as a blank.
type cell struct {
	char  byte
	attr  byte
	field bool
}

// Screen is what a terminal shows and holds. Rows and columns count from 1, as on a terminal's status line.
type Screen struct {
	model         Model
	rows, columns int
	cells         []cell
	cursor        int
	locked        bool // what is typed is not taken until the host unlocks the keyboard
	writes        int
}

// NewScreen returns an empty screen whose keyboard waits for the host.
func NewScreen(model Model) *Screen {
	s := &Screen{model: model, locked: true}
	s.erase(usualRows, usualColumns)
	return s
}

// Locked reports whether the keyboard waits for the host.
func (s *Screen) Locked() bool { return s.locked }

// Size returns the rows and columns of the screen as it is.
func (s *Screen) Size() (rows, columns int) { return s.rows, s.columns }

func (s *Screen) erase(rows, columns int) {
	s.rows, s.columns, s.cursor = rows, columns, 0
	s.cells = make([]cell, rows*columns)
}

// Row returns what a row shows, without the spaces at its end; empty beyond the screen.
func (s *Screen) Row(row int) string {
	if row < 1 || row > s.rows {
		return ""
	}
	return strings.TrimRight(s.shown((row-1)*s.columns, s.columns), " ")
}

// At returns so many characters from a place on, as far as the row goes; empty beyond the screen.
func (s *Screen) At(row, column, length int) string {
	if row < 1 || row > s.rows || column < 1 || column > s.columns || length < 1 {
		return ""
	}
	return s.shown((row-1)*s.columns+column-1, min(length, s.columns-column+1))
}

// shown returns cells as they look: what a field hides is blank.
func (s *Screen) shown(from, length int) string {
	var text strings.Builder
	hidden := s.hiddenAt(from)
	for _, c := range s.cells[from : from+length] {
		switch {
		case c.field:
			hidden = c.attr&attrDisplay == attrHidden
			text.WriteByte(' ')
		case hidden:
			text.WriteByte(' ')
		default:
			text.WriteRune(decodeByte(c.char))
		}
	}
	return text.String()
}

func (s *Screen) hiddenAt(address int) bool {
	start, formatted := s.fieldStart(address)
	return formatted && s.cells[start].attr&attrDisplay == attrHidden
}

// fieldStart returns where the attribute is that governs an address; none does on a screen without fields.
func (s *Screen) fieldStart(address int) (start int, formatted bool) {
	for i := range s.cells {
		at := (address - i + len(s.cells)) % len(s.cells)
		if s.cells[at].field {
			return at, true
		}
	}
	return 0, false
}

// String returns the whole screen as it looks, a line a row.
func (s *Screen) String() string {
	lines := make([]string, s.rows)
	for i := range lines {
		lines[i] = s.Row(i + 1)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
