package collector

import "portolan/collector/projection"

type signalsAnswer struct {
	Rows []projection.Signal `json:"rows"`
}

func (c *collector) serveSignals(r *call) (any, error) {
	span, ports := r.params.span(r.now), r.params.ports()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	out := signalsAnswer{Rows: []projection.Signal{}}
	for _, s := range c.projection.Facts().Signals {
		if overlaps(span, s.Made, s.Made) && wanted(ports, s.Port) {
			out.Rows = append(out.Rows, s)
		}
	}
	return out, nil
}

// addSignal takes in an officer's signal: a system is slow, or down. It asks for no name.
func (c *collector) addSignal(r *call) (any, error) {
	var s projection.Signal
	if err := decodeBody(r, &s); err != nil {
		return nil, err
	}
	return c.noteSignal(r.Context(), s, r.now)
}

// addMitigation takes in that a port began a backup procedure, or went back to its primary system, and who decided.
func (c *collector) addMitigation(r *call) (any, error) {
	var m projection.Mitigation
	if err := decodeBody(r, &m); err != nil {
		return nil, err
	}
	return c.noteMitigation(r.Context(), m, r.now)
}
