package collector

import (
	"time"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
)

type signalsAnswer struct {
	Rows []projection.Signal `json:"rows"`
}

// maxSignal is the longest note of a signal, in letters.
const maxSignal = 200

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
	f := &r.params.faults
	if s.System == "" {
		f.add("system", "want the system that is slow or down")
	}
	if s.Port == "" {
		f.add("port", "want the port where it is so")
	}
	c.checkScope(f, s.System, s.Port)
	if s.State != portolan.SlowState && s.State != portolan.Down {
		f.add("state", `want "slow" or "down"`)
	}
	if s.Note != "" {
		checkLetters(f, "note", s.Note, maxSignal)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	s.Number, s.Made = 0, time.Time{} // the journal says both
	entry, err := c.noted(r.Context(), evidence.EntrySignal, string(s.Port), r.now, s)
	s.Number, s.Made = entry.Number, entry.At.Time()
	return s, err
}

// addMitigation notes that a port began a backup procedure, or went back to its primary system, and who decided.
func (c *collector) addMitigation(r *call) (any, error) {
	var m projection.Mitigation
	if err := decodeBody(r, &m); err != nil {
		return nil, err
	}
	f := &r.params.faults
	if m.Port == "" {
		f.add("port", "want the port")
	}
	c.checkScope(f, "", m.Port)
	if m.Mode != projection.PrimaryMode && !c.isBackup(portolan.SystemID(m.Mode)) {
		f.add("mode", "want a backup of the catalogue, or %q", projection.PrimaryMode)
	}
	checkLetters(f, "by", m.By, maxText)
	if m.Reason != "" {
		checkLetters(f, "reason", m.Reason, maxRemark)
	}
	if m.At.IsZero() {
		m.At = r.now.Time()
	}
	if m.At.After(r.now.Time().Add(time.Minute)) {
		f.add("at", "want a time that is not to come")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	m.Number, m.Made = 0, time.Time{}
	entry, err := c.noted(r.Context(), evidence.EntryMitigation, string(m.Port), r.now, m)
	m.Number, m.Made = entry.Number, entry.At.Time()
	return m, err
}

// isBackup reports whether any system of the catalogue has that backup.
func (c *collector) isBackup(id portolan.SystemID) bool {
	for _, s := range c.around.Load().catalogue.Systems {
		for _, backup := range s.Backups {
			if backup == id {
				return true
			}
		}
	}
	return false
}
