package spool

import (
	"fmt"
	"os"
	"slices"
	"time"

	"portolan"
	"portolan/evidence"
)

// position is a place in a segment: all records up to seq lie before the offset.
type position struct {
	seq    portolan.Seq
	offset int64
	plan   *planned
}

func (s *Spool) entry(r evidence.Record, size int, at time.Time) evidence.Spooled {
	e := evidence.Spooled{Record: r, Size: size, At: at}
	if s.plan != nil {
		e.Plan, e.PlanHash = s.plan.plan, s.plan.hash
	}
	return e
}

// Recent returns the records to be sent whose age is known, in order: those that this process appended, the
// last few thousand at most.
func (s *Spool) Recent() []evidence.Spooled {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.recent), func(e evidence.Spooled) bool { return s.state.Flying.Has(e.Record.Seq()) })
}

// Read returns the records to be sent from number from on, in order: at most most of them, and no more once
// they take mostBytes in the spool.
func (s *Spool) Read(from portolan.Seq, most, mostBytes int) ([]evidence.Spooled, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []evidence.Spooled
	size := 0
	for _, g := range s.segments {
		if len(out) == most || size >= mostBytes {
			break
		}
		wanted := s.wantedLocked(g)
		if len(wanted) == 0 || wanted[len(wanted)-1].Last < from {
			continue
		}
		start := g.readTo
		if start.seq >= max(from, wanted[0].First) {
			start = position{}
		}
		err := s.walk(g, start, func(e evidence.Spooled, behind position) bool {
			g.readTo = behind
			if seq := e.Record.Seq(); seq >= from && wanted.Has(seq) {
				e.At = s.appendedAtLocked(seq)
				out = append(out, e)
				size += e.Size
			}
			return len(out) < most && size < mostBytes
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// appendedAtLocked returns when a record was appended, zero if that is not known.
func (s *Spool) appendedAtLocked(seq portolan.Seq) time.Time {
	i, ok := slices.BinarySearchFunc(s.recent, seq, func(e evidence.Spooled, seq portolan.Seq) int {
		return int(int64(e.Record.Seq()) - int64(seq))
	})
	if !ok {
		return time.Time{}
	}
	return s.recent[i].At
}

// walk hands the records of a segment behind a position to visit, each with the position behind itself, until
// visit returns false.
func (s *Spool) walk(g *segment, from position, visit func(evidence.Spooled, position) bool) error {
	data, err := readFrom(g.path, from.offset, g.bytes)
	if err != nil {
		return fmt.Errorf("read segment: %w", err)
	}
	at := from
	var h health
	for f := range scan(data, &h) {
		at.offset = from.offset + int64(f.end)
		switch f.kind {
		case kindPlan:
			if at.plan, err = readPlan(f.payload); err != nil {
				return fmt.Errorf("read plan: %w", err)
			}
		case kindRecord:
			r, err := evidence.ReadRecord(f.payload)
			if err != nil {
				return fmt.Errorf("read record: %w", err)
			}
			at.seq = r.Seq()
			e := evidence.Spooled{Record: r, Size: len(f.payload)}
			if at.plan != nil {
				e.Plan, e.PlanHash = at.plan.plan, at.plan.hash
			}
			if !visit(e, at) {
				return nil
			}
		}
	}
	return nil
}

func readFrom(path string, from, to int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, max(0, to-from))
	n, err := f.ReadAt(data, from)
	if n == len(data) {
		err = nil
	}
	return data[:n], err
}

// Waiting returns how many records are not yet acknowledged, those in flight included.
func (s *Spool) Waiting() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waitingLocked()
}

func (s *Spool) waitingLocked() uint64 { return uint64(s.state.Next-1) - s.state.Done.Count() }

// Backlog is how much a spool holds.
type Backlog struct {
	Records uint64           // not yet acknowledged, those in flight included
	Bytes   int64            // that the segments take on disk
	Oldest  portolan.Instant // when the oldest record not in flight happened; zero if there is none
	Dropped uint64           // results that this process dropped or found missing, and recorded as lost
}

// Pending returns how much the spool holds.
func (s *Spool) Pending() (Backlog, error) {
	first, err := s.Read(0, 1, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := Backlog{Records: s.waitingLocked(), Bytes: s.bytesLocked(), Dropped: s.dropped}
	if len(first) > 0 {
		b.Oldest = first[0].Record.At()
	}
	return b, err
}
