package spool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"portolan/evidence"
)

// Chain is how far the agent's chain of batches has come.
type Chain struct {
	Number uint64        // of the last batch sealed; zero if there is none
	Head   evidence.Hash // its hash
	Flight *Flight       // that batch, if it was neither acknowledged nor refused yet
}

// Flight is a batch on its way, exactly as it was and will be sent.
type Flight struct {
	Number  uint64
	Hash    evidence.Hash
	Bytes   []byte
	Records Ranges
}

// ErrFlight says that a flight was begun while another was in progress, or settled while none was.
var ErrFlight = errors.New("one batch at a time")

// Chain returns how far the chain has come.
func (s *Spool) Chain() Chain {
	s.mu.Lock()
	defer s.mu.Unlock()
	head, _ := evidence.ParseHash(s.state.Head) // valid since it was read or made
	c := Chain{Number: s.state.Number, Head: head}
	if s.state.InFlight {
		c.Flight = &Flight{Number: c.Number, Hash: head, Bytes: s.state.flight, Records: slices.Clone(s.state.Flying)}
	}
	return c
}

// Begin makes the next batch durable, with the records in it and with all that was settled before. Only then
// may it be sent.
func (s *Spool) Begin(f Flight) error { return s.begin(f, time.Now()) }

func (s *Spool) begin(f Flight, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return os.ErrClosed
	case s.state.InFlight || f.Number != s.state.Number+1:
		return fmt.Errorf("begin batch %d: %w", f.Number, ErrFlight)
	}
	if err := s.makeRoomLocked(now); err != nil {
		return fmt.Errorf("make room for batch: %w", err)
	}
	before := s.state
	s.state.Number, s.state.Head = f.Number, f.Hash.String()
	s.state.InFlight, s.state.Flying, s.state.flight = true, f.Records, f.Bytes
	if err := errors.Join(s.markLocked(kindFlight, now), s.syncLocked()); err != nil {
		before.Ran = s.state.Ran
		s.state = before
		return fmt.Errorf("begin batch %d: %w", f.Number, err)
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

// forgetLocked lets go of recent records that are done.
func (s *Spool) forgetLocked() {
	s.recent = slices.DeleteFunc(s.recent, func(e Entry) bool { return s.state.Done.Has(e.Record.Seq()) })
}
