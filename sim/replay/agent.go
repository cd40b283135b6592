// Package replay plays a scenario's agents in event time: what each of them runs, sees, records and sends, and when.
//
// Start at New. An Agent goes through its events in order (a run that comes due, one that ends, a sending) and returns what it
// sends (agent.go); what a run comes to is drawn from the description that the truth is the expectation of (draw.go).
// Results are those that a real agent would have: hangs displace runs, changes are sent at once, what could not be sent
// while the port was cut off comes as backlog, and one that slept says so when it wakes. Retries and back-off are left out.
//
// The package opens nothing, and reads no clock: time is the scenario's.
package replay

import (
	"container/heap"
	"time"

	"portolan"
	"portolan/evidence"
	"portolan/schedule"
	"portolan/sim/truth"
)

// Options says how agents play.
type Options struct {
	Seed uint64
	// SendEvery is the time between sendings; 15 s if zero.
	SendEvery time.Duration
	// QuietEvery is the time between sendings while nothing is wrong anywhere: good news can wait, and a long scenario is
	// played sooner. A collector that is told of silence must know of it. Zero for SendEvery.
	QuietEvery time.Duration
}

// Delivery is what an agent sends at once.
type Delivery struct {
	At      portolan.Instant
	Lane    portolan.Lane
	Records []evidence.Record
	Open    []evidence.OpenRun
	// Backlog is how many records wait besides.
	Backlog uint64
}

// Agent is one workstation of a scenario. It is not for use by several goroutines at once.
type Agent struct {
	station *truth.Station
	options Options
	series  []*series
	dice    dice

	world *truth.World

	events queue
	sent   portolan.Instant // when the agent sent last
	order  uint64
	seq    portolan.Seq
	// pending is what was not sent yet, open what is to be told of runs in progress.
	pending []waiting
	open    []evidence.OpenRun
}

// series is one transaction with when it is due, and what its last run came to.
type series struct {
	*truth.Series
	due  schedule.Series
	last portolan.Outcome
	runs uint64
}

// waiting is a record that was not sent yet.
type waiting struct {
	record evidence.Record
	made   portolan.Instant
}

// How an agent behaves: design 3.14 and 3.3.
const (
	sendEvery = 15 * time.Second
	liveFor   = time.Minute // at least two intervals
	markEvery = 30 * time.Second
	mostLate  = 4000 // records in one batch of backlog
)

// New returns the agents of a world, which begin with it.
func New(w *truth.World, o Options) ([]*Agent, error) {
	if o.SendEvery <= 0 {
		o.SendEvery = sendEvery
	}
	agents := make([]*Agent, len(w.Stations))
	for i, station := range w.Stations {
		a := &Agent{world: w, station: station, options: o, dice: newDice(o.Seed, station.Agent)}
		for _, t := range station.Series {
			due, err := schedule.New(station.Agent, t.Planned)
			if err != nil {
				return nil, err
			}
			s := &series{Series: t, due: due, last: portolan.Good}
			a.series = append(a.series, s)
			a.push(event{at: due.Next(w.Span.From - 1), kind: runDue, series: s})
		}
		for _, off := range station.Off {
			a.push(event{at: off.To, kind: awake, gap: portolan.Span{From: off.From.Add(-a.dice.within(markEvery)), To: off.To}})
		}
		a.push(event{at: w.Span.From.Add(o.SendEvery), kind: sending})
		agents[i] = a
	}
	return agents, nil
}

// Station returns who the agent is.
func (a *Agent) Station() *truth.Station { return a.station }

// Share returns a transaction's share in its system.
func (a *Agent) Share(system portolan.SystemID, transaction portolan.TransactionID) uint32 {
	for _, s := range a.series {
		if s.Name.System == system && s.Name.Transaction == transaction {
			return s.Planned.Share
		}
	}
	return 0
}

// Scraped reports whether somebody at the center who asked for a run would have had its result: nothing cut the workstation
// off when it began or ended.
func (a *Agent) Scraped(r *portolan.Result) bool {
	return !a.station.CutOff(r.Start) && !a.station.CutOff(r.End())
}

// Until returns what the agent sends from where it was left on and before an instant, in order.
func (a *Agent) Until(t portolan.Instant) (all []Delivery) {
	for len(a.events) > 0 && a.events[0].at < t {
		e := heap.Pop(&a.events).(event)
		all = append(all, a.take(e)...)
	}
	return all
}

func (a *Agent) take(e event) []Delivery {
	switch e.kind {
	case runDue:
		a.run(e.series, e.at)
	case runOpen:
		a.open = append(a.open, e.open)
		return a.send(e.at)
	case runEnded:
		r := e.result
		changed := r.Outcome != e.series.last
		e.series.last = r.Outcome
		a.seq++
		r.Seq = a.seq
		a.pending = append(a.pending, waiting{evidence.Record{Result: r}, e.at})
		if changed {
			return a.send(e.at)
		}
	case awake:
		a.seq++
		gap := &portolan.Gap{Seq: a.seq, Span: e.gap, Reason: portolan.GapAsleep}
		a.pending = append(a.pending, waiting{evidence.Record{Gap: gap}, e.at})
		return a.send(e.at)
	case sending:
		a.push(event{at: e.at.Add(a.options.SendEvery), kind: sending})
		if e.at < a.sent.Add(a.options.QuietEvery) && a.world.Quiet(e.at) {
			return nil
		}
		return a.send(e.at)
	}
	return nil
}

// run runs a series that is due. Runs that come due while it is in progress are displaced.
func (a *Agent) run(s *series, at portolan.Instant) {
	if off := a.station.Asleep(at); !off.Empty() {
		a.push(event{at: s.due.Next(off.To - 1), kind: runDue, series: s})
		return
	}
	s.runs++
	result := a.dice.run(s, at)
	ended := result.End()
	a.push(event{at: s.due.Next(max(at, ended)), kind: runDue, series: s})
	if a.sleepsBefore(at, ended) {
		return // in the middle of the run: nobody knows what it would have come to
	}
	if latency := s.Planned.Latency; latency > 0 && result.Duration > latency {
		a.push(event{at: at.Add(latency), kind: runOpen, open: evidence.OpenRun{
			System: s.Name.System, Transaction: s.Name.Transaction, Start: at, Step: stepAt(result, latency),
		}})
	}
	a.push(event{at: ended, kind: runEnded, series: s, result: result})
}

func (a *Agent) sleepsBefore(from, to portolan.Instant) bool {
	for _, off := range a.station.Off {
		if from <= off.From && off.From < to {
			return true
		}
	}
	return false
}

// stepAt returns the step in progress so long after a run's start.
func stepAt(r *portolan.Result, after time.Duration) portolan.StepID {
	step := portolan.StepID("")
	for i := range r.Steps {
		if r.Steps[i].Offset <= after {
			step = r.Steps[i].Step
		}
	}
	return step
}

// send returns what is sent at an instant: news, then what is no news any longer. Nothing leaves a workstation that is off or
// cut off.
func (a *Agent) send(at portolan.Instant) []Delivery {
	if !a.station.Asleep(at).Empty() || a.station.CutOff(at) || len(a.pending)+len(a.open) == 0 {
		return nil
	}
	news, late := Delivery{At: at, Lane: portolan.Live, Open: a.open}, []evidence.Record(nil)
	for _, w := range a.pending {
		if w.made < at.Add(-a.liveFor()) {
			late = append(late, w.record)
		} else {
			news.Records = append(news.Records, w.record)
		}
	}
	a.pending, a.open, news.Backlog, a.sent = nil, nil, uint64(len(late)), at
	all := []Delivery{news}
	for len(late) > 0 {
		part := late[:min(len(late), mostLate)]
		late = late[len(part):]
		all = append(all, Delivery{At: at, Lane: portolan.Backlog, Records: part, Backlog: uint64(len(late))})
	}
	return all
}

// liveFor is how old news may be (design 3.14): at most the larger of 60 s and two intervals.
func (a *Agent) liveFor() time.Duration {
	longest := liveFor
	for _, s := range a.series {
		longest = max(longest, 2*s.Planned.Interval)
	}
	return longest
}

// event is something that happens to an agent.
type event struct {
	at     portolan.Instant
	order  uint64
	kind   kind
	series *series
	result *portolan.Result
	open   evidence.OpenRun
	gap    portolan.Span
}

type kind uint8

const (
	runDue kind = iota
	runOpen
	runEnded
	awake
	sending
)

func (a *Agent) push(e event) {
	if e.at == 0 {
		return // never due again
	}
	a.order++
	e.order = a.order
	heap.Push(&a.events, e)
}

// queue holds events by time; of those at one instant the first that was thought of comes first.
type queue []event

// Len implements heap.Interface.
func (q queue) Len() int { return len(q) }

// Less implements heap.Interface.
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}

// Swap implements heap.Interface.
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(event)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
