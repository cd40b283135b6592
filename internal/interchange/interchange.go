// Package interchange reads and writes UN/EDIFACT interchanges: the syntax of ISO 9735, versions 1 to 4.
//
// An interchange is what one party sends another: an envelope (UNB to UNZ) around messages (UNH to UNT), which
// may stand in groups (UNG to UNE). A message is a list of segments, a segment a tag and elements, an element one
// or more components. The package knows the envelope and checks what it counts; what messages mean (PAXLST,
// CUSRES) their users know. Both ends of Portolan use it: the way of talking, and the simulated system.
//
// Input is bounded in bytes, segments and elements, and nothing in it panics. Repeated elements of version 4, and
// segments with binary data, are not understood.
package interchange

import "time"

// Bounds on what is read and written.
const (
	MaxBytes    = 256 << 10
	MaxSegments = 10_000
	maxElements = 100 // in a segment
	maxParts    = 100 // components in an element
)

// Interchange is one envelope with its messages.
type Interchange struct {
	Sender    string // 1 to 35 characters, as partners agreed on
	Recipient string
	// Prepared is when the interchange was made, in whole minutes of UTC: the syntax carries no more.
	Prepared time.Time
	// Control is the sender's reference, 1 to 14 characters: the answer to an interchange names it.
	Control string
	// Application names the recipient's application ("APIS"); may be empty.
	Application string
	// Test marks an interchange that must have no effect.
	Test   bool
	Groups []Group
}

// Group is messages of one kind. One without a reference stands for messages that are in no group.
type Group struct {
	Reference string
	Messages  []Message
}

// Message is one message without its UNH and UNT.
type Message struct {
	Reference string
	Kind      Kind
	Segments  []Segment
}

// Kind says what a message is and by which directory it is written: PAXLST:D:05B:UN:IATA.
type Kind struct {
	Type        string // PAXLST
	Version     string // D
	Release     string // 05B
	Agency      string // UN
	Association string // IATA; may be empty
}

// Segment is a tag and its elements.
type Segment struct {
	Tag      string
	Elements []Element
}

// Element is a data element: its components, one if it is simple.
type Element []string

// Of returns a segment with these elements.
func Of(tag string, elements ...Element) Segment { return Segment{tag, elements} }

// E returns an element with these components.
func E(components ...string) Element { return components }

// Part returns a component of an element, both counted from 0; empty if it is not there.
func (s Segment) Part(element, component int) string {
	if element >= len(s.Elements) || component >= len(s.Elements[element]) {
		return ""
	}
	return s.Elements[element][component]
}

// Is reports whether the segment has this tag and qualifier: LOC+87, RFF+TN.
func (s Segment) Is(tag, qualifier string) bool { return s.Tag == tag && s.Part(0, 0) == qualifier }

// Qualified returns what follows the segment's qualifier: the next component of the same element, or else the
// first of the next element. It is ZZ9999 in RFF+AF:ZZ9999, and MIA in LOC+87+MIA.
func (s Segment) Qualified() string {
	if len(s.Elements) > 0 && len(s.Elements[0]) > 1 {
		return s.Elements[0][1]
	}
	return s.Part(1, 0)
}

// Messages returns all messages, of whatever group.
func (i *Interchange) Messages() []Message {
	var all []Message
	for _, g := range i.Groups {
		all = append(all, g.Messages...)
	}
	return all
}
