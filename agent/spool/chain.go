package spool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"portolan"
	"portolan/evidence"
)

// ErrFlight says that a flight was begun while another was in progress, or settled while none was.
var ErrFlight = errors.New("one batch at a time")

// Chain returns how far the agent's chain of batches has come: the number and the hash of the last one sealed,
// zero if there is none; and that batch as it was and will be sent, if it was neither acknowledged nor refused.
func (s *Spool) Chain() (number uint64, head evidence.Hash, flight []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head, _ = evidence.ParseHash(s.state.Head) // valid since it was read or made
	return s.state.Number, head, s.state.flight
}

// Begin makes the next batch durable, with the records in it (in ascending order) and with all that was
// settled before. Only then may it be sent.
func (s *Spool) Begin(number uint64, batch evidence.Sealed, records []portolan.Seq) error {
	return s.begin(flight{number, batch, records}, time.Now())
}

// flight is a batch that is about to be sent.
type flight struct {
	number  uint64
	batch   evidence.Sealed
	records []portolan.Seq
}

func (s *Spool) begin(f flight, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return os.ErrClosed
	case s.state.InFlight || f.number != s.state.Number+1:
		return fmt.Errorf("begin batch %d: %w", f.number, ErrFlight)
	}
	if err := s.makeRoomLocked(now); err != nil {
		return fmt.Errorf("make room for batch: %w", err)
	}
	before := s.state
	s.state.Number, s.state.Head = f.number, f.batch.Hash.String()
	s.state.InFlight, s.state.Flying, s.state.flight = true, rangesOf(f.records), f.batch.Bytes
	if err := errors.Join(s.markLocked(kindFlight, now), s.syncLocked()); err != nil {
		before.Ran = s.state.Ran
		s.state = before
		return fmt.Errorf("begin batch %d: %w", f.number, err)
	}
	return nil
}

// Settle ends the flight: its records are done, or, if resend is set, they are to be sent in another batch.
func (s *Spool) Settle(resend bool) error { return s.settle(resend, time.Now()) }

func (s *Spool) settle(resend bool, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	if !s.state.InFlight {
		return fmt.Errorf("settle: %w", ErrFlight)
	}
	if !resend {
		s.state.Done.add(s.state.Flying)
	}
	s.state.InFlight = false
	s.state.settle()
	s.forgetLocked()
	if resend {
		// Durable at once: after a restart the batch must not be sent as it was.
		return errors.Join(s.markLocked(kindMark, now), s.syncLocked())
	}
	// The next flight tells that this one is over. A mark is needed only where none follows soon.
	if now.Sub(s.markedAt) >= markEvery {
		if err := s.markLocked(kindMark, now); err != nil {
			return err
		}
	}
	return s.removeDoneLocked()
}

// LeaveStream begins a new stream: another process goes on with the present one, from a copy of this spool. What is not
// acknowledged, the batch in flight included, is to be sent under the new stream, whose chain begins anew.
func (s *Spool) LeaveStream() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	before := s.state
	s.state.Stream, s.state.Number, s.state.Head = newStream(), 0, evidence.Hash{}.String()
	s.state.InFlight = false
	s.state.settle()
	// Durable at once: numbers of the old stream must not be used again.
	if err := errors.Join(s.markLocked(kindMark, time.Now()), s.syncLocked()); err != nil {
		before.Ran = s.state.Ran
		s.state = before
		return fmt.Errorf("leave stream: %w", err)
	}
	return nil
}

// forgetLocked lets go of recent records that are done.
func (s *Spool) forgetLocked() {
	s.recent = slices.DeleteFunc(s.recent, func(e evidence.Spooled) bool { return s.state.Done.Has(e.Record.Seq()) })
}
