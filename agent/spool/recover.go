package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"portolan/evidence"
)

// maxFile bounds what is read of one segment. A segment is closed soon after it passes maxSegment.
const maxFile = maxSegment + 3*maxFrame

// recover reads what is in the folder, mends it, and begins a new segment.
func (s *Spool) recover(now time.Time) error {
	s.ranSince = now
	numbers, err := s.list()
	if err != nil {
		return err
	}
	sound := false
	for _, s.number = range numbers {
		if sound, err = s.load(segmentPath(s.dir, s.number)); err != nil {
			return err
		}
	}
	if !sound {
		if err := s.startOver(); err != nil {
			return err
		}
	}
	s.before = life{alive: s.state.Alive, farewell: s.state.Farewell}
	if err := s.beginLocked(now); err != nil {
		return err
	}
	return errors.Join(s.admitLossLocked(now), s.trimLocked(now))
}

// startOver begins a new stream: the state that tells what was sent is gone, and numbers must not be used
// twice. What is left of the old stream is set aside, since part of it may have been sent.
func (s *Spool) startOver() error {
	var errs []error
	for _, g := range s.segments {
		errs = append(errs, s.setAside(g.path))
	}
	s.segments = nil
	s.plan = nil
	s.state = state{Stream: newStream(), Next: 1, Head: evidence.Hash{}.String()}
	s.report.NewStream = true
	return errors.Join(errs...)
}

// list returns the numbers of the segments in the folder, in order, and removes drafts of segments.
func (s *Spool) list() ([]uint64, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("list spool: %w", err)
	}
	var numbers []uint64
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".new" {
			if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil {
				return nil, fmt.Errorf("remove draft: %w", err)
			}
		}
		if number, ok := segmentNumber(e.Name()); ok {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// load reads one segment into the state. It reports false if nothing in the segment could be used.
func (s *Spool) load(path string) (bool, error) {
	data, err := readUpTo(path, maxFile)
	if err != nil {
		return false, fmt.Errorf("read segment: %w", err)
	}
	g := &segment{path: path, began: -1}
	var h health
	var sound []byte
	refused := false
	for f := range scan(data, &h) {
		if s.take(g, f) != nil {
			refused = true
			continue
		}
		sound = appendFrame(sound, f.kind, f.payload)
	}
	g.bytes = int64(len(sound))
	switch {
	case len(sound) == 0:
		return false, s.setAside(path)
	case h.holes || refused:
		err = s.salvage(path, sound)
	case len(sound) < len(data):
		s.report.Healed += int64(len(data) - len(sound))
		err = truncate(path, g.bytes)
	}
	s.segments = append(s.segments, g)
	return true, err
}

// take brings spool and segment up to date with a frame.
func (s *Spool) take(g *segment, f frame) error {
	next := s.state.Next
	if err := s.state.apply(f); err != nil {
		return err
	}
	if g.began < 0 {
		g.began = s.state.Ran
	}
	switch f.kind {
	case kindPlan:
		plan, err := readPlan(f.payload)
		if err != nil {
			return err
		}
		s.plan = plan
	case kindRecord:
		if s.state.Next == next {
			return fmt.Errorf("a record before %d is out of order", next)
		}
		g.add(s.state.Next - 1)
	}
	return nil
}

func readPlan(b []byte) (*planned, error) {
	plan, err := evidence.ReadPlan(b)
	if err != nil {
		return nil, err
	}
	return &planned{hash: evidence.HashPlan(plan), plan: plan}, nil
}

// salvage keeps a damaged segment aside, and writes its sound frames anew in its place.
func (s *Spool) salvage(path string, sound []byte) error {
	if err := s.setAside(path); err != nil {
		return err
	}
	file, err := createWhole(path, sound)
	if err != nil {
		return fmt.Errorf("salvage segment: %w", err)
	}
	return file.Close()
}

// setAside renames a file so that it is no segment any more.
func (s *Spool) setAside(path string) error {
	for i := 1; ; i++ {
		aside := fmt.Sprintf("%s.damaged-%d", path, i)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(path, aside); err != nil {
			return fmt.Errorf("set damaged segment aside: %w", err)
		}
		s.report.SetAside = append(s.report.SetAside, aside)
		return nil
	}
}

// admitLossLocked records as lost the records that are neither done nor in any segment.
func (s *Spool) admitLossLocked(now time.Time) error {
	if s.state.Next == 1 {
		return nil
	}
	held := slices.Clone(s.state.Done)
	held.add(s.state.Flying)
	for _, g := range s.segments {
		held.add(g.held)
	}
	for _, r := range held.Without(seqRange{First: 1, Last: s.state.Next - 1}) {
		s.report.Lost += r.count()
		if err := s.loseLocked(loss{records: r, results: r.count()}, now); err != nil {
			return err
		}
	}
	return nil
}

func readUpTo(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, most))
	return data, errors.Join(err, f.Close())
}

func truncate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("heal segment: %w", err)
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}
