package interchange

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Bytes returns the interchange as it is sent. The error says what the syntax cannot carry.
func (i *Interchange) Bytes() ([]byte, error) {
	if err := i.check(); err != nil {
		return nil, err
	}
	w := writer{syntax: standard()}
	w.data = append(w.data, "UNA:+.? '"...)
	w.segment(i.header())
	count := 0
	for _, g := range i.Groups {
		if g.Reference == "" {
			count += len(g.Messages)
		} else {
			count++
		}
		w.group(i, g)
	}
	w.segment(Of("UNZ", E(strconv.Itoa(count)), E(i.Control)))
	switch {
	case w.err != nil:
		return nil, fmt.Errorf("write interchange: %w", w.err)
	case len(w.data) > MaxBytes || w.segments > MaxSegments:
		return nil, fmt.Errorf("write interchange: %d bytes in %d segments: want at most %d in %d", len(w.data), w.segments, MaxBytes, MaxSegments)
	}
	return w.data, nil
}

// check returns what would make the interchange unreadable.
func (i *Interchange) check() error {
	if i.Sender == "" || i.Recipient == "" || i.Control == "" || len(i.Control) > maxControl {
		return fmt.Errorf("write interchange: want a sender, a recipient and a control reference of at most %d characters", maxControl)
	}
	if len(i.Messages()) == 0 {
		return errors.New("write interchange: it has no message")
	}
	for n, g := range i.Groups {
		if (g.Reference == "") != (i.Groups[0].Reference == "") || g.Reference == "" && n > 0 {
			return errors.New("write interchange: want messages in groups, or all in none")
		}
		if len(g.Messages) == 0 {
			return fmt.Errorf("write interchange: group %q has no message", g.Reference)
		}
	}
	return nil
}

// maxControl is how long a control reference may be.
const maxControl = 14

// The forms of dates and times in envelopes. Years have two digits up to version 3 of the syntax, and in most of
// what is called version 4.
const (
	dateForm     = "060102"
	longDateForm = "20060102"
	clockForm    = "1504"
)

func stamp(t time.Time) Element {
	t = t.UTC()
	return E(t.Format(dateForm), t.Format(clockForm))
}

func (i *Interchange) header() Segment {
	test := ""
	if i.Test {
		test = "1"
	}
	return Of("UNB", E("UNOA", "4"), E(i.Sender), E(i.Recipient), stamp(i.Prepared), E(i.Control), E(), E(i.Application), E(), E(), E(), E(test))
}

// writer collects segments.
type writer struct {
	syntax
	data     []byte
	segments int
	err      error
}

func (w *writer) segment(s Segment) {
	if w.err == nil {
		w.data, w.err = w.append(w.data, s)
		w.segments++
	}
}

func (w *writer) group(i *Interchange, g Group) {
	if g.Reference != "" {
		kind := g.Messages[0].Kind
		w.segment(Of("UNG", E(kind.Type), E(i.Sender), E(i.Recipient), stamp(i.Prepared), E(g.Reference), E(kind.Agency), E(kind.Version, kind.Release)))
	}
	for _, m := range g.Messages {
		w.message(m)
	}
	if g.Reference != "" {
		w.segment(Of("UNE", E(strconv.Itoa(len(g.Messages))), E(g.Reference)))
	}
}

func (w *writer) message(m Message) {
	k := m.Kind
	w.segment(Of("UNH", E(m.Reference), E(k.Type, k.Version, k.Release, k.Agency, k.Association)))
	for _, s := range m.Segments {
		if isEnvelope(s.Tag) {
			w.err = fmt.Errorf("message %q holds a segment %s of the envelope", m.Reference, s.Tag)
			return
		}
		w.segment(s)
	}
	w.segment(Of("UNT", E(strconv.Itoa(len(m.Segments)+2)), E(m.Reference)))
}
