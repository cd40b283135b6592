package fault

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// Board holds the faults of a simulated world and says which are in force. Faults begin and end by the
// clock; whatever must act when they do (closing a listener, say) happens in the apply function.
type Board struct {
	apply  func(active []Fault) error
	failed func(error)

	// playing is held while the faults in force change, so that apply never runs twice at once.
	playing sync.Mutex
	timer   *time.Timer
	closed  bool

	mu sync.Mutex
	// mu guards everything that follows; it is never held while apply runs.
	faults  []timed
	active  []Fault
	changed chan struct{}
}

// timed is a fault with the times that the clock gives it; the zero end is never.
type timed struct {
	fault      Fault
	begin, end time.Time
}

// NewBoard returns a board without faults. Apply is called, never concurrently, with the faults in force
// each time that they change; failed gets its error when the clock changed them, since nobody waits then.
func NewBoard(apply func(active []Fault) error, failed func(error)) *Board {
	return &Board{apply: apply, failed: failed, changed: make(chan struct{})}
}

// Put replaces all faults; their times count from now. It returns once those that begin now are in force.
// If apply refuses them, everything stays as it was.
func (b *Board) Put(now time.Time, faults []Fault) error {
	b.playing.Lock()
	defer b.playing.Unlock()
	if b.closed {
		return errors.New("the simulator is stopping")
	}
	list := make([]timed, len(faults))
	for i, f := range faults {
		list[i] = timed{fault: f, begin: now.Add(f.At)}
		if f.For > 0 {
			list[i].end = list[i].begin.Add(f.For)
		}
	}
	if err := b.play(now, list); err != nil {
		return errors.Join(err, b.play(now, b.timetable()))
	}
	return nil
}

// play brings the faults in force at now into force and sets the timer for the next change.
// The caller holds playing.
func (b *Board) play(now time.Time, list []timed) error {
	active, next := at(now, list)
	if err := b.apply(active); err != nil {
		return err
	}
	b.mu.Lock()
	b.faults, b.active = list, active
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
	}
	if !next.IsZero() {
		b.timer = time.AfterFunc(next.Sub(now), b.tick)
	}
	return nil
}

// retry is how soon a change that could not be applied is tried again.
const retry = time.Second

func (b *Board) tick() {
	b.playing.Lock()
	defer b.playing.Unlock()
	if b.closed {
		return
	}
	if err := b.play(time.Now(), b.timetable()); err != nil {
		b.timer = time.AfterFunc(retry, b.tick)
		b.failed(err)
	}
}

func (b *Board) timetable() []timed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults
}

// at returns the faults in force at now, and when that changes next; zero if never.
func at(now time.Time, list []timed) (active []Fault, next time.Time) {
	for _, t := range list {
		begun, ended := !now.Before(t.begin), !t.end.IsZero() && !now.Before(t.end)
		if begun && !ended {
			active = append(active, t.fault)
		}
		for _, change := range []time.Time{t.begin, t.end} {
			if change.After(now) && (next.IsZero() || change.Before(next)) {
				next = change
			}
		}
	}
	return active, next
}

// Active returns the faults in force, and a channel that is closed when they change.
func (b *Board) Active() ([]Fault, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.active, b.changed
}

// List returns the faults in force and those to come as they would have to be put at now to have the same.
func (b *Board) List(now time.Time) []Fault {
	list := []Fault{}
	for _, t := range slices.Clone(b.timetable()) {
		f := t.fault
		f.At = max(0, t.begin.Sub(now))
		if !t.end.IsZero() {
			if f.For = t.end.Sub(now) - f.At; f.For <= 0 {
				continue
			}
		}
		list = append(list, f)
	}
	return list
}

// Close stops the clock; the faults in force stay.
func (b *Board) Close() {
	b.playing.Lock()
	defer b.playing.Unlock()
	b.closed = true
	if b.timer != nil {
		b.timer.Stop()
	}
}
