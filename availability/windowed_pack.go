package availability

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Minutes are packed as runs of equal ones: a uvarint of the run's length times two, plus one if as much time is in service
// as in the run before; that time, if not; then what of it was not monitored, and what of the rest was not up.

// AppendMinutes appends the minutes of an hour to b in a form that ReadMinutes reads.
func AppendMinutes(b []byte, minutes []Minute) []byte {
	var inService Uint128
	for i := 0; i < len(minutes); {
		m, run := minutes[i], 1
		for i+run < len(minutes) && minutes[i+run] == m {
			run++
		}
		i += run
		if m.InService == inService {
			b = binary.AppendUvarint(b, uint64(run)<<1|1)
		} else {
			b = binary.AppendUvarint(b, uint64(run)<<1)
			b = m.InService.append(b)
			inService = m.InService
		}
		b = m.InService.Sub(m.Monitored).append(b)
		b = m.Monitored.Sub(m.Up).append(b)
	}
	return b
}

// ReadMinutes returns the minutes of an hour that AppendMinutes packed into b. It accepts nothing that AppendMinutes would
// not have written.
func ReadMinutes(b []byte) ([]Minute, error) {
	minutes := make([]Minute, 0, minutesAnHour)
	var m Minute
	for rest := b; len(rest) > 0; {
		head, n := binary.Uvarint(rest)
		if n <= 0 || head>>1 > uint64(minutesAnHour-len(minutes)) {
			return nil, errors.New("read minutes: truncated, or more than an hour")
		}
		rest = rest[n:]
		var numbers [3]Uint128
		numbers[0] = m.InService
		for i := int(head & 1); i < len(numbers); i++ {
			var ok bool
			if numbers[i], rest, ok = readUint128(rest); !ok {
				return nil, errors.New("read minutes: truncated")
			}
		}
		m.InService, m.Monitored = numbers[0], numbers[0].Sub(numbers[1])
		m.Up = m.Monitored.Sub(numbers[2])
		if m.InService.less(numbers[1]) || m.Monitored.less(numbers[2]) {
			return nil, errors.New("read minutes: more than the time in service")
		}
		for range head >> 1 {
			minutes = append(minutes, m)
		}
	}
	if len(minutes) != minutesAnHour {
		return nil, fmt.Errorf("read minutes: %d of %d", len(minutes), minutesAnHour)
	}
	if !bytes.Equal(AppendMinutes(nil, minutes), b) {
		return nil, errors.New("read minutes: not in the form in which they are written")
	}
	return minutes, nil
}

func (u Uint128) less(o Uint128) bool { return u.Hi < o.Hi || u.Hi == o.Hi && u.Lo < o.Lo }
