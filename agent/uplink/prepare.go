package uplink

import (
	"errors"
	"fmt"
	"time"

	"portolan"
	"portolan/evidence"
)

const (
	// minLive is the age up to which a record is live whatever its interval (design 3.14).
	minLive = time.Minute
	// maxBatch bounds the records of a batch, maxRoom the bytes that they take in the spool. In a batch they
	// take less, so that it stays below evidence's limit.
	maxBatch = 20_000
	maxRoom  = 768 << 10
)

// flight is the batch in flight.
type flight struct {
	number  uint64
	batch   evidence.Sealed
	carries evidence.PlanHash // the plan in it, zero if none
	lane    portolan.Lane
	room    int       // spooled bytes in it; zero for a batch that tells nothing about the link's speed
	sealed  time.Time // zero for one that an earlier process sealed
	last    bool      // nothing is to follow it
}

// late reports whether the batch is no news: by what is in it, or because it has been in the air for long.
func (f *flight) late(now time.Time) bool {
	return f.sealed.IsZero() || f.lane == portolan.Backlog || now.Sub(f.sealed) > minLive
}

// load is what a batch is made from.
type load struct {
	lane    portolan.Lane
	entries []evidence.Spooled
	notices []evidence.OpenRun
}

// prepare puts the next batch in the air, if none is and something is due. With last set it is one more live
// batch, signed, whatever is due.
func (u *Uplink) prepare(now time.Time, last bool) error {
	if u.air != nil {
		return nil
	}
	if number, head, bytes := u.o.Spool.Chain(); bytes != nil {
		u.air = &flight{number: number, batch: evidence.Sealed{Bytes: bytes, Hash: head}}
		return nil
	}
	l, err := u.choose(now, last)
	if l == nil || err != nil {
		return err
	}
	return u.launch(l, now, last)
}

// choose returns what to send now: the live records if they are due, else as much backlog as the link takes in
// two seconds, else nothing.
func (u *Uplink) choose(now time.Time, last bool) (*load, error) {
	if notices, due := u.due(now); due || last {
		return &load{lane: portolan.Live, entries: u.live(now), notices: notices}, nil
	}
	if now.Before(u.backlogAt) {
		return nil, nil
	}
	entries, err := u.o.Spool.Read(0, maxBatch, min(u.room, u.most))
	if err != nil {
		return nil, fmt.Errorf("read backlog: %w", err)
	}
	entries = onePlan(entries, func(e evidence.Spooled) bool { return !isLive(e, now) })
	if len(entries) == 0 {
		return nil, nil
	}
	return &load{lane: portolan.Backlog, entries: entries}, nil
}

// due reports whether live records are to be sent now, and returns the notices to send with them.
func (u *Uplink) due(now time.Time) ([]evidence.OpenRun, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.urgent && len(u.notices) == 0 && now.Before(u.tickAt) {
		return nil, false
	}
	return u.notices, true
}

// live returns the live records, as many as fit into a batch.
func (u *Uplink) live(now time.Time) []evidence.Spooled {
	recent := u.o.Spool.Recent()
	size := 0
	return onePlan(recent, func(e evidence.Spooled) bool {
		if !isLive(e, now) || size > u.most {
			return false
		}
		size += e.Size
		return true
	})
}

// isLive reports whether the record is at most the larger of 60 s and two intervals old, on the monotonic
// clock. One that an earlier process spooled is not: nothing tells how long the machine was off, except its
// wall clock, which may have been set.
func isLive(e evidence.Spooled, now time.Time) bool {
	if e.At.IsZero() {
		return false
	}
	age := now.Sub(e.At)
	return age <= minLive || age <= 2*interval(e)
}

func interval(e evidence.Spooled) time.Duration {
	if e.Record.Result == nil || e.Plan == nil {
		return 0
	}
	for i := range e.Plan.Series {
		if s := &e.Plan.Series[i]; s.System == e.Record.Result.System && s.Transaction == e.Record.Result.Transaction {
			return s.Interval
		}
	}
	return 0
}

// onePlan returns the entries that are wanted, up to the first that needs another plan than those before it:
// a batch refers to one plan.
func onePlan(entries []evidence.Spooled, wanted func(evidence.Spooled) bool) []evidence.Spooled {
	var out []evidence.Spooled
	var plan evidence.PlanHash
	for _, e := range entries {
		if !wanted(e) {
			continue
		}
		if hash := planOf(e); !hash.IsZero() {
			if !plan.IsZero() && hash != plan {
				break
			}
			plan = hash
		}
		out = append(out, e)
	}
	return out
}

// planOf returns the plan that the entry needs: only results need one.
func planOf(e evidence.Spooled) evidence.PlanHash {
	if e.Record.Result == nil {
		return evidence.PlanHash{}
	}
	return e.PlanHash
}

// launch seals the load, or the part of it that fits, and puts it in the air.
func (u *Uplink) launch(l *load, now time.Time, last bool) error {
	number, head, _ := u.o.Spool.Chain()
	b := u.batch(l, now)
	b.Number, b.Previous = number+1, head
	signer := u.o.Signer
	if !last && !u.mustSign(now) {
		signer = nil
	}
	sealed, err := evidence.Seal(b, signer)
	var tooLarge *evidence.LimitError
	if errors.As(err, &tooLarge) && len(l.entries) > 1 {
		l.entries = l.entries[:len(l.entries)/2]
		return u.launch(l, now, last)
	}
	if err != nil {
		return fmt.Errorf("seal batch %d: %w", b.Number, err)
	}
	f := &flight{number: b.Number, batch: sealed, lane: l.lane, sealed: now, last: last}
	if b.CarriesPlan {
		f.carries = b.Plan
	}
	if l.lane == portolan.Backlog {
		f.room = sizeOf(l.entries)
	}
	if err := u.o.Spool.Begin(f.number, sealed, numbers(l.entries)); err != nil {
		return err
	}
	u.air = f
	u.launched(l, now, sealed.Signed)
	return nil
}

// launched forgets what was due and is in the air now.
func (u *Uplink) launched(l *load, now time.Time, signed bool) {
	if signed {
		u.signedAt = now
	}
	if l.lane != portolan.Live {
		return
	}
	if !u.tickAt.After(now) {
		u.tickAt = u.tickAt.Add(u.o.Every * (1 + now.Sub(u.tickAt)/u.o.Every))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.urgent = false
	u.notices = u.notices[len(l.notices):]
}

func (u *Uplink) batch(l *load, now time.Time) evidence.Batch {
	b := evidence.Batch{
		Agent: u.o.Agent, Stream: u.o.Spool.Stream(), Lane: l.lane, SentAt: portolan.InstantOf(now),
		Open: l.notices, Backlog: u.backlog(l, now),
	}
	u.mu.Lock()
	b.Clock = u.clock.at(now)
	u.mu.Unlock()
	for _, e := range l.entries {
		b.Records = append(b.Records, e.Record)
		if hash := planOf(e); !hash.IsZero() {
			b.Plan, b.PlanBody = hash, e.Plan
		}
	}
	b.CarriesPlan = b.PlanBody != nil && !u.known[b.Plan]
	return b
}

// backlog returns how many records wait besides those of the load and those that are news still.
func (u *Uplink) backlog(l *load, now time.Time) uint64 {
	waiting, besides := u.o.Spool.Waiting(), uint64(0)
	for _, e := range u.o.Spool.Recent() {
		if isLive(e, now) {
			besides++
		}
	}
	for _, e := range l.entries {
		if !isLive(e, now) {
			besides++
		}
	}
	return waiting - min(waiting, besides)
}

// mustSign reports whether a batch sealed now has to be signed: each one, or, where the connection proves who
// the agent is, one at least every SignEvery.
func (u *Uplink) mustSign(now time.Time) bool {
	return u.o.SignEvery <= 0 || u.signedAt.IsZero() || now.Sub(u.signedAt)+u.o.Every > u.o.SignEvery
}

func sizeOf(entries []evidence.Spooled) (n int) {
	for _, e := range entries {
		n += e.Size
	}
	return n
}

func numbers(entries []evidence.Spooled) []portolan.Seq {
	seqs := make([]portolan.Seq, len(entries))
	for i, e := range entries {
		seqs[i] = e.Record.Seq()
	}
	return seqs
}
