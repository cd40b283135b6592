package interchange

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Parse returns the interchange that data is, from its UNA or UNB to its UNZ. What the envelope says of itself
// must hold: references, and the counts of segments, messages and groups.
func Parse(data []byte) (*Interchange, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("parse interchange: %d bytes: want at most %d", len(data), MaxBytes)
	}
	syntax := standard()
	if bytes.HasPrefix(data, []byte(adviceTag)) {
		if len(data) < adviceLength {
			return nil, errors.New("parse interchange: the UNA breaks off")
		}
		var err error
		if syntax, err = adviceOf(data[:adviceLength]); err != nil {
			return nil, fmt.Errorf("parse interchange: %w", err)
		}
		data = data[adviceLength:]
	}
	segments, err := syntax.split(data)
	if err != nil {
		return nil, fmt.Errorf("parse interchange: %w", err)
	}
	p := parser{segments: segments}
	i, err := p.interchange()
	if err != nil {
		return nil, fmt.Errorf("parse interchange: segment %d: %w", max(1, p.next), err)
	}
	return i, nil
}

// parser goes through segments.
type parser struct {
	segments []Segment
	next     int // how many were taken
}

// peek returns the tag of the next segment; empty at the end.
func (p *parser) peek() string {
	if p.next == len(p.segments) {
		return ""
	}
	return p.segments[p.next].Tag
}

// take returns the next segment, which must have this tag.
func (p *parser) take(tag string) (Segment, error) {
	if got := p.peek(); got != tag {
		p.next++ // for the error's sake: it names the segment at fault
		if got == "" {
			got = "the end"
		}
		return Segment{}, fmt.Errorf("%s: want %s", got, tag)
	}
	p.next++
	return p.segments[p.next-1], nil
}

func (p *parser) interchange() (*Interchange, error) {
	header, err := p.take("UNB")
	if err != nil {
		return nil, err
	}
	i := &Interchange{
		Sender: header.Part(1, 0), Recipient: header.Part(2, 0), Control: header.Part(4, 0),
		Application: header.Part(6, 0), Test: header.Part(10, 0) == "1",
	}
	if i.Sender == "" || i.Recipient == "" || i.Control == "" || len(i.Control) > maxControl {
		return nil, fmt.Errorf("UNB: want a sender, a recipient and a control reference of at most %d characters", maxControl)
	}
	if i.Prepared, err = timeOf(header.Part(3, 0), header.Part(3, 1)); err != nil {
		return nil, err
	}
	count, err := p.groups(i)
	if err != nil {
		return nil, err
	}
	if err := p.end("UNZ", count, i.Control); err != nil {
		return nil, err
	}
	if p.peek() != "" {
		p.next++
		return nil, errors.New("more after UNZ")
	}
	return i, nil
}

func timeOf(date, clock string) (time.Time, error) {
	form := dateForm
	if len(date) == len(longDateForm) {
		form = longDateForm
	}
	t, err := time.Parse(form+clockForm, date+clock)
	if err != nil || len(date) != len(form) {
		return time.Time{}, fmt.Errorf("prepared at %.20q:%.20q: want a date and a time such as 261122:1200", date, clock)
	}
	return t, nil
}

// groups reads what is between UNB and UNZ, and returns what UNZ must count: groups, or messages in none.
func (p *parser) groups(i *Interchange) (int, error) {
	if p.peek() != "UNG" {
		messages, err := p.messages()
		i.Groups = []Group{{Messages: messages}}
		return len(messages), err
	}
	for p.peek() == "UNG" {
		header, _ := p.take("UNG")
		g := Group{Reference: header.Part(4, 0)}
		if g.Reference == "" {
			return 0, errors.New("UNG: want a reference")
		}
		var err error
		if g.Messages, err = p.messages(); err != nil {
			return 0, err
		}
		if err := p.end("UNE", len(g.Messages), g.Reference); err != nil {
			return 0, err
		}
		i.Groups = append(i.Groups, g)
	}
	return len(i.Groups), nil
}

// messages reads one or more messages.
func (p *parser) messages() ([]Message, error) {
	var all []Message
	for {
		m, err := p.message()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
		if p.peek() != "UNH" {
			return all, nil
		}
	}
}

func (p *parser) message() (Message, error) {
	header, err := p.take("UNH")
	if err != nil {
		return Message{}, err
	}
	m := Message{Reference: header.Part(0, 0), Kind: Kind{
		header.Part(1, 0), header.Part(1, 1), header.Part(1, 2), header.Part(1, 3), header.Part(1, 4),
	}}
	for !isEnvelope(p.peek()) && p.peek() != "" {
		m.Segments = append(m.Segments, p.segments[p.next])
		p.next++
	}
	return m, p.end("UNT", len(m.Segments)+2, m.Reference)
}

// end reads a trailer, which must say this count and reference.
func (p *parser) end(tag string, count int, reference string) error {
	trailer, err := p.take(tag)
	if err != nil {
		return err
	}
	said, err := strconv.Atoi(trailer.Part(0, 0))
	if err != nil || said != count {
		return fmt.Errorf("%s counts %.20q: there are %d", tag, trailer.Part(0, 0), count)
	}
	if trailer.Part(1, 0) != reference {
		return fmt.Errorf("%s ends %.35q: %.35q is open", tag, trailer.Part(1, 0), reference)
	}
	return nil
}

func isEnvelope(tag string) bool {
	switch tag {
	case "UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ":
		return true
	default:
		return false
	}
}
