package projection

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// rowSet is the rows that a fold works on: those it loaded or made, over those on the shelf.
type rowSet struct {
	shelf shelf
	rows  map[portolan.AgentID]map[rowKey]*row
	// link holds the rows that the link being folded changed, pending those that are not stored yet.
	link, pending map[rowKey]*row
}

func newRowSet(s shelf) *rowSet {
	return &rowSet{
		shelf: s, rows: map[portolan.AgentID]map[rowKey]*row{},
		link: map[rowKey]*row{}, pending: map[rowKey]*row{},
	}
}

// change returns a row that the caller changes; a new, empty one if there is none.
func (s *rowSet) change(key rowKey) (*row, error) {
	agent := key.series.Agent
	if s.rows[agent][key] == nil {
		if err := s.load(agent, hourSpan(key.hour)); err != nil {
			return &row{}, err
		}
	}
	r := s.rows[agent][key]
	if r == nil {
		r = &row{}
		s.rows[agent][key] = r
	}
	s.link[key] = r
	return r, nil
}

// load brings an agent's rows of some hours from the shelf.
func (s *rowSet) load(agent portolan.AgentID, span portolan.Span) error {
	stored, err := s.shelf.hours(ledger.HourFilter{Agents: []portolan.AgentID{agent}, Span: span})
	if err != nil {
		return err
	}
	rows := s.rows[agent]
	if rows == nil {
		rows = map[rowKey]*row{}
		s.rows[agent] = rows
	}
	for _, h := range stored {
		key := rowKey{h.Series, h.Hour}
		if rows[key] != nil {
			continue
		}
		if rows[key], err = readRow(h); err != nil {
			return fmt.Errorf("read hour %s of %s: %w", key.hour, key.series, err)
		}
	}
	return nil
}

// since returns a series' settled segments from an instant on; the rows must have been loaded.
func (s *rowSet) since(name portolan.Series, at portolan.Instant) []availability.Segment {
	var all []availability.Segment
	for _, key := range s.keys(name, at.Hour()) {
		for _, segment := range s.rows[name.Agent][key].segments {
			segment.Span.From = max(segment.Span.From, at)
			all = availability.AppendSegment(all, segment)
		}
	}
	return all
}

// keys returns the keys of a series' rows in memory from an hour on, ascending.
func (s *rowSet) keys(name portolan.Series, from portolan.Instant) []rowKey {
	var keys []rowKey
	for key := range s.rows[name.Agent] {
		if key.series == name && key.hour >= from {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareRowKeys)
	return keys
}

// takeBack makes the rows of a series say what they said when it was in the given state. They must have been loaded.
func (s *rowSet) takeBack(name portolan.Series, to *seriesState) {
	for _, key := range s.keys(name, min(to.since.Hour(), to.dueHour)) {
		r := s.rows[name.Agent][key]
		s.link[key] = r
		r.cutAt(to.since)
		switch {
		case key.hour > to.dueHour:
			r.due = availability.Due{}
		case key.hour == to.dueHour:
			r.due = to.due
		}
	}
}

// bodies packs an agent's rows, to tell later which of them changed.
func (s *rowSet) bodies(agent portolan.AgentID) map[rowKey][]byte {
	packed := make(map[rowKey][]byte, len(s.rows[agent]))
	for key, r := range s.rows[agent] {
		packed[key] = r.body(key.hour)
	}
	return packed
}

// keepChanged forgets that rows were changed whose bodies are what they were.
func (s *rowSet) keepChanged(before map[rowKey][]byte) {
	maps.DeleteFunc(s.link, func(key rowKey, r *row) bool {
		was, known := before[key]
		return known && bytes.Equal(was, r.body(key.hour))
	})
}

// closeLink notes when the rows that a link changed were changed, and returns to where none is.
func (s *rowSet) closeLink(received portolan.Instant, settle time.Duration) {
	for key, r := range s.link {
		r.changedAt = received
		r.open = received < closes(key.hour, settle)
		s.pending[key] = r
	}
	clear(s.link)
}

// closes returns when an hour's figures are closed (design 3.12).
func closes(hour portolan.Instant, settle time.Duration) portolan.Instant {
	return hour.Add(time.Hour + settle)
}

// unstored returns the rows that are not stored yet.
func (s *rowSet) unstored() []ledger.HourRow {
	keys := slices.SortedFunc(maps.Keys(s.pending), compareRowKeys)
	rows := make([]ledger.HourRow, len(keys))
	for i, key := range keys {
		rows[i] = s.pending[key].stored(key)
	}
	return rows
}

// stored says that everything pending was stored; rows of hours before the given one need not stay in memory.
func (s *rowSet) stored(before portolan.Instant) {
	clear(s.pending)
	for _, rows := range s.rows {
		maps.DeleteFunc(rows, func(key rowKey, _ *row) bool { return key.hour < before })
	}
}

func compareRowKeys(a, b rowKey) int {
	return cmp.Or(compareSeries(a.series, b.series), cmp.Compare(a.hour, b.hour))
}
