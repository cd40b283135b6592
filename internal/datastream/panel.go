package datastream

// Panel is a screen of the usual size as a host writes it, with the keyboard unlocked.
type Panel struct {
	record []byte
}

// NewPanel returns an empty panel that replaces what the terminal shows.
func NewPanel() *Panel {
	return &Panel{record: []byte{cmdEraseWrite, 0xC0 | wccResetMDT | wccRestore}}
}

// Look is how a field looks and behaves.
type Look byte

// The looks of fields.
const (
	LookText   Look = attrProtected | attrNumeric // skipped by the cursor
	LookBright Look = LookText | attrIntense
	LookInput  Look = 0
	LookSecret Look = attrHidden
)

// Put writes text of that look at a place. The attribute stands before it, so that no text begins at the first
// place of the screen. Places beyond the screen are the caller's mistake, and wrap around.
func (p *Panel) Put(row, column int, look Look, text string) *Panel {
	p.start(row, column, look)
	p.record = append(p.record, Encode(text)...)
	return p
}

// Input writes an empty field of that many characters, closed by a field of text, with the cursor in the first
// such field of the panel.
func (p *Panel) Input(row, column, length int, look Look) *Panel {
	if p.start(row, column, look); !p.hasCursor() {
		p.record = append(p.record, orderInsertCursor)
	}
	p.start(row, column+length+1, LookText)
	return p
}

func (p *Panel) start(row, column int, look Look) {
	address := ((row-1)*usualColumns + column - 2 + usualRows*usualColumns) % (usualRows * usualColumns)
	p.record = putAddress(append(p.record, orderSetBufferAddress), address)
	p.record = append(p.record, orderStartField, graphic(byte(look)))
}

// hasCursor reports whether the panel places the cursor: text never holds a byte of an order.
func (p *Panel) hasCursor() bool {
	for _, b := range p.record[2:] {
		if b == orderInsertCursor {
			return true
		}
	}
	return false
}

// Record returns the panel as a record for the terminal.
func (p *Panel) Record() []byte { return append([]byte(nil), p.record...) }
