// Package spool keeps an agent's records on disk until they are acknowledged, across kill -9 and power loss,
// within bounds of size and age.
//
// A spool is a folder of segments: append-only files of frames, each with its length and checksum. Every
// segment begins with the whole state (stream, what is done, the chain's head, the batch in flight), so that
// old segments go as soon as their records are done, and one fsync makes records and chain durable together.
// What is damaged is set aside and reported, never read around in silence; nothing in a file makes the package
// panic. It sends nothing and decides no lane: it tells how old a record is, the uplink decides.
package spool

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"portolan"
	"portolan/evidence"
)

// Options bounds a spool.
type Options struct {
	// MaxBytes is how large the segments may grow together; beyond it the oldest records are dropped and their
	// loss is recorded. Zero means 64 MiB, about a month of 15 transactions a minute.
	MaxBytes int64
	// MaxAge is how long a record is kept while agents run; time switched off or suspended does not count, and
	// no setting of the wall clock does. Zero means 30 days.
	MaxAge time.Duration
}

const (
	defaultMaxBytes = 64 << 20
	defaultMaxAge   = 30 * 24 * time.Hour
	// maxSegment is the size from which a new segment is begun; records are dropped by segments.
	maxSegment = 1 << 20
	// aliveEvery is how often alive marks are written at most, markEvery acknowledgements without a new batch.
	aliveEvery = 30 * time.Second
	markEvery  = time.Minute
	// maxRecent bounds the records that are also kept in memory, for the live lane.
	maxRecent = 4096
)

// ErrLocked says that another process has the spool.
var ErrLocked = errors.New("spool is in use by another process")

// Spool is an agent's records on disk. Its methods may be called concurrently.
type Spool struct {
	dir     string
	options Options
	lock    *os.File
	before  life
	report  Report

	mu       sync.Mutex // guards everything that follows
	state    state
	segments []*segment // oldest first; the last one is appended to
	number   uint64     // of the last segment begun, which gives it its name
	file     *os.File   // of the last segment
	dirty    bool       // something was written and not yet synced
	plan     *planned
	recent   []evidence.Spooled
	ranSince time.Time // when state.Ran was last brought up to date
	aliveAt  time.Time // when the last alive mark was written
	markedAt time.Time // when the state was last written
	written  int64     // bytes written by this process
	failure  error     // why the latest write failed; nil if it did not
	dropped  uint64    // results lost since this process began
	closed   bool
}

// planned is a plan with the hash that batches name it by.
type planned struct {
	hash evidence.PlanHash
	plan *portolan.Plan
}

// life is what the process before left about itself.
type life struct {
	alive    portolan.Instant
	farewell bool
}

// Report says what Open found amiss. The zero Report says that all was well.
type Report struct {
	NewStream bool     // the folder was new, or its state could not be read
	Healed    int64    // bytes of a torn end that were cut off
	SetAside  []string // files that were damaged, under their new names
	Lost      uint64   // records that were in damaged files and had not been acknowledged
}

// Open opens the spool in dir, which it makes if need be. It fails with ErrLocked while another process has it.
func Open(dir string, o Options) (*Spool, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.MaxAge <= 0 {
		o.MaxAge = defaultMaxAge
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Spool{dir: dir, options: o, lock: lock}
	if err := s.recover(time.Now()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Report returns what Open found amiss.
func (s *Spool) Report() Report { return s.report }

// LastAlive returns when the process before this one is last known to have been alive, by its own clock, and
// whether the last thing it recorded was a farewell; zero if there was none.
func (s *Spool) LastAlive() (portolan.Instant, bool) { return s.before.alive, s.before.farewell }

// Stream returns the id made with the spool.
func (s *Spool) Stream() portolan.Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	stream, _ := portolan.ParseStream(s.state.Stream) // valid since it was read or made
	return stream
}

// Next returns the number that the next record will bear.
func (s *Spool) Next() portolan.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Next
}

// SetPlan tells by which plan the records to come are to be understood.
func (s *Spool) SetPlan(p portolan.Plan) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	text := evidence.AppendPlan(nil, &p)
	next, err := readPlan(text)
	if err != nil {
		return fmt.Errorf("append plan: %w", err)
	}
	if s.plan != nil && s.plan.hash == next.hash {
		return nil
	}
	if err := s.appendLocked(kindPlan, text); err != nil {
		return fmt.Errorf("append plan: %w", err)
	}
	s.plan = next
	return nil
}

// Append numbers the record and writes it; Sync makes it durable. A record that could not be written takes no
// number: the spool is as it was before, and the caller goes on.
func (s *Spool) Append(r evidence.Record) (portolan.Seq, error) {
	if err := r.Validate(); err != nil {
		return 0, fmt.Errorf("append record: %w", err)
	}
	return s.append(r, time.Now())
}

func (s *Spool) append(r evidence.Record, now time.Time) (portolan.Seq, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, os.ErrClosed
	}
	if err := s.makeRoomLocked(now); err != nil {
		return 0, fmt.Errorf("make room for record: %w", err)
	}
	return s.appendRecordLocked(r, now)
}

func (s *Spool) appendRecordLocked(r evidence.Record, now time.Time) (portolan.Seq, error) {
	r = r.WithSeq(s.state.Next)
	payload := evidence.AppendRecord(nil, r)
	if err := s.appendLocked(kindRecord, payload); err != nil {
		return 0, fmt.Errorf("append record: %w", err)
	}
	s.current().add(r.Seq())
	s.state.note(r)
	if r.Gap != nil && r.Gap.Reason == portolan.GapAsleep {
		// The monotonic clock stood still as well: what was recorded before is older than it says.
		s.recent = nil
	}
	if len(s.recent) == maxRecent {
		s.recent = append(s.recent[:0], s.recent[1:]...)
	}
	s.recent = append(s.recent, s.entry(r, len(payload), now))
	return r.Seq(), nil
}

// Sync makes durable what was appended.
func (s *Spool) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.syncLocked()
}

// Alive writes, at most every 30 s, that the agent is alive at the given instant of its clock, and drops what
// is beyond the spool's bounds. Between those it returns why the latest write failed, if it did.
func (s *Spool) Alive(at portolan.Instant) error {
	return s.alive(at, time.Now())
}

func (s *Spool) alive(at portolan.Instant, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	if !s.aliveAt.IsZero() && now.Sub(s.aliveAt) < aliveEvery {
		return s.failure
	}
	s.state.Alive, s.state.Farewell, s.aliveAt = at, false, now
	if err := errors.Join(s.markLocked(kindMark, now), s.syncLocked()); err != nil {
		return fmt.Errorf("write alive mark: %w", err)
	}
	return s.trimLocked(now)
}

// Close makes everything durable and lets go of the folder.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	if s.file != nil {
		errs = append(errs, s.markLocked(kindMark, time.Now()), s.syncLocked(), s.file.Close())
	}
	return errors.Join(append(errs, unlockFolder(s.lock))...)
}

func newStream() string {
	var stream portolan.Stream
	rand.Read(stream[:]) // never fails, by its contract
	return stream.String()
}
