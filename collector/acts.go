package collector

import (
	"context"
	"slices"
	"time"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
)

// maxSignal is the longest note of a signal, in letters.
const maxSignal = 200

// noteSignal notes an officer's signal in the journal, if it is right.
func (c *collector) noteSignal(ctx context.Context, s projection.Signal, now portolan.Instant) (projection.Signal, error) {
	var f faults
	if s.System == "" {
		f.add("system", "want the system that is slow or down")
	}
	if s.Port == "" {
		f.add("port", "want the port where it is so")
	}
	c.checkScope(&f, s.System, s.Port)
	if s.State != portolan.SlowState && s.State != portolan.Down {
		f.add("state", `want "slow" or "down"`)
	}
	if s.Note != "" {
		checkLetters(&f, "note", s.Note, maxSignal)
	}
	if err := f.err(); err != nil {
		return s, err
	}
	s.Number, s.Made = 0, time.Time{} // the journal says both
	entry, err := c.noted(ctx, evidence.EntrySignal, string(s.Port), now, s)
	s.Number, s.Made = entry.Number, entry.At.Time()
	return s, err
}

// noteMitigation notes in the journal that a port began or ended a backup procedure, if that is right.
func (c *collector) noteMitigation(ctx context.Context, m projection.Mitigation, now portolan.Instant) (projection.Mitigation, error) {
	var f faults
	if m.Port == "" {
		f.add("port", "want the port")
	}
	c.checkScope(&f, "", m.Port)
	if m.Mode != projection.PrimaryMode && !c.isBackup(portolan.SystemID(m.Mode)) {
		f.add("mode", "want a backup of the catalogue, or %q", projection.PrimaryMode)
	}
	checkLetters(&f, "by", m.By, maxText)
	if m.Reason != "" {
		checkLetters(&f, "reason", m.Reason, maxRemark)
	}
	if m.At.IsZero() {
		m.At = now.Time()
	}
	if m.At.After(now.Time().Add(time.Minute)) {
		f.add("at", "want a time that is not to come")
	}
	if err := f.err(); err != nil {
		return m, err
	}
	m.Number, m.Made = 0, time.Time{}
	entry, err := c.noted(ctx, evidence.EntryMitigation, string(m.Port), now, m)
	m.Number, m.Made = entry.Number, entry.At.Time()
	return m, err
}

// isBackup reports whether any system of the catalogue has that backup.
func (c *collector) isBackup(id portolan.SystemID) bool {
	for _, s := range c.around.Load().catalogue.Systems {
		if slices.Contains(s.Backups, id) {
			return true
		}
	}
	return false
}
