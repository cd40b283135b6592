package projection

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/schedule"
)

// place is where an event stands in the order in which a series is folded: by instant, runs before stops, then by
// stream and sequence number.
type place struct {
	at     portolan.Instant
	stop   bool
	stream portolan.Stream
	seq    portolan.Seq
}

func (p *place) compare(o *place) int {
	switch {
	case p.at != o.at:
		return cmp.Compare(p.at, o.at)
	case p.stop != o.stop && p.stop:
		return 1
	case p.stop != o.stop:
		return -1
	}
	return cmp.Or(bytes.Compare(p.stream[:], o.stream[:]), cmp.Compare(p.seq, o.seq))
}

// mark is the last result of a series that was folded from one stream: its number, and its start in event time.
type mark struct {
	stream portolan.Stream
	seq    portolan.Seq
	start  portolan.Instant
}

// seriesState is how far one series was folded. It is what a refold begins from.
type seriesState struct {
	timeline availability.Timeline
	since    portolan.Instant // what the rows say ends here; the rest follows from timeline
	last     place
	marks    []mark // of each stream, by stream; they are few

	// planned is the series as the plan of its newest run has it, never changed; nothing but names before the first run.
	planned *portolan.PlannedSeries
	class   portolan.WorkstationClass // of the agent's workstation, by the same plan
	// What is needed to account for due runs, all by the agent's own clock: the newest due instant that was
	// counted, the attempts since then, what was excused, and the counts of the hour that is not over.
	lastDue  portolan.Instant
	attempts []availability.Attempt
	excused  []portolan.Span
	dueHour  portolan.Instant
	due      availability.Due
}

func newSeriesState() *seriesState { return &seriesState{planned: &portolan.PlannedSeries{}} }

// mark returns the mark of a stream, the zero one if nothing was folded from it.
func (s *seriesState) mark(stream portolan.Stream) mark {
	for _, m := range s.marks {
		if m.stream == stream {
			return m
		}
	}
	return mark{}
}

// setMark replaces the mark of its stream.
func (s *seriesState) setMark(m mark) {
	for i := range s.marks {
		if s.marks[i].stream == m.stream {
			s.marks[i] = m
			return
		}
	}
	at, _ := slices.BinarySearchFunc(s.marks, m.stream, func(e mark, stream portolan.Stream) int {
		return bytes.Compare(e.stream[:], stream[:])
	})
	s.marks = slices.Insert(s.marks, at, m)
}

// excuse notes that no run was missing in a span. Spans that meet become one: a series may be left alone for months.
func (s *seriesState) excuse(span portolan.Span) {
	if n := len(s.excused); n > 0 && s.excused[n-1].From <= span.From && span.From <= s.excused[n-1].To {
		s.excused[n-1].To = max(s.excused[n-1].To, span.To)
		return
	}
	s.excused = append(s.excused, span)
}

// schedule returns when the series is due; the zero Schedule, never due, if its plan is not known.
func (s *seriesState) schedule(agent portolan.AgentID) schedule.Series {
	return scheduleOf(agent, s.planned)
}

// tail returns what the series has from its rows' end until an instant, if nothing more is known.
func (s *seriesState) tail(until portolan.Instant) []availability.Segment {
	return s.timeline.Tail(nil, until)
}

// looseFrom returns the instant from which on what the series has follows from its state and not from its rows alone;
// forever if the state says nothing.
func (s *seriesState) looseFrom() portolan.Instant {
	from := forever
	for _, at := range []portolan.Instant{s.since, s.lastDue, s.dueHour} {
		if at != 0 {
			from = min(from, at)
		}
	}
	return from
}

// shareNow returns the series' share in its system, zero before its first result.
func (s *seriesState) shareNow() uint32 {
	if s.lastDue == 0 {
		return 0
	}
	return max(1, s.planned.Share)
}

func (s *seriesState) encode(w *writer) error {
	b, err := s.timeline.MarshalBinary()
	if err != nil {
		return fmt.Errorf("store timeline: %w", err)
	}
	w.bytes(b)
	w.at(s.since)
	s.last.encode(w)
	w.uint(uint64(len(s.marks)))
	for _, m := range s.marks {
		w.stream(m.stream)
		w.uint(uint64(m.seq))
		w.at(m.start)
	}
	w.uint(uint64(s.planned.Share))
	w.uint(uint64(s.planned.Interval))
	w.text(s.planned.Cron)
	w.text(s.planned.Zone)
	w.uint(uint64(s.planned.Latency))
	w.text(string(s.class))
	s.encodeDue(w)
	return nil
}

func (s *seriesState) encodeDue(w *writer) {
	w.at(s.lastDue)
	w.uint(uint64(len(s.attempts)))
	for _, a := range s.attempts {
		w.at(a.Due)
		w.at(a.Start)
		w.at(a.End)
		w.uint(uint64(a.Number))
	}
	w.uint(uint64(len(s.excused)))
	for _, span := range s.excused {
		w.at(span.From)
		w.at(span.To)
	}
	w.at(s.dueHour)
	for _, n := range dueFields(&s.due) {
		w.uint(uint64(*n))
	}
}

// decodeSeries reads the state of the series that name says.
func decodeSeries(r *reader, name portolan.Series) (*seriesState, error) {
	s := newSeriesState()
	if err := s.timeline.UnmarshalBinary(r.bytes()); err != nil {
		return nil, err
	}
	s.since = r.at()
	s.last.decode(r)
	for range r.count() {
		s.marks = append(s.marks, mark{stream: r.stream(), seq: portolan.Seq(r.uint()), start: r.at()})
	}
	s.planned = &portolan.PlannedSeries{System: name.System, Transaction: name.Transaction}
	s.planned.Share = uint32(r.uint())
	s.planned.Interval = time.Duration(r.uint())
	s.planned.Cron, s.planned.Zone = r.text(), r.text()
	s.planned.Latency = time.Duration(r.uint())
	s.class = portolan.WorkstationClass(r.text())
	s.decodeDue(r)
	return s, r.err
}

func (s *seriesState) decodeDue(r *reader) {
	s.lastDue = r.at()
	for range r.count() {
		s.attempts = append(s.attempts, availability.Attempt{Due: r.at(), Start: r.at(), End: r.at(), Number: int(r.uint())})
	}
	for range r.count() {
		s.excused = append(s.excused, portolan.Span{From: r.at(), To: r.at()})
	}
	s.dueHour = r.at()
	for _, n := range dueFields(&s.due) {
		*n = int(r.uint())
	}
}

func (p place) encode(w *writer) {
	w.at(p.at)
	w.flag(p.stop)
	w.stream(p.stream)
	w.uint(uint64(p.seq))
}

func (p *place) decode(r *reader) {
	*p = place{at: r.at(), stop: r.flag(), stream: r.stream(), seq: portolan.Seq(r.uint())}
}
