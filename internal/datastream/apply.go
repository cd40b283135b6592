package datastream

import (
	"errors"
	"fmt"
)

// errShort says that a record ends in the middle of something.
var errShort = errors.New("the record ends too early")

// Apply does what a record of the host asks, and returns what must be answered at once; nil for nothing. A record
// that is at fault may be applied in part.
func (s *Screen) Apply(record []byte) (reply []byte, err error) {
	if len(record) == 0 {
		return nil, nil // a record without a command does nothing (RFC 2355)
	}
	s.writes++
	command, rest := record[0], record[1:]
	switch command {
	case cmdWrite, cmdWriteLocal:
		return nil, s.write(rest)
	case cmdEraseWrite, cmdEraseWriteLocal:
		s.erase(usualRows, usualColumns)
		return nil, s.write(rest)
	case cmdEraseWriteAlternate, cmdEraseWriteAlternateLocal:
		s.erase(s.model.Rows, s.model.Columns)
		return nil, s.write(rest)
	case cmdEraseAllUnprotected, cmdEraseAllUnprotectedLocal:
		s.eraseUnprotected()
		return nil, nil
	case cmdReadModified, cmdReadModifiedLocal, cmdReadModifiedAll, cmdReadModifiedAllLocal:
		return s.inbound(AIDNone), nil
	case cmdWriteStructuredField, cmdWriteStructuredFieldLocal:
		return s.structured(rest)
	default:
		return nil, fmt.Errorf("command %#x is not known", command)
	}
}

// Writes returns how many records were applied: whoever waits for an answer compares.
func (s *Screen) Writes() int { return s.writes }

// writer goes through what a host writes.
type writer struct {
	*Screen
	rest []byte
	at   int  // where the next character goes
	data bool // the last thing was a character: a tab behind it clears its field
}

// write performs a write control character and the orders and characters behind it.
func (s *Screen) write(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if data[0]&wccResetMDT != 0 {
		for i := range s.cells {
			s.cells[i].attr &^= attrModified
		}
	}
	w := writer{Screen: s, rest: data[1:], at: s.cursor}
	for len(w.rest) > 0 {
		if err := w.step(); err != nil {
			return err
		}
	}
	if data[0]&wccRestore != 0 {
		s.locked = false
	}
	return nil
}

// step performs one order or character.
func (w *writer) step() error {
	order := w.rest[0]
	w.rest = w.rest[1:]
	wasData := w.data
	w.data = false
	switch order {
	case orderSetBufferAddress:
		at, err := w.address()
		w.at = at
		return err
	case orderStartField:
		return w.startField(1, false)
	case orderStartFieldExt:
		return w.startExtended()
	case orderModifyField:
		return w.modifyField()
	case orderSetAttribute:
		_, err := w.take(2) // how single characters look
		return err
	case orderInsertCursor:
		w.cursor = w.at
		return nil
	case orderProgramTab:
		w.tab(wasData)
		return nil
	case orderRepeat:
		return w.repeat()
	case orderEraseUnprotected:
		return w.eraseTo()
	case orderGraphicEscape:
		_, err := w.take(1) // a character of another set
		w.put(blank)
		return err
	default:
		w.put(order)
		return nil
	}
}

// take returns the next bytes of the record.
func (w *writer) take(n int) ([]byte, error) {
	if len(w.rest) < n {
		return make([]byte, n), errShort
	}
	taken := w.rest[:n]
	w.rest = w.rest[n:]
	return taken, nil
}

func (w *writer) address() (int, error) {
	b, err := w.take(2)
	if err != nil {
		return w.at, err
	}
	at := addressOf(b[0], b[1])
	if at >= len(w.cells) {
		return w.at, fmt.Errorf("address %d lies beyond the screen of %d x %d", at, w.rows, w.columns)
	}
	return at, nil
}

// put writes a character. What is none shows as a blank, and is not sent back: the host would read it as an order.
func (w *writer) put(char byte) {
	if char < blank && char != null {
		char = blank
	}
	w.cells[w.at] = cell{char: char}
	w.at = (w.at + 1) % len(w.cells)
	w.data = true
}

// startField begins a field with the attribute that follows, which an extended one has among pairs of type and
// value.
func (w *writer) startField(pairs int, extended bool) error {
	attr := byte(0)
	for range pairs {
		value, err := w.pair(extended)
		if err != nil {
			return err
		}
		if value != nil {
			attr = *value & attrMeaningful
		}
	}
	w.cells[w.at] = cell{attr: attr, field: true}
	w.at = (w.at + 1) % len(w.cells)
	return nil
}

// pair returns the attribute that comes next; nil if it is of another type.
func (w *writer) pair(extended bool) (*byte, error) {
	if !extended {
		b, err := w.take(1)
		return &b[0], err
	}
	b, err := w.take(2)
	if err != nil || b[0] != attributeBasic {
		return nil, err
	}
	return &b[1], nil
}

func (w *writer) startExtended() error {
	pairs, err := w.take(1)
	if err != nil {
		return err
	}
	return w.startField(int(pairs[0]), true)
}

// modifyField changes the attribute at the current address, if one is there.
func (w *writer) modifyField() error {
	pairs, err := w.take(1)
	if err != nil {
		return err
	}
	for range int(pairs[0]) {
		value, err := w.pair(true)
		if err != nil {
			return err
		}
		if value != nil && w.cells[w.at].field {
			w.cells[w.at].attr = *value & attrMeaningful
		}
	}
	w.at = (w.at + 1) % len(w.cells)
	return nil
}

// tab moves to the next unprotected field; behind a character it clears the rest of the field on its way.
func (w *writer) tab(clear bool) {
	for i := w.at; i < len(w.cells); i++ {
		c := &w.cells[i]
		if w.takesText(i) {
			w.at = (i + 1) % len(w.cells)
			return
		}
		if clear = clear && !c.field; clear {
			c.char = null
		}
	}
	w.at = 0
}

// repeat fills up to an address with one character; all of the screen if that is the current one.
func (w *writer) repeat() error {
	stop, err := w.address()
	if err != nil {
		return err
	}
	char, err := w.take(1)
	if err == nil && char[0] == orderGraphicEscape {
		_, err = w.take(1)
		char = []byte{blank}
	}
	if err != nil {
		return err
	}
	for {
		w.put(char[0])
		if w.at == stop {
			w.data = false
			return nil
		}
	}
}

// eraseTo clears the unprotected places up to an address.
func (w *writer) eraseTo() error {
	stop, err := w.address()
	if err != nil {
		return err
	}
	start, formatted := w.fieldStart(w.at)
	protected := formatted && w.cells[start].attr&attrProtected != 0
	for {
		c := &w.cells[w.at]
		if c.field {
			protected = c.attr&attrProtected != 0
		} else if !protected {
			c.char = null
		}
		if w.at = (w.at + 1) % len(w.cells); w.at == stop {
			return nil
		}
	}
}
