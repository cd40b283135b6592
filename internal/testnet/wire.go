package testnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// wireCapacity is how many bytes may be on their way in one direction.
const wireCapacity = 64 << 10

// wire carries bytes in one direction.
type wire struct {
	mu      sync.Mutex // guards everything that follows
	data    []byte
	ended   bool          // the writer closed: the reader reads to the end
	gone    bool          // the reader closed: the writer gets a broken pipe
	broken  bool          // reset: both ends fail at once
	stalled bool          // nothing moves
	changed chan struct{} // closed and replaced at every change
}

func newWire() *wire { return &wire{changed: make(chan struct{})} }

func isEnd(err error) bool { return err == io.EOF }

// read waits for data and takes what fits into p.
func (w *wire) read(p []byte, d *deadline) (n int, err error) {
	err = w.await(d, func() (bool, error) {
		switch {
		case w.gone:
			return true, net.ErrClosed
		case w.broken:
			return true, errReset
		case w.stalled:
			return false, nil
		case len(w.data) > 0:
			n = copy(p, w.data)
			w.data = w.data[n:]
			return true, nil
		case w.ended:
			return true, io.EOF
		default:
			return len(p) == 0, nil
		}
	})
	return n, err
}

// write waits for room and puts all of p on the wire. A stalled wire still takes what fits, as the kernel's
// buffer does.
func (w *wire) write(p []byte, d *deadline) (n int, err error) {
	err = w.await(d, func() (bool, error) {
		switch {
		case w.ended:
			return true, net.ErrClosed
		case w.broken:
			return true, errReset
		case w.gone:
			return true, errPipe
		}
		room := min(wireCapacity-len(w.data), len(p)-n)
		w.data = append(w.data, p[n:n+room]...)
		n += room
		return n == len(p), nil
	})
	return n, err
}

// await calls step, with the lock held, at once and after every change, until it is done or the deadline
// passes.
func (w *wire) await(d *deadline, step func() (done bool, err error)) error {
	for {
		expired := d.expired()
		select {
		case <-expired:
			return os.ErrDeadlineExceeded
		default:
		}
		w.mu.Lock()
		before := len(w.data)
		done, err := step()
		if len(w.data) != before {
			w.changedLocked()
		}
		changed := w.changed
		w.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-expired:
		}
	}
}

func (w *wire) changedLocked() {
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *wire) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	w.changedLocked()
}

func (w *wire) end()             { w.change(func() { w.ended = true }) }
func (w *wire) abandon()         { w.change(func() { w.gone = true }) }
func (w *wire) reset()           { w.change(func() { w.broken = true }) }
func (w *wire) stall(still bool) { w.change(func() { w.stalled = still }) }

// deadline tells readers or writers that their time is up. The zero deadline never does.
type deadline struct {
	mu    sync.Mutex // guards everything that follows
	timer *time.Timer
	past  chan struct{}
}

// expired returns a channel that is closed once the deadline has passed.
func (d *deadline) expired() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pastLocked()
}

func (d *deadline) pastLocked() chan struct{} {
	if d.past == nil {
		d.past = make(chan struct{})
	}
	return d.past
}

// set moves the deadline, for waiting calls as well; the zero time is never.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		d.past = nil // the old deadline has passed or is passing: those who wait from now on get a new one
	}
	d.timer = nil
	past := d.pastLocked()
	select {
	case <-past:
		d.past = make(chan struct{})
		past = d.past
	default:
	}
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		close(past)
		return
	}
	d.timer = time.AfterFunc(wait, func() { close(past) })
}
