package datastream

import (
	"encoding/binary"
	"fmt"
)

// Structured fields that hosts send to a display, and what is answered to a query.
const (
	sfReadPartition = 0x01
	sfEraseReset    = 0x03
	sfOutboundDS    = 0x40

	partitionQuery, partitionQueryList = 0x02, 0x03
)

// structured performs the structured fields of a record.
func (s *Screen) structured(data []byte) (reply []byte, err error) {
	for len(data) > 0 {
		field, rest, err := cutField(data)
		if err != nil {
			return nil, err
		}
		data = rest
		answer, err := s.structuredField(field[0], field[1:])
		if err != nil {
			return nil, err
		}
		if answer != nil {
			reply = answer
		}
	}
	return reply, nil
}

// cutField returns the next structured field without its length, at least one byte. A length of zero means all
// that is left.
func cutField(data []byte) (field, rest []byte, err error) {
	if len(data) < 3 {
		return nil, nil, errShort
	}
	length := int(binary.BigEndian.Uint16(data))
	if length == 0 {
		length = len(data)
	}
	if length < 3 || length > len(data) {
		return nil, nil, fmt.Errorf("a structured field of %d bytes in %d", length, len(data))
	}
	return data[2:length], data[length:], nil
}

func (s *Screen) structuredField(id byte, body []byte) (reply []byte, err error) {
	switch {
	case id == sfReadPartition && len(body) >= 2 && (body[1] == partitionQuery || body[1] == partitionQueryList):
		// The null reply: this terminal has none of the functions that can be asked for.
		return []byte{byte(aidStructured), 0x00, 0x04, 0x81, 0xFF}, nil
	case id == sfEraseReset && len(body) >= 1:
		if body[0]&0x80 != 0 {
			s.erase(s.model.Rows, s.model.Columns)
		} else {
			s.erase(usualRows, usualColumns)
		}
		return nil, nil
	case id == sfOutboundDS && len(body) >= 2:
		if command := body[1]; command == cmdWriteStructuredField || command == cmdWriteStructuredFieldLocal {
			return nil, fmt.Errorf("structured fields within a structured field")
		}
		return s.Apply(body[1:])
	default:
		return nil, nil // functions that this terminal does not have
	}
}
