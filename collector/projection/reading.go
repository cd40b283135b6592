package projection

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// member is a series that a query selects, with what was folded of it.
type member struct {
	name    portolan.Series
	share   uint32
	port    portolan.Port
	planned []portolan.Span // maintenance
	state   *seriesState
}

// rolled reads roll-ups.
func (k *known) rolled(filter ledger.RollupFilter) ([]ledger.Rollup, error) {
	k.reading.Lock()
	defer k.reading.Unlock()
	return k.rollups(filter)
}

// members returns the series that a filter selects, whatever its Span, in order.
func (k *known) members(filter ledger.HourFilter) ([]*member, error) {
	for _, r := range k.kept {
		if sameSeries(r.filter, filter) {
			return r.members, nil
		}
	}
	return k.readMembers(filter)
}

// sameSeries reports whether two filters select the same series in the same words.
func sameSeries(a, b ledger.HourFilter) bool {
	return slices.Equal(a.Agents, b.Agents) && slices.Equal(a.Ports, b.Ports) &&
		slices.Equal(a.Systems, b.Systems) && slices.Equal(a.Transactions, b.Transactions)
}

// selectsAll reports whether a filter selects every series.
func selectsAll(f ledger.HourFilter) bool {
	return len(f.Agents)+len(f.Ports)+len(f.Systems)+len(f.Transactions) == 0
}

func (k *known) readMembers(filter ledger.HourFilter) ([]*member, error) {
	states, err := k.seriesOf(filter)
	if err != nil {
		return nil, err
	}
	members := make([]*member, 0, len(states))
	planned := map[cell][]portolan.Span{}
	for _, stored := range states {
		state, _, err := decodeState(stored)
		if err != nil {
			return nil, fmt.Errorf("read state of %s: %w", stored.Series, err)
		}
		at := cell{stored.Series.Agent.Port(), stored.Series.System}
		if _, known := planned[at]; !known {
			planned[at] = k.facts.planned(at.system, at.port)
		}
		members = append(members, &member{
			name: stored.Series, share: max(1, state.planned.Share), port: portOf(k.facts, stored.Series),
			planned: planned[at], state: state,
		})
	}
	return members, nil
}

// cell is one system at one port.
type cell struct {
	port   portolan.PortCode
	system portolan.SystemID
}

// hourOf is what one series has in one UTC hour, the hour's end or the end of knowledge included.
type hourOf struct {
	*member
	segments []availability.Segment
	row      *row // as it was stored, nil if it was not
}

// reading is what a port's series have in some whole UTC hours: their rows, and what follows from their states beyond.
type reading struct {
	members []*member
	byHour  map[portolan.Instant][]hourOf // by series
}

// readings are those of ports, and what was read.
type readings struct {
	filter  ledger.HourFilter
	members []*member
	byPort  map[portolan.PortCode]*reading
}

// pieces splits a span into what is read at once, so that a long one needs no more memory than a short one.
func pieces(span portolan.Span) iter.Seq[portolan.Span] {
	return func(yield func(portolan.Span) bool) {
		for from := span.From; from < span.To; from = from.Add(pieceRead) {
			if !yield(portolan.Span{From: from, To: min(span.To, from.Add(pieceRead))}) {
				return
			}
		}
	}
}

// pieceRead is how long a piece is, portsAtOnce bounds the ports that are read, and added up, together, and seriesKept the
// series that are kept for other questions of the same cut, or for another piece.
const (
	pieceRead   = 24 * time.Hour
	portsAtOnce = 32
	seriesKept  = 20_000
)

// each calls fn with what the selected series have in the hours of the filter's span, which begins and ends with an hour: of
// some ports at once, so that a large fleet needs no more memory than a small one.
func (k *known) each(filter ledger.HourFilter, fn func(*readings)) error {
	if !selectsAll(filter) || k.rolls == nil || len(k.rolls.ports) == 0 {
		return k.one(filter, fn)
	}
	for ports := range slices.Chunk(slices.Sorted(slices.Values(k.rolls.ports)), portsAtOnce) {
		filter.Ports = ports
		if err := k.one(filter, fn); err != nil {
			return err
		}
	}
	return nil
}

func (k *known) one(filter ledger.HourFilter, fn func(*readings)) error {
	r, err := k.read(filter)
	if err == nil {
		fn(r)
	}
	return err
}

// read is each for all that a filter selects at once.
func (k *known) read(filter ledger.HourFilter) (*readings, error) {
	k.reading.Lock()
	defer k.reading.Unlock()
	for _, r := range k.kept {
		if r.filter.Span.From <= filter.Span.From && filter.Span.To <= r.filter.Span.To && sameSeries(r.filter, filter) {
			return r, nil
		}
	}
	r, err := k.readRows(filter)
	if err == nil {
		k.keep(r)
	}
	return r, err
}

// keep keeps what was read, and forgets what was read before that if it is too much.
func (k *known) keep(read *readings) {
	k.kept = append(k.kept, read)
	series := 0
	for i, r := range slices.Backward(k.kept) {
		if series += len(r.members); series > seriesKept {
			k.kept = slices.Delete(k.kept, 0, i+1)
			return
		}
	}
}

func (k *known) readRows(filter ledger.HourFilter) (*readings, error) {
	members, err := k.members(filter)
	if err != nil {
		return nil, err
	}
	rows, err := k.hours(filter)
	if err != nil {
		return nil, err
	}
	all := &readings{filter: filter, members: members, byPort: map[portolan.PortCode]*reading{}}
	for _, m := range members {
		mine := 0
		for mine < len(rows) && rows[mine].Series == m.name {
			mine++
		}
		r := all.byPort[m.port.Code]
		if r == nil {
			r = &reading{byHour: map[portolan.Instant][]hourOf{}}
			all.byPort[m.port.Code] = r
		}
		r.members = append(r.members, m)
		if err := r.add(m, rows[:mine], filter.Span); err != nil {
			return nil, err
		}
		rows = rows[mine:]
	}
	if len(rows) > 0 {
		return nil, fmt.Errorf("%w: hours of %s, of which there is no state", errStored, rows[0].Series)
	}
	return all, nil
}

// add takes in the rows of one series and what its state says of the time after them.
func (r *reading) add(m *member, rows []ledger.HourRow, span portolan.Span) error {
	pieces := make([]hourOf, 0, len(rows)+1)
	hours := make([]portolan.Instant, 0, len(rows)+1)
	for _, stored := range rows {
		row, err := readRow(stored)
		if err != nil {
			return fmt.Errorf("read hour %s of %s: %w", stored.Hour, stored.Series, err)
		}
		pieces, hours = append(pieces, hourOf{m, row.segments, row}), append(hours, stored.Hour)
	}
	for _, segment := range availability.Clip(m.state.tail(span.To), span) {
		for part := range availability.Hours(segment.Span) {
			at, found := slices.BinarySearch(hours, part.From.Hour())
			if !found {
				pieces, hours = slices.Insert(pieces, at, hourOf{member: m}), slices.Insert(hours, at, part.From.Hour())
			}
			segment.Span = part
			pieces[at].segments = availability.AppendSegment(pieces[at].segments, segment)
		}
	}
	for i, hour := range hours {
		r.byHour[hour] = append(r.byHour[hour], pieces[i])
	}
	return nil
}
