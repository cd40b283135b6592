package datastream

import (
	"fmt"
	"io"
)

// options is what the two ends of a stream agreed on.
type options struct {
	terminal string // what this end says it is; empty for a host
	peerType string // what the other end said it is
	ours     [256]bool
	theirs   [256]bool
}

// NewTerminal returns the terminal's end of a connection to a host, which speaks first.
func NewTerminal(peer io.ReadWriter, model Model) *Stream {
	return newStream(peer, &options{terminal: model.Name})
}

// NewHost returns the host's end of a connection that a terminal opened, once both have agreed to speak 3270, and
// what the terminal says it is.
func NewHost(peer io.ReadWriter) (stream *Stream, terminal string, err error) {
	s := newStream(peer, &options{})
	opening := []byte{
		telnetIAC, telnetDO, optionTerminalType,
		telnetIAC, telnetSB, optionTerminalType, terminalTypeSend, telnetIAC, telnetSE,
		telnetIAC, telnetDO, optionEndOfRecord, telnetIAC, telnetWILL, optionEndOfRecord,
		telnetIAC, telnetDO, optionBinary, telnetIAC, telnetWILL, optionBinary,
	}
	// The type is asked for once the terminal agreed to tell it.
	if err := s.send(opening[:3]); err != nil {
		return nil, "", err
	}
	for range mostCommands {
		e, err := s.next()
		if err != nil {
			return nil, "", err
		}
		switch {
		case e.command == telnetWILL && e.option == optionTerminalType:
			err = s.send(opening[3:9])
		case e.command == telnetSB && s.options.peerType == "" && s.learnType(e):
			err = s.send(opening[9:])
		case e.command == telnetWONT && wanted(e.option), e.command == telnetDONT && wanted(e.option):
			err = fmt.Errorf("the terminal refuses option %d, which 3270 needs", e.option)
		case wanted(e.option):
			s.note(e)
		default:
			err = s.answer(e)
		}
		if err != nil {
			return nil, "", err
		}
		if s.speaks3270() {
			return s, s.options.peerType, nil
		}
	}
	return nil, "", ErrTooLarge
}

// wanted reports whether 3270 needs an option.
func wanted(option byte) bool {
	return option == optionBinary || option == optionEndOfRecord || option == optionTerminalType
}

// learnType takes what the terminal says it is.
func (s *Stream) learnType(e event) bool {
	if e.option != optionTerminalType || len(e.data) < 2 || e.data[0] != terminalTypeIs {
		return false
	}
	s.options.peerType = string(e.data[1:])
	return true
}

// note keeps what the other end agreed to.
func (s *Stream) note(e event) {
	switch e.command {
	case telnetWILL:
		s.options.theirs[e.option] = true
	case telnetDO:
		s.options.ours[e.option] = true
	}
}

// speaks3270 reports whether both ends send records of bytes.
func (s *Stream) speaks3270() bool {
	o := s.options
	return o.ours[optionBinary] && o.theirs[optionBinary] && o.ours[optionEndOfRecord] && o.theirs[optionEndOfRecord]
}

// answer answers what the other end says about an option: yes to those that 3270 needs, once, no to all others.
// A host's stream has agreed already, and answers no.
func (s *Stream) answer(e event) error {
	o := s.options
	yes := o.terminal != "" && wanted(e.option)
	switch e.command {
	case telnetDO:
		return s.agree(&o.ours[e.option], yes, telnetWILL, telnetWONT, e.option)
	case telnetWILL:
		return s.agree(&o.theirs[e.option], yes && e.option != optionTerminalType, telnetDO, telnetDONT, e.option)
	case telnetDONT:
		return s.stop(&o.ours[e.option], telnetWONT, e.option)
	case telnetWONT:
		return s.stop(&o.theirs[e.option], telnetDONT, e.option)
	case telnetSB:
		if yes && e.option == optionTerminalType && len(e.data) == 1 && e.data[0] == terminalTypeSend {
			is := append([]byte{telnetIAC, telnetSB, optionTerminalType, terminalTypeIs}, o.terminal...)
			return s.send(append(is, telnetIAC, telnetSE))
		}
	}
	return nil
}

// agree turns an option on if that is right and was not done, and answers; an option that is on needs no answer,
// or two ends could go on for ever (RFC 854).
func (s *Stream) agree(on *bool, right bool, yes, no, option byte) error {
	if *on {
		return nil
	}
	if !right {
		return s.send([]byte{telnetIAC, no, option})
	}
	*on = true
	s.pending = nil // what came before is not of a record
	return s.send([]byte{telnetIAC, yes, option})
}

func (s *Stream) stop(on *bool, answer, option byte) error {
	if !*on {
		return nil
	}
	*on = false
	return s.send([]byte{telnetIAC, answer, option})
}
