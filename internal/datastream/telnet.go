package datastream

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Telnet's commands and options, as far as 3270 needs them.
const (
	telnetIAC  = 0xFF
	telnetSE   = 0xF0
	telnetSB   = 0xFA
	telnetWILL = 0xFB
	telnetWONT = 0xFC
	telnetDO   = 0xFD
	telnetDONT = 0xFE
	telnetEOR  = 0xEF // ends a record

	optionBinary       = 0
	optionTerminalType = 24
	optionEndOfRecord  = 25

	terminalTypeIs, terminalTypeSend = 0, 1
)

// Bounds on what a peer may send at once.
const (
	mostRecord         = 64 << 10
	mostSubnegotiation = 512
	mostCommands       = 1000 // between two records: a peer that negotiates for ever says nothing
)

// ErrTooLarge says that a peer sent more than a record or a negotiation may hold.
var ErrTooLarge = errors.New("the peer sent more than a record may hold")

// event is what a peer says next: a record, a command about an option, or what belongs to an option.
type event struct {
	command byte // telnetEOR, telnetSB, or one of WILL, WONT, DO, DONT
	option  byte
	data    []byte
}

// Stream carries records over Telnet. It is used by one goroutine at a time.
type Stream struct {
	r        *bufio.Reader
	w        io.Writer
	received int64
	pending  []byte // of the record that is not whole yet
	options  *options
}

func newStream(peer io.ReadWriter, o *options) *Stream {
	s := &Stream{w: peer, options: o}
	s.r = bufio.NewReader(&counted{peer, &s.received})
	return s
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n *int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}

// Received returns how many bytes the peer sent so far.
func (s *Stream) Received() int64 { return s.received }

// Read returns the next record of the peer, and negotiates options on the way. What a host says before it speaks
// in records is dropped. After an error of a reader with a deadline it can be called again: nothing is lost.
func (s *Stream) Read() ([]byte, error) {
	for range mostCommands {
		e, err := s.next()
		if err != nil {
			return nil, err
		}
		if e.command == telnetEOR {
			return e.data, nil
		}
		if err := s.answer(e); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: %d commands without a record", ErrTooLarge, mostCommands)
}

// Write sends a record.
func (s *Stream) Write(record []byte) error {
	sent := make([]byte, 0, len(record)+16)
	for _, b := range record {
		if b == telnetIAC {
			sent = append(sent, telnetIAC)
		}
		sent = append(sent, b)
	}
	return s.send(append(sent, telnetIAC, telnetEOR))
}

func (s *Stream) send(b []byte) error {
	_, err := s.w.Write(b)
	return err
}

// next reads up to the next event. A command is looked at whole before it is consumed, so that a deadline may
// cut anywhere.
func (s *Stream) next() (event, error) {
	for {
		head, err := s.r.Peek(1)
		if err != nil {
			return event{}, err
		}
		if head[0] != telnetIAC {
			if len(s.pending) == mostRecord {
				return event{}, ErrTooLarge
			}
			s.pending = append(s.pending, head[0])
			s.discard(1)
			continue
		}
		e, done, err := s.command()
		if err != nil || done {
			return e, err
		}
	}
}

// discard consumes what was looked at, which cannot fail.
func (s *Stream) discard(n int) { _, _ = s.r.Discard(n) }

// command reads what follows an IAC; done is false for one that is no event.
func (s *Stream) command() (e event, done bool, err error) {
	head, err := s.r.Peek(2)
	if err != nil {
		return e, false, err
	}
	switch head[1] {
	case telnetIAC:
		s.discard(2)
		if len(s.pending) == mostRecord {
			return e, false, ErrTooLarge
		}
		s.pending = append(s.pending, telnetIAC)
		return e, false, nil
	case telnetEOR:
		s.discard(2)
		e = event{command: telnetEOR, data: s.pending}
		s.pending = nil
		return e, true, nil
	case telnetWILL, telnetWONT, telnetDO, telnetDONT:
		if head, err = s.r.Peek(3); err != nil {
			return e, false, err
		}
		e = event{command: head[1], option: head[2]}
		s.discard(3)
		return e, true, nil
	case telnetSB:
		return s.subnegotiation()
	default:
		s.discard(2) // no operation, go ahead, and what else needs no answer
		return e, false, nil
	}
}

// subnegotiation reads what belongs to an option, up to IAC SE.
func (s *Stream) subnegotiation() (e event, done bool, err error) {
	for n := 5; n <= mostSubnegotiation; n++ {
		head, err := s.r.Peek(n)
		if err != nil {
			return e, false, err
		}
		if head[n-2] == telnetIAC && head[n-1] == telnetSE {
			e = event{command: telnetSB, option: head[2], data: append([]byte(nil), head[3:n-2]...)}
			s.discard(n)
			return e, true, nil
		}
	}
	return e, false, ErrTooLarge
}
