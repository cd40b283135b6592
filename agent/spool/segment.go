package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/evidence"
)

// segment is one file of frames.
type segment struct {
	path   string
	bytes  int64
	began  time.Duration // state.Ran when it was begun
	held   seqSet        // the records in it
	readTo position      // where the last reading stopped, so that the next need not begin at the file's start
}

const suffix = ".seg"

func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x%s", number, suffix))
}

// segmentNumber returns the number that a segment's file name spells.
func segmentNumber(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, err == nil
}

func (g *segment) add(seq portolan.Seq) { g.held.addRange(seqRange{First: seq, Last: seq}) }

func (s *Spool) current() *segment { return s.segments[len(s.segments)-1] }

// appendLocked writes one frame to the current segment. After an error the segment is as it was.
func (s *Spool) appendLocked(k kind, payload []byte) error {
	g := s.current()
	n, err := s.file.Write(appendFrame(nil, k, payload))
	s.written += int64(n)
	s.dirty = true
	s.failure = err
	if err == nil {
		g.bytes += int64(n)
		return nil
	}
	// Where half a frame cannot be cut off, it is stepped over when the segment is read.
	err = errors.Join(err, s.file.Truncate(g.bytes))
	if end, seekErr := s.file.Seek(0, io.SeekEnd); seekErr == nil {
		g.bytes = end
	}
	return err
}

func (s *Spool) syncLocked() error {
	if !s.dirty || s.file == nil {
		return nil
	}
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("sync spool: %w", err)
	}
	s.dirty = false
	return nil
}

// markLocked writes the state as it is now.
func (s *Spool) markLocked(k kind, now time.Time) error {
	s.tickLocked(now)
	payload, err := s.state.encode(k)
	if err != nil {
		return err
	}
	if err := s.appendLocked(k, payload); err != nil {
		return fmt.Errorf("append state: %w", err)
	}
	s.markedAt = now
	return nil
}

// tickLocked brings the clock that records age by up to date.
func (s *Spool) tickLocked(now time.Time) {
	s.state.Ran += now.Sub(s.ranSince)
	s.ranSince = now
}

// beginLocked begins a new segment, whose first frame is in place, durably, before the segment has its name: a
// power cut never leaves a segment without a state.
func (s *Spool) beginLocked(now time.Time) error {
	if err := s.syncLocked(); err != nil {
		return err
	}
	s.tickLocked(now)
	head, err := s.headLocked()
	if err != nil {
		return err
	}
	path := segmentPath(s.dir, s.number+1)
	file, err := createWhole(path, head)
	s.written += int64(len(head))
	s.failure = err
	if err != nil {
		return fmt.Errorf("begin segment: %w", err)
	}
	if s.file != nil {
		err = s.file.Close()
	}
	s.file, s.dirty, s.markedAt = file, false, now
	s.number++
	s.segments = append(s.segments, &segment{path: path, bytes: int64(len(head)), began: s.state.Ran})
	return err
}

// headLocked returns the frames that a new segment begins with: the state, and the plan in force.
func (s *Spool) headLocked() ([]byte, error) {
	payload, err := s.state.encode(kindSnapshot)
	if err != nil {
		return nil, err
	}
	head := appendFrame(nil, kindSnapshot, payload)
	if s.plan != nil {
		head = appendFrame(head, kindPlan, evidence.AppendPlan(nil, s.plan.plan))
	}
	return head, nil
}

// createWhole creates a file that holds data, durably, or none at all, and leaves it open at its end.
func createWhole(path string, data []byte) (*os.File, error) {
	draft := path + ".new"
	f, err := os.OpenFile(draft, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	// Windows does not rename a file that is open.
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, ignoreMissing(os.Remove(draft)))
	}
	f, err = os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Seek(0, io.SeekEnd)
	return f, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
