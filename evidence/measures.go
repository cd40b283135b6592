package evidence

import "portolan"

// measureCoder holds what writer and reader of measures both know while they walk over them. They lie apart from the
// steps, because most ways of talking measure nothing. The expected lengths are part of the format.
type measureCoder struct {
	count, ahead, step, measure column
	values                      [int(lastMeasure) + 1]column // by measure
}

func newMeasureCoder() *measureCoder {
	c := &measureCoder{count: expecting(4), ahead: expecting(0), step: expecting(1), measure: expecting(3)}
	for i := range c.values {
		c.values[i] = expecting(20)
	}
	return c
}

// measured is one measurement and where it belongs.
type measured struct {
	result, step int // positions
	portolan.Measurement
}

// measuredOf appends the measurements of a result, which is the n-th of its batch.
func measuredOf(all []measured, n int, r *portolan.Result) []measured {
	for i := range r.Steps {
		for _, m := range r.Steps[i].Measures {
			all = append(all, measured{n, i, m})
		}
	}
	return all
}

// packMeasures returns the measurements, in order, packed; nil for none.
func packMeasures(all []measured) []byte {
	if len(all) == 0 {
		return nil
	}
	var w bitWriter
	c, before := newMeasureCoder(), 0
	c.count.put(&w, uint64(len(all)))
	for _, m := range all {
		c.ahead.put(&w, uint64(m.result-before))
		c.step.put(&w, uint64(m.step))
		c.measure.put(&w, uint64(m.Measure))
		c.values[m.Measure].putSigned(&w, m.Value)
		before = m.result
	}
	return w.bytes()
}

// unpackMeasures gives the results what packMeasures packed of them.
func unpackMeasures(packed []byte, results []portolan.Result) error {
	if len(packed) == 0 {
		return nil
	}
	b := bitReader{in: packed}
	c, at := newMeasureCoder(), uint64(0)
	n := c.count.get(&b)
	for range min(n, uint64(len(packed))*8) { // each takes a bit at least
		ahead, step, measure := c.ahead.get(&b), c.step.get(&b), c.measure.get(&b)
		if at += ahead; b.bad || ahead > uint64(len(results)) || at >= uint64(len(results)) || step >= uint64(len(results[at].Steps)) || measure > uint64(lastMeasure) {
			return malformed("measure", "measure %d of step %d of result %d of %d", measure, step, at, len(results))
		}
		s := &results[at].Steps[step]
		s.Measures = append(s.Measures, portolan.Measurement{Measure: portolan.Measure(measure), Value: c.values[measure].getSigned(&b)})
		if err := validateMeasures(s.Measures); err != nil {
			return err
		}
	}
	if b.bad || n > uint64(len(packed))*8 || b.rest() {
		return malformed("measure", "%d measures are not what the bytes hold", n)
	}
	return nil
}

// validateMeasures checks that each measure is known and there once.
func validateMeasures(all []portolan.Measurement) error {
	var seen uint64
	for _, m := range all {
		if m.Measure == portolan.MeasureUnknown || m.Measure > lastMeasure || seen&(1<<m.Measure) != 0 {
			return malformed("measure", "%s is not known, or there twice", m.Measure)
		}
		seen |= 1 << m.Measure
	}
	return nil
}
