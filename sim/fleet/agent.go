package fleet

import (
	"context"
	"math/rand/v2"
	"time"

	"portolan"
	"portolan/evidence"
)

// agent is one workstation that has news and backlog.
type agent struct {
	*sender
	f    *fleet
	dice *dice
	// first is when the runs with sequence numbers from 1 were due; turns counts from there.
	first portolan.Instant
	// live is the turn that is due next as news; held are earlier ones that wait, in order.
	live uint64
	held []uint64
}

// How an agent behaves.
const (
	signEvery    = time.Minute
	ripe         = 30 * time.Second // from the last start of a turn until its runs have ended
	turnsAtOnce  = 40               // in a batch of backlog
	firstRetry   = 200 * time.Millisecond
	longestRetry = 30 * time.Second
)

func (f *fleet) newAgent(ctx context.Context, n int) (*agent, error) {
	id := f.name(n)
	sender, err := enroll(ctx, enrolment{
		agent: id, plan: planOf(id.Port(), f.o.Series, f.o.Interval), collector: f.o.Collector, roots: f.o.Roots, token: f.o.Token,
	})
	if err != nil {
		return nil, err
	}
	return &agent{sender: sender, f: f, dice: newDice(f.o.Seed, id)}, nil
}

// schedule spreads the agents over the interval that begins now, and gives each the backlog it begins with.
func (a *agent) schedule(n int, now time.Time) {
	a.live = uint64(a.f.o.Backlog / a.f.o.Interval)
	a.held = make([]uint64, a.live)
	for turn := range a.held {
		a.held[turn] = uint64(turn)
	}
	offset := time.Duration(float64(a.f.o.Interval) * float64(n) / float64(a.f.o.Agents))
	a.first = portolan.InstantOf(now.Add(offset - ripe - time.Duration(a.live+1)*a.f.o.Interval))
}

// ready returns when a turn's runs have ended and can be sent.
func (a *agent) ready(turn uint64) time.Time {
	return a.first.Add(time.Duration(turn+1)*a.f.o.Interval + ripe).Time()
}

// play delivers news until that is over, and backlog between, until there is none.
func (a *agent) play(ctx, news context.Context) {
	defer a.wire.close()
	for ctx.Err() == nil {
		a.age(time.Now())
		over := news.Err() != nil
		switch wait := time.Until(a.ready(a.live)); {
		case !over && wait <= 0:
			a.live++
			a.deliver(ctx, news, portolan.Live, []uint64{a.live - 1})
		case len(a.held) > 0 && (!over || a.f.o.Backlog > 0):
			turns := a.held[:min(len(a.held), turnsAtOnce)]
			a.held = a.held[len(turns):]
			a.deliver(ctx, news, portolan.Backlog, turns)
		case over:
			return
		default:
			pause(news, wait)
		}
	}
}

// age holds back what is no longer news, as after a time without an answer.
func (a *agent) age(now time.Time) {
	for now.Sub(a.ready(a.live)) > max(a.f.o.Interval, ripe) {
		a.held = append(a.held, a.live)
		a.live++
	}
}

// deliver seals the results of some turns and sends them, byte for byte again, until they are acknowledged or refused.
func (a *agent) deliver(ctx, news context.Context, lane portolan.Lane, turns []uint64) {
	sealed, err := a.load(lane, turns)
	if err != nil {
		a.f.count(func(r *Report) { r.LastError = err.Error() })
		return
	}
	results := len(a.next.Records)
	a.f.count(func(r *Report) { r.Drawn += uint64(results) })
	begun, ended := time.Now(), time.Time{}
	for retry := firstRetry; ctx.Err() == nil; retry = min(2*retry, longestRetry) {
		answer, err := a.wire.post(ctx, "/ingest/v1/batches", evidence.MediaType, lane, sealed.Bytes)
		if err == nil && a.judge(answer, sealed, lane, time.Since(begun)) {
			return
		}
		if err != nil {
			a.f.count(func(r *Report) { r.Cut++; r.LastError = err.Error() })
		}
		if news.Err() != nil && ended.IsZero() {
			ended = time.Now()
		}
		if !ended.IsZero() && time.Since(ended) > lastDelivery {
			return
		}
		pause(ctx, answer.retry+retry/2+rand.N(retry))
	}
}

// judge returns whether the batch is done with.
func (a *agent) judge(answer answer, sealed evidence.Sealed, lane portolan.Lane, took time.Duration) bool {
	err := a.acknowledges(answer, sealed)
	switch {
	case err == nil:
		a.f.acknowledged(lane, len(a.next.Records), took)
	case answer.later():
		a.f.count(func(r *Report) { r.Deferred++ })
		return false
	default:
		a.f.count(func(r *Report) { r.Refused++; r.LastError = err.Error() })
	}
	return true
}

// load makes the next batch hold the results of some turns, and seals it.
func (a *agent) load(lane portolan.Lane, turns []uint64) (evidence.Sealed, error) {
	now := time.Now()
	b := &a.next
	b.Lane, b.SentAt, b.Backlog = lane, portolan.InstantOf(now), uint64(len(a.held)*len(b.PlanBody.Series))
	b.Records = b.Records[:0]
	for _, turn := range turns {
		a.draw(turn)
	}
	return a.seal(now)
}

// draw appends one result of each series.
func (a *agent) draw(turn uint64) {
	series := a.next.PlanBody.Series
	from := a.first.Add(time.Duration(turn) * a.f.o.Interval)
	for n := range series {
		start := from.Add((a.f.o.Interval * time.Duration(n) / time.Duration(len(series))).Truncate(time.Microsecond))
		seq := portolan.Seq(turn)*portolan.Seq(len(series)) + portolan.Seq(n) + 1
		a.next.Records = append(a.next.Records, evidence.Record{Result: a.dice.result(seq, &series[n], start)})
	}
}

// pause waits, until ctx is done at the longest.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
