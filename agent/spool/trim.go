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

// Trim drops what is beyond the spool's bounds, oldest first, and records what it dropped as lost. Append and
// Alive do the same.
func (s *Spool) Trim() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	return s.trimLocked(time.Now())
}

// makeRoomLocked begins a new segment where the current one is large or old enough.
func (s *Spool) makeRoomLocked(now time.Time) error {
	s.tickLocked(now)
	g := s.current()
	if g.bytes < min(maxSegment, s.options.MaxBytes/8) && s.state.Ran-g.began < s.options.MaxAge/16 {
		return nil
	}
	return errors.Join(s.beginLocked(now), s.trimLocked(now))
}

func (s *Spool) trimLocked(now time.Time) error {
	if err := s.removeDoneLocked(); err != nil {
		return err
	}
	s.tickLocked(now)
	for {
		oldest := slices.IndexFunc(s.segments[:len(s.segments)-1], func(g *segment) bool { return len(s.wantedLocked(g)) > 0 })
		if oldest < 0 || !s.beyondLocked(oldest) {
			return nil
		}
		if err := s.dropLocked(s.segments[oldest], now); err != nil {
			return err
		}
	}
}

// beyondLocked reports whether a segment, the oldest with something to be sent, has to go. It ended when the next was begun.
func (s *Spool) beyondLocked(i int) bool {
	return s.bytesLocked() > s.options.MaxBytes || s.state.Ran-s.segments[i+1].began > s.options.MaxAge
}

func (s *Spool) bytesLocked() (n int64) {
	for _, g := range s.segments {
		n += g.bytes
	}
	return n
}

// removeDoneLocked removes the segments, the current one apart, all of whose records are done. Those in flight are not: the
// collector may have no room for their batch, and they are sent in another.
func (s *Spool) removeDoneLocked() error {
	last := len(s.segments) - 1
	kept := s.segments[:0:0]
	var errs []error
	for i, g := range s.segments {
		if i < last && s.doneLocked(g) {
			err := os.Remove(g.path)
			if err == nil {
				continue
			}
			errs = append(errs, fmt.Errorf("remove segment: %w", err))
		}
		kept = append(kept, g)
	}
	s.segments = kept
	return errors.Join(errs...)
}

// doneLocked reports whether all of the segment's records are done.
func (s *Spool) doneLocked(g *segment) bool {
	return !slices.ContainsFunc(g.held, func(r seqRange) bool { return len(s.state.Done.Without(r)) > 0 })
}

// wantedLocked returns the segment's records that are still to be sent. Those in flight are in the batch.
func (s *Spool) wantedLocked(g *segment) seqSet {
	var wanted seqSet
	for _, r := range g.held {
		for _, r := range s.state.Done.Without(r) {
			wanted = append(wanted, s.state.Flying.Without(r)...)
		}
	}
	return wanted
}

// dropLocked drops what is to be sent of a segment, and the segment unless something of it is in flight. The loss is durable before
// it goes.
func (s *Spool) dropLocked(g *segment, now time.Time) error {
	losses, err := s.lossesLocked(g)
	if err != nil {
		return err
	}
	for _, l := range losses {
		if err := s.loseLocked(l, now); err != nil {
			return err
		}
	}
	if err := errors.Join(s.markLocked(kindMark, now), s.syncLocked()); err != nil {
		return fmt.Errorf("record loss: %w", err)
	}
	return s.removeDoneLocked()
}

// loss is a run of records that are gone. A loss among them is admitted again: its results count and its span is covered.
type loss struct {
	records  seqRange
	results  uint64
	admitted uint64        // of the results, those that a loss among the records had admitted
	span     portolan.Span // of the starts of the results
}

// lossesLocked returns what would be lost with the segment. A segment that cannot be read is lost whole.
func (s *Spool) lossesLocked(g *segment) ([]loss, error) {
	wanted := s.wantedLocked(g)
	losses := make([]loss, len(wanted))
	for i, r := range wanted {
		losses[i].records = r
	}
	i := 0
	err := s.walk(g, position{}, func(e evidence.Spooled, _ position) bool {
		for i < len(wanted) && wanted[i].Last < e.Record.Seq() {
			i++
		}
		if i < len(wanted) && wanted[i].First <= e.Record.Seq() {
			losses[i].count(e.Record)
		}
		return i < len(wanted)
	})
	return losses, err
}

func (l *loss) count(r evidence.Record) {
	switch {
	case r.Result != nil:
		l.include(1, portolan.Span{From: r.Result.Start, To: r.Result.Start + 1})
	case r.Loss != nil:
		l.admitted += r.Loss.Results
		l.include(r.Loss.Results, r.Loss.Span)
	}
}

func (l *loss) include(results uint64, span portolan.Span) {
	l.results += results
	switch {
	case l.span.Empty():
		l.span = span
	case !span.Empty():
		l.span = portolan.Span{From: min(l.span.From, span.From), To: max(l.span.To, span.To)}
	}
}

// loseLocked records a loss.
func (s *Spool) loseLocked(l loss, now time.Time) error {
	record := evidence.Record{Loss: &portolan.Loss{
		First: l.records.First, Last: l.records.Last, Results: l.results, Span: l.span,
	}}
	if _, err := s.appendRecordLocked(record, now); err != nil {
		return fmt.Errorf("record loss: %w", err)
	}
	s.state.Done.addRange(l.records)
	s.forgetLocked()
	s.dropped += l.results - l.admitted
	return nil
}
