package spool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portolan"
	"portolan/evidence"
)

// state is all that a spool knows besides its records. Every segment begins with it, so that older segments
// can go.
type state struct {
	Stream   string           `json:"stream"`
	Next     portolan.Seq     `json:"next"`
	Done     seqSet           `json:"done"` // acknowledged, refused or lost: not to be sent any more
	Alive    portolan.Instant `json:"alive"`
	Farewell bool             `json:"farewell"` // nothing was recorded after a farewell
	// Ran is how long agents have run on this spool, on the monotonic clock: the clock that records age by.
	Ran    time.Duration `json:"ran"`
	Number uint64        `json:"number"` // of the last batch sealed
	Head   string        `json:"head"`   // its hash
	// InFlight says that the last batch sealed was neither acknowledged nor refused yet; Flying holds its records.
	InFlight bool   `json:"in_flight,omitempty"`
	Flying   seqSet `json:"flying,omitempty"`

	flight []byte // the batch in flight, as sent; a mark leaves it out
}

// encode returns the state as a frame of kind k holds it: the length of the JSON, the JSON, the batch in flight.
func (s *state) encode(k kind) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	b := binary.AppendUvarint(nil, uint64(len(text)))
	b = append(b, text...)
	if k == kindMark {
		return b, nil
	}
	return append(b, s.flight...), nil
}

var errState = errors.New("bad state")

func decodeState(b []byte) (state, error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return state{}, errState
	}
	var s state
	if err := json.Unmarshal(b[n:n+int(size)], &s); err != nil {
		return state{}, fmt.Errorf("decode state: %w", err)
	}
	s.flight = append([]byte(nil), b[n+int(size):]...)
	if !s.valid() {
		return state{}, errState
	}
	return s, nil
}

func (s *state) valid() bool {
	_, err := portolan.ParseStream(s.Stream)
	_, headErr := evidence.ParseHash(s.Head)
	return err == nil && headErr == nil && s.Next > 0 && s.Next < 1<<62 && s.Ran >= 0 && s.Done.valid() && s.Flying.valid() &&
		(len(s.Done) == 0 || s.Done[len(s.Done)-1].Last < s.Next)
}

// apply brings the state up to date with a frame that follows it in a segment.
func (s *state) apply(f frame) error {
	isState := f.kind == kindSnapshot || f.kind == kindFlight || f.kind == kindMark
	if s.Stream == "" && !isState {
		return errState // nothing tells what stream it is of
	}
	switch f.kind {
	case kindSnapshot, kindFlight, kindMark:
		next, err := decodeState(f.payload)
		if err != nil {
			return err
		}
		next.Next = max(next.Next, s.Next)
		if f.kind == kindMark {
			next.flight = s.flight
			// A mark whose batch was lost with damaged bytes: its records are sent again in another.
			next.InFlight = next.InFlight && s.InFlight && s.Number == next.Number
		}
		next.InFlight = next.InFlight && len(next.flight) > 0
		next.settle()
		*s = next
		return nil
	case kindRecord:
		r, err := evidence.ReadRecord(f.payload)
		if err != nil {
			return err
		}
		s.note(r)
		return nil
	case kindPlan:
		_, err := evidence.ReadPlan(f.payload)
		return err
	default:
		return fmt.Errorf("frame of unknown kind %d", f.kind)
	}
}

// settle forgets what belongs to a flight that is over.
func (s *state) settle() {
	if !s.InFlight {
		s.Flying, s.flight = nil, nil
	}
}

// note brings the state up to date with a record: it takes a number, and proves that the agent was alive.
func (s *state) note(r evidence.Record) {
	s.Next = max(s.Next, r.Seq()+1)
	s.Farewell = r.Farewell != nil
	switch {
	case r.Result != nil:
		s.Alive = r.Result.End()
	case r.Farewell != nil:
		s.Alive = r.Farewell.At
	}
}
