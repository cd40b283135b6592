package datastream

import (
	"fmt"
	"strings"
)

// Find returns the place of the first text on the screen that reads so; a row of 0 means any row.
func (s *Screen) Find(row int, text string) (foundRow, column int, ok bool) {
	for r := 1; r <= s.rows; r++ {
		if row != 0 && row != r {
			continue
		}
		if before, _, found := strings.Cut(s.At(r, 1, s.columns), text); found {
			return r, len([]rune(before)) + 1, true
		}
	}
	return 0, 0, false
}

// FieldAfter returns the first place of the first unprotected field that begins at or after a place, as the tab
// key finds it.
func (s *Screen) FieldAfter(row, column int) (fieldRow, fieldColumn int, ok bool) {
	from := (row-1)*s.columns + column - 1
	for i := max(0, from); i < len(s.cells)-1; i++ {
		if s.takesText(i) {
			return (i+1)/s.columns + 1, (i+1)%s.columns + 1, true
		}
	}
	return 0, 0, false
}

// takesText reports whether an unprotected field begins at an address that has room for a character.
func (s *Screen) takesText(address int) bool {
	c := s.cells[address]
	return c.field && c.attr&attrProtected == 0 && !s.cells[(address+1)%len(s.cells)].field
}

// Type enters text from a place on, as a user does who first clears the rest of the field.
func (s *Screen) Type(row, column int, text string) error {
	if s.locked {
		return fmt.Errorf("type at row %d, column %d: the keyboard is locked", row, column)
	}
	if row < 1 || row > s.rows || column < 1 || column > s.columns {
		return fmt.Errorf("type at row %d, column %d: the screen has %d x %d", row, column, s.rows, s.columns)
	}
	if !Encodable(text) {
		return fmt.Errorf("type at row %d, column %d: a character that the terminal does not have", row, column)
	}
	from := (row-1)*s.columns + column - 1
	end, err := s.typeable(from)
	if err != nil {
		return fmt.Errorf("type at row %d, column %d: %w", row, column, err)
	}
	typed := Encode(text)
	if len(typed) > end-from {
		return fmt.Errorf("type at row %d, column %d: the field takes %d characters, and %d are to be typed", row, column, end-from, len(typed))
	}
	for i := from; i < end; i++ {
		s.cells[i].char = null
	}
	for i, b := range typed {
		s.cells[from+i].char = b
	}
	s.cursor = (from + len(typed)) % len(s.cells)
	return nil
}

// typeable returns where the field ends that may be typed into from an address on, and marks it as modified. A
// field that goes on from the last row to the first is taken up to the last.
func (s *Screen) typeable(from int) (end int, err error) {
	start, formatted := s.fieldStart(from)
	if !formatted {
		return len(s.cells), nil
	}
	if start == from || s.cells[start].attr&attrProtected != 0 {
		return 0, fmt.Errorf("no field there takes text")
	}
	s.cells[start].attr |= attrModified
	for end = from; end < len(s.cells) && !s.cells[end].field; {
		end++
	}
	return end, nil
}

// Press presses a key that sends, and returns the record for the host. The keyboard is locked until it answers.
func (s *Screen) Press(key AID) []byte {
	if key == AIDClear {
		s.erase(usualRows, usualColumns)
	}
	s.locked = true
	return s.inbound(key)
}

// inbound returns the key, the cursor and the modified fields without their nulls, as a terminal sends them.
func (s *Screen) inbound(key AID) []byte {
	if key.short() {
		return []byte{byte(key)}
	}
	record := putAddress([]byte{byte(key)}, s.cursor)
	if _, formatted := s.fieldStart(0); !formatted {
		return s.putText(record, 0, len(s.cells))
	}
	for i, c := range s.cells {
		if !c.field || c.attr&attrModified == 0 {
			continue
		}
		first := (i + 1) % len(s.cells)
		record = putAddress(append(record, orderSetBufferAddress), first)
		record = s.putText(record, first, s.fieldLength(first))
	}
	return record
}

// fieldLength returns how many places follow an attribute up to the next one.
func (s *Screen) fieldLength(first int) (length int) {
	for !s.cells[(first+length)%len(s.cells)].field {
		length++
	}
	return length
}

func (s *Screen) putText(record []byte, first, length int) []byte {
	for i := range length {
		if char := s.cells[(first+i)%len(s.cells)].char; char != null {
			record = append(record, char)
		}
	}
	return record
}

// eraseUnprotected clears what was typed, unlocks the keyboard and goes to the first field.
func (s *Screen) eraseUnprotected() {
	start, formatted := s.fieldStart(0)
	protected := formatted && s.cells[start].attr&attrProtected != 0
	s.cursor = 0
	for i := range s.cells {
		c := &s.cells[i]
		switch {
		case c.field:
			protected = c.attr&attrProtected != 0
			if !protected {
				c.attr &^= attrModified
			}
		case !protected:
			c.char = null
		}
	}
	if row, column, ok := s.FieldAfter(1, 1); ok {
		s.cursor = (row-1)*s.columns + column - 1
	}
	s.locked = false
}
