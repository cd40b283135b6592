package availability

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"portolan"
)

// stateVersion is the first byte of a stored Timeline.
const stateVersion = 1

// MarshalBinary implements encoding.BinaryMarshaler: about 70 bytes, the same for the same state.
func (t Timeline) MarshalBinary() ([]byte, error) { return t.AppendBinary(nil) }

// AppendBinary implements encoding.BinaryAppender.
func (t Timeline) AppendBinary(b []byte) ([]byte, error) {
	stop := byte(0)
	if t.last.stop {
		stop = 1
	}
	b = append(b, stateVersion, byte(t.mode), byte(t.class), stop)
	for _, at := range t.instants() {
		b = binary.AppendVarint(b, int64(*at))
	}
	b = append(b, t.last.stream[:]...)
	return binary.AppendUvarint(b, uint64(t.last.seq)), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. It accepts nothing that MarshalBinary would not have written.
func (t *Timeline) UnmarshalBinary(b []byte) error {
	if len(b) < 4 || b[0] != stateVersion {
		return errors.New("read timeline: unknown version")
	}
	read := Timeline{mode: mode(b[1]), class: Class(b[2]), last: place{stop: b[3] == 1}}
	if err := read.readPlaces(b[4:]); err != nil {
		return err
	}
	again, err := read.MarshalBinary()
	if err != nil || !bytes.Equal(again, b) {
		return errors.New("read timeline: not in the form in which it is written")
	}
	if read.mode > holding || (read.mode == holding) != (read.class.State() != portolan.Unmonitored) {
		return fmt.Errorf("read timeline: mode %d in class %s", read.mode, read.class)
	}
	*t = read
	return nil
}

func (t *Timeline) readPlaces(b []byte) error {
	for _, at := range t.instants() {
		v, n := binary.Varint(b)
		if n <= 0 {
			return errors.New("read timeline: truncated")
		}
		*at, b = portolan.Instant(v), b[n:]
	}
	if len(b) < len(t.last.stream) {
		return errors.New("read timeline: truncated")
	}
	b = b[copy(t.last.stream[:], b):]
	seq, n := binary.Uvarint(b)
	if n <= 0 {
		return errors.New("read timeline: truncated")
	}
	t.last.seq = portolan.Seq(seq)
	return nil
}

// instants returns the state's instants in the order in which they are stored.
func (t *Timeline) instants() [5]*portolan.Instant {
	return [...]*portolan.Instant{&t.last.at, &t.since, &t.end, &t.holdEnd, &t.gapEnd}
}
