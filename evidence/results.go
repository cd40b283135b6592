package evidence

import (
	"math"
	"time"

	"portolan"
)

// headCoder holds what writer and reader of results both know while they walk over them, steps apart: the
// columns, and what a result is told against. The expected lengths are part of the format.
type headCoder struct {
	table *seriesTable
	seq   portolan.Seq
	due   portolan.Instant
	dues  []lastDue // by series

	seqGap, series, shape, firstDue, nextDue, late, duration column
	attempt, hold, position, phase, kind                     column
}

// lastDue is when a series' last result was due.
type lastDue struct {
	at    portolan.Instant
	known bool
}

func newHeadCoder(t *seriesTable, seq portolan.Seq, due portolan.Instant) *headCoder {
	return &headCoder{
		table: t, seq: seq - 1, due: due,
		series: expecting(3), firstDue: expecting(22), late: expecting(13), duration: expecting(19),
		attempt: expecting(2), hold: expecting(27), position: expecting(2), phase: expecting(3), kind: expecting(3),
	}
}

// A result's shape: its outcome, and which of the rarer things follow. It is told as the difference in bits
// from that of a good first attempt, which is thereby zero.
const (
	shapeOutcome = 0b11
	shapeSymptom = 1 << 2
	shapeHold    = 1 << 3
	shapeAttempt = 1 << 4
	shapePlain   = uint64(portolan.Good)
	shapeMost    = 1<<5 - 1
)

func shapeOf(r *portolan.Result) uint64 {
	shape := uint64(r.Outcome)
	if r.Symptom != (portolan.Symptom{}) {
		shape |= shapeSymptom
	}
	if r.Hold != 0 {
		shape |= shapeHold
	}
	if r.Attempt != 1 {
		shape |= shapeAttempt
	}
	return shape
}

// put writes all of the result but its steps, and returns the number of its series.
func (c *headCoder) put(w *bitWriter, r *portolan.Result) int {
	n := c.table.find(r)
	c.seqGap.put(w, uint64(r.Seq-c.seq-1))
	c.series.put(w, uint64(n))
	column, expected := c.expectDue(n)
	column.putSigned(w, int64(r.Due-expected))
	c.late.putSigned(w, int64(r.Start-r.Due))
	c.duration.put(w, micros(r.Duration))
	shape := shapeOf(r)
	c.shape.put(w, shape^shapePlain)
	if shape&shapeAttempt != 0 {
		c.attempt.put(w, uint64(r.Attempt))
	}
	if shape&shapeHold != 0 {
		c.hold.put(w, micros(r.Hold))
	}
	if shape&shapeSymptom != 0 {
		c.putSymptom(w, &c.table.series[n], r.Symptom)
	}
	c.keep(n, r)
	return n
}

func (c *headCoder) putSymptom(w *bitWriter, s *portolan.PlannedSeries, y portolan.Symptom) {
	at := 0
	if y.Step != "" {
		at = symptomAt(s, y) + 1
	}
	c.position.put(w, uint64(at))
	c.phase.put(w, uint64(y.Phase))
	c.kind.put(w, uint64(y.Kind))
}

// get reads what put wrote into r, and returns the number of its series.
func (c *headCoder) get(b *bitReader, r *portolan.Result) (int, error) {
	r.Seq = c.seq + 1 + portolan.Seq(c.seqGap.get(b))
	series := c.series.get(b)
	if series >= uint64(len(c.table.series)) {
		return 0, malformed("result", "series %d of %d", series, len(c.table.series))
	}
	n := int(series)
	s := &c.table.series[n]
	r.System, r.Transaction, r.Revision = s.System, s.Transaction, s.Revision
	column, expected := c.expectDue(n)
	r.Due = expected + portolan.Instant(column.getSigned(b))
	r.Start = r.Due + portolan.Instant(c.late.getSigned(b))
	took := c.duration.get(b)
	if took > uint64(maxMicros) {
		return 0, malformed("result", "duration of %d us", took)
	}
	r.Duration, r.Attempt = duration(took), 1
	shape := c.shape.get(b) ^ shapePlain
	if shape > shapeMost {
		return 0, malformed("result", "shape %d", shape)
	}
	r.Outcome = portolan.Outcome(shape & shapeOutcome)
	if err := c.getRarer(b, r, shape); err != nil {
		return 0, err
	}
	c.keep(n, r)
	return n, c.getSymptom(b, s, r, shape)
}

func (c *headCoder) getRarer(b *bitReader, r *portolan.Result, shape uint64) error {
	if shape&shapeAttempt != 0 {
		attempt := c.attempt.get(b)
		if attempt > math.MaxInt32 {
			return malformed("result", "attempt %d", attempt)
		}
		r.Attempt = int(attempt)
	}
	if shape&shapeHold != 0 {
		hold := c.hold.get(b)
		if hold > uint64(maxMicros) {
			return malformed("result", "hold of %d us", hold)
		}
		r.Hold = duration(hold)
	}
	return nil
}

func (c *headCoder) getSymptom(b *bitReader, s *portolan.PlannedSeries, r *portolan.Result, shape uint64) error {
	if shape&shapeSymptom == 0 {
		return nil
	}
	at, phase, kind := c.position.get(b), c.phase.get(b), c.kind.get(b)
	if at > uint64(len(s.Steps)) || phase > uint64(lastPhase) || kind > uint64(lastKind) {
		return malformed("symptom", "step %d, phase %d, kind %d", at, phase, kind)
	}
	r.Symptom = portolan.Symptom{Phase: portolan.Phase(phase), Kind: portolan.ErrorKind(kind)}
	if at > 0 {
		step := s.Steps[at-1]
		r.Symptom.Step, r.Symptom.Dependency = step.Step, step.Dependency
	}
	return nil
}

// expectDue returns the due time that the next result of series n is told against, and the column for the
// difference: one interval after the series' last, or, for its first, when the last result of any was due.
func (c *headCoder) expectDue(n int) (*column, portolan.Instant) {
	c.dues = reach(c.dues, n)
	if last := c.dues[n]; last.known {
		return &c.nextDue, last.at + portolan.Instant(c.table.series[n].Interval/time.Microsecond)
	}
	return &c.firstDue, c.due
}

func (c *headCoder) keep(n int, r *portolan.Result) {
	c.seq, c.due, c.dues[n] = r.Seq, r.Due, lastDue{at: r.Due, known: true}
}

// reach returns s, with zero values added until it has an element n.
func reach[T any](s []T, n int) []T {
	if n < len(s) {
		return s
	}
	if s == nil {
		s = make([]T, 0, max(n+1, 8)) // it mostly grows by one
	}
	return append(s, make([]T, n+1-len(s))...)
}
