// Package datastream is the 3270 data stream, as block-mode terminals and their hosts exchange it over Telnet.
//
// A host writes a screen with fields; the terminal collects what is typed and sends the fields that changed, with
// the key that was pressed. Screen is the terminal's side, Panel and Inbound are the host's, Stream is what
// carries both: Telnet with records. What either peer sends is bounded and checked; nothing here panics on it.
// The package holds no conversation: who answers whom, and when, is its users' business.
//
// It covers what TN3270 hosts send to a display of models 2 to 5 in code page 037 (RFC 1576, RFC 2355 without
// TN3270E; IBM GA23-0059 for the data stream). Colors, program symbols and partitions are read over; reading a
// screen back whole (Read Buffer) is not covered.
package datastream

import (
	"fmt"
	"strings"
)

// Commands that a host begins a record with, as SNA spells them and as a channel does: hosts send either.
const (
	cmdWrite, cmdWriteLocal                               = 0xF1, 0x01
	cmdEraseWrite, cmdEraseWriteLocal                     = 0xF5, 0x05
	cmdEraseWriteAlternate, cmdEraseWriteAlternateLocal   = 0x7E, 0x0D
	cmdEraseAllUnprotected, cmdEraseAllUnprotectedLocal   = 0x6F, 0x0F
	cmdReadModified, cmdReadModifiedLocal                 = 0xF6, 0x06
	cmdReadModifiedAll, cmdReadModifiedAllLocal           = 0x6E, 0x0E
	cmdWriteStructuredField, cmdWriteStructuredFieldLocal = 0xF3, 0x11
)

// Bits of a write control character.
const (
	wccResetMDT = 0x01
	wccRestore  = 0x02 // unlock the keyboard
)

// Orders within what is written.
const (
	orderProgramTab       = 0x05
	orderGraphicEscape    = 0x08
	orderSetBufferAddress = 0x11
	orderEraseUnprotected = 0x12
	orderInsertCursor     = 0x13
	orderStartField       = 0x1D
	orderSetAttribute     = 0x28
	orderStartFieldExt    = 0x29
	orderModifyField      = 0x2C
	orderRepeat           = 0x3C
)

// attributeBasic is the type of a field's attribute among those of an extended field.
const attributeBasic = 0xC0

// Bits of a field's attribute.
const (
	attrProtected  = 0x20
	attrNumeric    = 0x10
	attrDisplay    = 0x0C // both: not shown
	attrHidden     = 0x0C
	attrIntense    = 0x08
	attrModified   = 0x01
	attrMeaningful = 0x3F
)

// AID is the key that sends a screen to the host.
type AID byte

// Keys that hosts and tests name. PF keys are made by ParseAID.
const (
	AIDNone  AID = 0x60
	AIDEnter AID = 0x7D
	AIDClear AID = 0x6D
	AIDPA1   AID = 0x6C
	AIDPA2   AID = 0x6E
	AIDPA3   AID = 0x6B
	AIDPF3   AID = 0xF3
	// aidStructured begins a structured field that answers a query.
	aidStructured AID = 0x88
)

// aids returns every key by its name.
func aids() map[string]AID {
	named := map[string]AID{"ENTER": AIDEnter, "CLEAR": AIDClear, "PA1": AIDPA1, "PA2": AIDPA2, "PA3": AIDPA3}
	for i, code := range []AID{
		0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0x7A, 0x7B, 0x7C,
		0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0x4A, 0x4B, 0x4C,
	} {
		named[fmt.Sprintf("PF%d", i+1)] = code
	}
	return named
}

// ParseAID returns the key of that name: ENTER, CLEAR, PA1 to PA3, PF1 to PF24.
func ParseAID(name string) (AID, error) {
	aid, ok := aids()[strings.ToUpper(name)]
	if !ok {
		return 0, fmt.Errorf("key %.20q: want ENTER, CLEAR, PA1 to PA3 or PF1 to PF24", name)
	}
	return aid, nil
}

// String returns the key's name.
func (a AID) String() string {
	for name, aid := range aids() {
		if aid == a {
			return name
		}
	}
	return fmt.Sprintf("AID(%#x)", byte(a))
}

// short reports whether the key sends nothing but itself.
func (a AID) short() bool { return a == AIDClear || a == AIDPA1 || a == AIDPA2 || a == AIDPA3 }

// known reports whether a terminal can send the key.
func (a AID) known() bool {
	for _, aid := range aids() {
		if aid == a {
			return true
		}
	}
	return false
}
