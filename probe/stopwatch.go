package probe

import (
	"sync"
	"time"

	"portolan"
)

// Stopwatch measures the phases of a step. At any moment the step is in one phase or in none, so the
// phases never add up to more than the step's duration. Time is taken in whole microseconds since the
// stopwatch was started. Its methods may be called from any goroutine: a transport's callbacks are.
type Stopwatch struct {
	begin time.Time

	mu      sync.Mutex // guards everything that follows
	phase   portolan.Phase
	since   time.Duration
	stopped bool
	times   portolan.PhaseTimes
}

// StartStopwatch returns a running stopwatch that is in no phase.
func StartStopwatch() *Stopwatch { return &Stopwatch{begin: time.Now()} }

// Enter ends the phase that the step is in and begins phase p; PhaseNone begins none. After Stop it does
// nothing, for a dial that was given up may still call back.
func (s *Stopwatch) Enter(p portolan.Phase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enterLocked(p)
}

// Advance is Enter, if the step is in phase from; otherwise it does nothing. It is for events that may
// come late: an answer can begin before the request is written to its end.
func (s *Stopwatch) Advance(from, to portolan.Phase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == from {
		s.enterLocked(to)
	}
}

func (s *Stopwatch) enterLocked(p portolan.Phase) {
	if s.stopped {
		return
	}
	now := time.Since(s.begin).Truncate(time.Microsecond)
	if s.phase != portolan.PhaseNone {
		s.times.Add(s.phase, now-s.since)
	}
	s.phase, s.since = p, now
}

// Phase returns the phase that the step is in, or was in when the stopwatch stopped.
func (s *Stopwatch) Phase() portolan.Phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase
}

// Elapsed returns the time since the stopwatch was started, in whole microseconds.
func (s *Stopwatch) Elapsed() time.Duration {
	return time.Since(s.begin).Truncate(time.Microsecond)
}

// Stop ends the measurement and returns the phases that were reached. Only the first call ends it.
func (s *Stopwatch) Stop() portolan.PhaseTimes {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		last := s.phase
		s.enterLocked(portolan.PhaseNone)
		s.phase, s.stopped = last, true
	}
	return s.times
}
