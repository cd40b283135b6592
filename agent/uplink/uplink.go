// Package uplink delivers an agent's records to the collector: in numbered, hash-chained batches, one in
// flight at a time, live records before older ones, without flooding a thin link.
//
// Every batch is durable in the spool before it is first sent, and is sent again byte for byte until the
// collector acknowledges or refuses it. A refused batch leaves its number and hash behind and never stops the
// next ones. Start at New and Run; the agent calls Notify when an outcome changed, OpenRun when a run passes
// its objective, and Farewell when all else has ended. The package logs nothing: it tells its Options.
package uplink

import (
	"context"
	"crypto"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"portolan"
	"portolan/evidence"
)

// Spool is what an uplink needs of the spool.
type Spool interface {
	Stream() portolan.Stream
	// Recent returns the records to be sent whose age is known, in order.
	Recent() []evidence.Spooled
	// Read returns the records to be sent from a number on, in order, bounded in count and in bytes.
	Read(from portolan.Seq, most, mostBytes int) ([]evidence.Spooled, error)
	// Waiting returns how many records are not yet acknowledged.
	Waiting() uint64
	// Chain returns the last batch's number and hash, and the batch itself while it is in flight.
	Chain() (number uint64, head evidence.Hash, flight []byte)
	// Begin makes a batch durable, with all records before it. Only then is it sent.
	Begin(number uint64, batch evidence.Sealed, records []portolan.Seq) error
	// Settle ends the flight; with resend its records are to be sent in another batch.
	Settle(resend bool) error
	// LeaveStream begins a new stream, under which all that is not acknowledged is sent.
	LeaveStream() error
}

// Options is what an uplink works with.
type Options struct {
	URL    string       // of the collector, "https://collector.example:8443"
	Client *http.Client // its Timeout bounds one attempt
	Agent  portolan.AgentID
	Signer crypto.Signer
	// SignEvery is how far apart signed batches may lie at most; zero signs each, as plain HTTP demands. Over
	// TLS it is a minute.
	SignEvery time.Duration
	Spool     Spool
	// Every is how often live records are sent; zero means 15 s.
	Every time.Duration
	// Rand draws the jitter of retries and of the first sending.
	Rand *rand.Rand
	// Confirmed is told of each acknowledged batch which directives the collector has for agents; nil tells nobody.
	Confirmed func(tag string)
	// Refused is told of each batch that the collector refused for good; nil tells nobody.
	Refused func(Stub)
	// Failed is told of each attempt that failed and will be repeated; nil tells nobody.
	Failed func(error)
}

// Stub is what is left of a refused batch.
type Stub struct {
	Number uint64
	Hash   evidence.Hash
	Code   string // the collector's: "malformed", "broken_chain"
	Reason string
	Resend bool // its records are sent again in another batch
}

// Status is how an uplink is doing.
type Status struct {
	LastAck   portolan.Instant // when the collector last acknowledged a batch, by the agent's clock; zero if never
	Clock     evidence.Clock
	Waiting   uint64 // records not yet acknowledged
	LastError string // of the last attempt, empty if it succeeded
	Refused   uint64 // batches refused since the uplink was made
	Stubs     []Stub // of the last few of them, oldest first
}

// Uplink delivers. Its methods may be called concurrently, but Run only once.
type Uplink struct {
	o    Options
	wake chan struct{} // holds one token while there is something to send at once

	turn sync.Mutex // held while something is prepared or sent; guards everything up to mu
	air  *flight
	// tickAt is when live records are due to be sent, notBefore when the next attempt may be made.
	tickAt, notBefore time.Time
	attempts          int
	room, most        int  // spooled bytes that a backlog batch, and any batch, may hold
	again             bool // the records of the last flight are to be sent again
	// noRoom says that the collector has no room for the backlog in the air; givenUp how often that was given up for live
	// records since backlog was last taken, backlogAt when it is tried again.
	noRoom    bool
	givenUp   int
	backlogAt time.Time
	signedAt  time.Time
	known     map[evidence.PlanHash]bool // plans that an acknowledged batch carried

	mu      sync.Mutex // guards everything that follows
	urgent  bool
	notices []evidence.OpenRun
	clock   clock
	status  Status
}

const (
	defaultEvery = 15 * time.Second
	// maxNotices and maxStubs bound what is kept in memory.
	maxNotices = 100
	maxStubs   = 64
)

// New returns an uplink that goes on where the spool's chain stands.
func New(o Options) *Uplink {
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	if o.Confirmed == nil {
		o.Confirmed = func(string) {}
	}
	if o.Refused == nil {
		o.Refused = func(Stub) {}
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return &Uplink{o: o, wake: make(chan struct{}, 1), room: firstRoom, most: maxRoom, known: map[evidence.PlanHash]bool{}}
}

// Run delivers until ctx is done, and returns ctx's error.
func (u *Uplink) Run(ctx context.Context) error {
	// Agents that start together, after a power cut or a patch, do not send together.
	u.turn.Lock()
	u.tickAt = time.Now().Add(time.Duration(u.o.Rand.Int64N(int64(u.o.Every))))
	u.turn.Unlock()
	for {
		timer := time.NewTimer(u.next(ctx))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		case <-u.wake:
			timer.Stop()
		}
	}
}

// Notify has the live records sent at once: an outcome differs from its series' previous one.
func (u *Uplink) Notify() {
	u.mu.Lock()
	u.urgent = true
	u.mu.Unlock()
	u.rouse()
}

// OpenRun sends a notice at once that a run passed its objective while in progress.
func (u *Uplink) OpenRun(r evidence.OpenRun) {
	u.mu.Lock()
	if len(u.notices) < maxNotices {
		u.notices = append(u.notices, r)
	}
	u.mu.Unlock()
	u.rouse()
}

func (u *Uplink) rouse() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// Status returns how the uplink is doing.
func (u *Uplink) Status() Status {
	now, waiting := time.Now(), u.o.Spool.Waiting()
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.status
	s.Stubs = append([]Stub(nil), s.Stubs...)
	s.Clock, s.Waiting = u.clock.at(now), waiting
	return s
}

// next does what is due and returns how long to wait for the next thing.
func (u *Uplink) next(ctx context.Context) time.Duration {
	u.turn.Lock()
	defer u.turn.Unlock()
	now := time.Now()
	if wait := u.notBefore.Sub(now); wait > 0 {
		if !u.noRoom {
			return wait
		}
		if _, due := u.due(now); !due {
			return min(wait, u.tickAt.Sub(now))
		}
		if err := u.giveUp(now); err != nil {
			return u.failed(err, now)
		}
	}
	if err := u.prepare(now, false); err != nil {
		return u.failed(err, now)
	}
	if u.air == nil {
		return u.idle(now)
	}
	if err := u.send(ctx); err != nil {
		if ctx.Err() != nil {
			return 0
		}
		wait := u.failed(err, time.Now())
		if u.noRoom = u.air != nil && u.air.late(now) && isOverload(err); u.noRoom {
			return 0 // live records may be due before that
		}
		return wait
	}
	return 0
}

// idle returns how long there is nothing to send.
func (u *Uplink) idle(now time.Time) time.Duration {
	wait := u.tickAt.Sub(now)
	if later := u.backlogAt.Sub(now); later > 0 {
		wait = min(wait, later)
	}
	return wait
}

// failed notes an error and returns how long to wait before the next attempt.
func (u *Uplink) failed(err error, now time.Time) time.Duration {
	wait := u.backOff(err)
	u.notBefore = now.Add(wait)
	u.mu.Lock()
	u.status.LastError = err.Error()
	u.mu.Unlock()
	u.o.Failed(err)
	return wait
}
