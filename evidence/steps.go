package evidence

import (
	"portolan"
)

// stepCoder holds what writer and reader of steps both know while they walk over them. The expected lengths
// are part of the format.
type stepCoder struct {
	shapes []stepShape  // of the last result's first, second, ... step
	sizes  [][]lastSize // by series and position
	left   int          // how many steps may still be read
	room   []portolan.StepResult

	count, gap, remainder, size, resize column
	phases                              [portolan.Phases]column
}

// stepShape is what a step has in common with the step at the same place in most other runs.
type stepShape struct {
	ahead    int // position in the plan minus that of the step before, less one
	reached  uint8
	outcome  portolan.Outcome
	overlaps bool // began before the step before it ended
	exceeds  bool // its phases take longer than it does
}

// lastSize is the size of a step's last answer.
type lastSize struct {
	bytes int64
	known bool
}

// aheadBits holds any distance between two steps of a series, backward or forward, plus maxSteps plus one.
const aheadBits = 9

func newStepCoder(limit int) *stepCoder {
	c := &stepCoder{
		left:  limit,
		count: expecting(3), gap: expecting(5), remainder: expecting(6), size: expecting(10),
	}
	for p, length := range [portolan.Phases]int{0, 12, 14, 15, 7, 16, 8, 7} {
		c.phases[p] = expecting(length)
	}
	return c
}

func (c *stepCoder) put(w *bitWriter, series int, s *portolan.PlannedSeries, steps []portolan.StepResult) {
	c.count.put(w, uint64(len(steps)))
	before, end := -1, int64(0)
	for i := range steps {
		step := &steps[i]
		at := stepAt(s, step.Step, before+1)
		gap := int64(micros(step.Offset)) - end
		remainder := int64(micros(step.Duration)) - phaseSum(step)
		c.putShape(w, i, stepShape{
			ahead: at - before - 1, reached: reached(step), outcome: step.Outcome, overlaps: gap < 0, exceeds: remainder < 0,
		})
		c.gap.put(w, magnitude(gap))
		for p := portolan.PhaseNone; p <= lastPhase; p++ {
			if d, ok := step.Phases.Get(p); ok {
				c.phases[p].put(w, micros(d))
			}
		}
		c.remainder.put(w, magnitude(remainder))
		c.putSize(w, c.sizeAt(series, at), step.Bytes)
		before, end = at, int64(micros(step.Offset)+micros(step.Duration))
	}
}

func (c *stepCoder) get(b *bitReader, series int, s *portolan.PlannedSeries) ([]portolan.StepResult, error) {
	n := c.count.get(b)
	if n > maxSteps {
		return nil, &LimitError{What: "steps in a run", Limit: maxSteps}
	}
	if c.left -= int(n); c.left < 0 {
		return nil, &LimitError{What: "steps", Limit: c.left + int(n)}
	}
	if n == 0 || b.bad {
		return nil, nil
	}
	steps := c.take(int(n))
	before, end := -1, int64(0)
	for i := range steps {
		at, err := c.getStep(b, i, place{series: series, of: s, before: before, end: end}, &steps[i])
		if err != nil {
			return nil, err
		}
		before, end = at, int64(micros(steps[i].Offset)+micros(steps[i].Duration))
	}
	return steps, nil
}

// take returns n zero steps. One piece of memory serves several runs.
func (c *stepCoder) take(n int) []portolan.StepResult {
	const together = 64
	if n > len(c.room) {
		c.room = make([]portolan.StepResult, max(n, together))
	}
	steps := c.room[:n:n]
	c.room = c.room[n:]
	return steps
}

// place is where a step is read: its series, and the step before it.
type place struct {
	series int
	of     *portolan.PlannedSeries
	before int
	end    int64
}

func (c *stepCoder) getStep(b *bitReader, i int, p place, step *portolan.StepResult) (int, error) {
	shape := c.getShape(b, i)
	at := p.before + 1 + shape.ahead
	if at < 0 || at >= len(p.of.Steps) || shape.outcome > lastOutcome {
		return 0, malformed("step", "step %d of %d, outcome %d", at, len(p.of.Steps), shape.outcome)
	}
	step.Step, step.Outcome = p.of.Steps[at].Step, shape.outcome
	offset := p.end + signed(c.gap.get(b), shape.overlaps)
	var sum int64
	for phase := portolan.PhaseNone; phase <= lastPhase; phase++ {
		if shape.reached&(1<<phase) == 0 {
			continue
		}
		took := c.phases[phase].get(b)
		if took > uint64(maxMicros) {
			return 0, malformed("step", "phase of %d us", took)
		}
		step.Phases.Add(phase, duration(took))
		sum += int64(took)
	}
	took := sum + signed(c.remainder.get(b), shape.exceeds)
	step.Bytes = c.getSize(b, c.sizeAt(p.series, at))
	if offset < 0 || offset > maxMicros || took < 0 || took > maxMicros || step.Bytes < 0 {
		return 0, malformed("step", "offset of %d us, duration of %d us, %d bytes", offset, took, step.Bytes)
	}
	step.Offset, step.Duration = duration(uint64(offset)), duration(uint64(took))
	return at, nil
}

func (c *stepCoder) putShape(w *bitWriter, i int, shape stepShape) {
	last := c.shapeAt(i)
	if *last == shape {
		w.short(0, 1)
		return
	}
	*last = shape
	w.short(1, 1)
	w.short(uint64(shape.reached), 8)
	w.short(uint64(shape.outcome)|bit(shape.overlaps)<<2|bit(shape.exceeds)<<3, 4)
	w.short(uint64(shape.ahead+maxSteps+1), aheadBits)
}

func (c *stepCoder) getShape(b *bitReader, i int) stepShape {
	last := c.shapeAt(i)
	if b.short(1) == 0 {
		return *last
	}
	last.reached = uint8(b.short(8))
	flags := b.short(4)
	last.outcome, last.overlaps, last.exceeds = portolan.Outcome(flags&3), flags&4 != 0, flags&8 != 0
	last.ahead = int(b.short(aheadBits)) - maxSteps - 1
	return *last
}

// shapeAt returns the shape that the last result's step i had. For one never seen it is that of a good step
// over HTTPS: the first opens the connection, the others use it.
func (c *stepCoder) shapeAt(i int) *stepShape {
	for len(c.shapes) <= i {
		shape := stepShape{outcome: portolan.Good, reached: reusedConnection}
		if len(c.shapes) == 0 {
			shape.reached |= newConnection
		}
		c.shapes = append(c.shapes, shape)
	}
	return &c.shapes[i]
}

// The phases that a step reaches.
const (
	newConnection    = 1<<portolan.PhaseDNS | 1<<portolan.PhaseConnect | 1<<portolan.PhaseTLS
	reusedConnection = 1<<portolan.PhaseRequest | 1<<portolan.PhaseWait | 1<<portolan.PhaseRead | 1<<portolan.PhaseCheck
)

func (c *stepCoder) sizeAt(series, position int) *lastSize {
	c.sizes = reach(c.sizes, series)
	c.sizes[series] = reach(c.sizes[series], position)
	return &c.sizes[series][position]
}

func (c *stepCoder) putSize(w *bitWriter, last *lastSize, size int64) {
	if last.known {
		c.resize.putSigned(w, size-last.bytes)
	} else {
		c.size.put(w, uint64(size))
	}
	*last = lastSize{bytes: size, known: true}
}

func (c *stepCoder) getSize(b *bitReader, last *lastSize) int64 {
	if last.known {
		last.bytes += c.resize.getSigned(b)
	} else {
		*last = lastSize{bytes: int64(c.size.get(b)), known: true}
	}
	return last.bytes
}

func reached(s *portolan.StepResult) (mask uint8) {
	for p := portolan.PhaseNone; p <= lastPhase; p++ {
		if _, ok := s.Phases.Get(p); ok {
			mask |= 1 << p
		}
	}
	return mask
}

// phaseSum adds up phases each cut to microseconds, as they are written.
func phaseSum(s *portolan.StepResult) (sum int64) {
	for p := portolan.PhaseNone; p <= lastPhase; p++ {
		d, _ := s.Phases.Get(p)
		sum += int64(micros(d))
	}
	return sum
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return uint64(-v)
	}
	return uint64(v)
}

func signed(v uint64, negative bool) int64 {
	if negative {
		return -int64(v)
	}
	return int64(v)
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
