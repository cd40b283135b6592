package projection

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// forever is an instant after every other.
const forever = availability.Forever

// rowSet is the rows that a fold works on: those in memory, over those on the shelf.
type rowSet struct {
	shelf shelf
	// discard lets rows go as soon as they are changed: another collector keeps them.
	discard bool
	// link holds the rows that the link being folded changed, pending those that are not stored yet.
	link, pending []*row
}

// change returns a row that the caller changes; a new, empty one if there is none.
func (s *rowSet) change(a *agentState, t *track, hour portolan.Instant) (*row, error) {
	if s.discard {
		return &row{track: t, hour: hour}, nil
	}
	r := t.row(hour)
	if r == nil {
		if err := s.load(a, hour); err != nil {
			return &row{}, err
		}
		r = t.addRow(hour)
	}
	s.mark(r)
	return r, nil
}

// mark notes that the link being folded changed the row.
func (s *rowSet) mark(r *row) {
	if !r.linked {
		r.linked = true
		s.link = append(s.link, r)
	}
}

// row returns the series' row of an hour, nil if it is not in memory.
func (t *track) row(hour portolan.Instant) *row {
	for _, r := range slices.Backward(t.rows) {
		if r.hour == hour {
			return r
		}
		if r.hour < hour {
			break
		}
	}
	return nil
}

// addRow returns the series' row of an hour, a new one if there is none in memory.
func (t *track) addRow(hour portolan.Instant) *row {
	at, found := slices.BinarySearchFunc(t.rows, hour, func(r *row, hour portolan.Instant) int { return cmp.Compare(r.hour, hour) })
	if !found {
		t.rows = slices.Insert(t.rows, at, &row{track: t, hour: hour})
	}
	return t.rows[at]
}

// load brings the agent's rows from an hour on from the shelf, as far as they are not in memory.
func (s *rowSet) load(a *agentState, from portolan.Instant) error {
	if s.discard || from >= a.loadedFrom {
		return nil
	}
	stored, err := s.shelf.hours(ledger.HourFilter{
		Agents: []portolan.AgentID{a.id}, Span: portolan.Span{From: from, To: a.loadedFrom},
	})
	if err != nil {
		return err
	}
	for _, h := range stored {
		t := a.track(h.Series.System, h.Series.Transaction)
		if t.row(h.Hour) != nil {
			continue
		}
		read, err := readRow(h)
		if err != nil {
			return fmt.Errorf("read hour %s of %s: %w", h.Hour, h.Series, err)
		}
		read.track, read.hour = t, h.Hour
		*t.addRow(h.Hour) = *read
	}
	a.loadedFrom = from
	return nil
}

// since returns what the rows say of a series from an instant on; they must have been loaded.
func (t *track) since(at portolan.Instant) []availability.Segment {
	var all []availability.Segment
	for _, r := range t.rowsFrom(at.Hour()) {
		for _, segment := range r.segments {
			segment.Span.From = max(segment.Span.From, at)
			all = availability.AppendSegment(all, segment)
		}
	}
	return all
}

// rowsFrom returns the series' rows in memory from an hour on.
func (t *track) rowsFrom(hour portolan.Instant) []*row {
	at, _ := slices.BinarySearchFunc(t.rows, hour, func(r *row, hour portolan.Instant) int { return cmp.Compare(r.hour, hour) })
	return t.rows[at:]
}

// takeBack makes the rows of a series say what they said when it was in the given state. They must have been loaded.
func (s *rowSet) takeBack(t *track, to *seriesState) {
	for _, r := range t.rowsFrom(min(to.since.Hour(), to.dueHour)) {
		s.mark(r)
		r.cutAt(to.since)
		switch {
		case r.hour > to.dueHour:
			r.due = availability.Due{}
		case r.hour == to.dueHour:
			r.due = to.due
		}
	}
}

// bodies packs an agent's rows, to tell later which of them changed.
func (a *agentState) bodies() map[*row][]byte {
	packed := map[*row][]byte{}
	for _, t := range a.tracks {
		for _, r := range t.rows {
			packed[r] = r.body()
		}
	}
	return packed
}

// keepChanged forgets that rows were changed whose bodies are what they were.
func (s *rowSet) keepChanged(before map[*row][]byte) {
	s.link = slices.DeleteFunc(s.link, func(r *row) bool {
		was, known := before[r]
		same := known && bytes.Equal(was, r.body())
		r.linked = !same
		return same
	})
}

// closeLink notes when the rows that a link changed were changed, and returns to where none is.
func (s *rowSet) closeLink(received portolan.Instant, settle time.Duration) {
	for _, r := range s.link {
		r.linked = false
		r.changedAt = received
		r.open = received < closes(r.hour, settle)
		if !r.pending {
			r.pending = true
			s.pending = append(s.pending, r)
		}
	}
	s.link = s.link[:0]
}

// closes returns when an hour's figures are closed (design 3.12).
func closes(hour portolan.Instant, settle time.Duration) portolan.Instant {
	return hour.Add(time.Hour + settle)
}

// unstored returns the rows that are not stored yet, by series and hour.
func (s *rowSet) unstored() []ledger.HourRow {
	slices.SortFunc(s.pending, func(a, b *row) int {
		return cmp.Or(compareTracks(a.track, b.track), cmp.Compare(a.hour, b.hour))
	})
	rows := make([]ledger.HourRow, len(s.pending))
	for i, r := range s.pending {
		rows[i] = r.stored()
	}
	return rows
}

// stored says that everything pending was stored.
func (s *rowSet) stored() {
	for _, r := range s.pending {
		r.pending = false
	}
	s.pending = s.pending[:0]
}

// forget lets an agent's rows of hours before the given one, which are stored, go from memory.
func (a *agentState) forget(before portolan.Instant) {
	if before <= a.loadedFrom {
		return
	}
	for _, t := range a.tracks {
		t.rows = slices.DeleteFunc(t.rows, func(r *row) bool { return r.hour < before })
	}
	a.loadedFrom = before
}
