package ledger

import "portolan"

// View reads what the projection stored. Rows that are not there are zero values or not ok, never errors.
type View interface {
	// End returns the position of the newest link in this snapshot.
	End() (Position, error)
	// Cursor returns how far a chain was folded.
	Cursor(chain Chain) (Cursor, error)
	// Cursors returns every cursor, by agent and stream.
	Cursors() (map[Chain]Cursor, error)
	// JournalCursor returns the number of the newest journal entry that was folded.
	JournalCursor() (uint64, error)

	// Series returns a series' fold state; ok is false if it was never put.
	Series(series portolan.Series) (state SeriesState, ok bool, err error)
	// AllSeries returns the fold states of an agent's series, by system and transaction; of all agents if agent is "".
	AllSeries(agent portolan.AgentID) ([]SeriesState, error)
	// Hour returns one row; ok is false if it was never put. hour is the start of a UTC hour.
	Hour(series portolan.Series, hour portolan.Instant) (row HourRow, ok bool, err error)
	// Hours returns the rows with From <= Hour < To that f selects, by agent, system, transaction and hour.
	Hours(f HourFilter) ([]HourRow, error)
	// Rollups returns rows per day or month likewise, by agent, system, transaction and start.
	Rollups(unit Unit, f HourFilter) ([]HourRow, error)
	// Sketches returns the latency sketches that f selects, by hour, port, system, transaction and step.
	Sketches(f SketchFilter) ([]Sketch, error)
	// SketchAt returns the body kept under a key; nil if there is none.
	SketchAt(key SketchKey) ([]byte, error)
	// Dirty returns at most limit marks, oldest hour first.
	Dirty(limit int) ([]DirtyHour, error)
	// Value returns a value that the projection keeps under a name of its own choice; nil if never put.
	Value(name string) ([]byte, error)
}

// Tx reads and writes what the projection stores, all or nothing. A read sees the transaction's own writes.
type Tx interface {
	View
	// MoveCursor sets a chain's cursor to to if it is from, else it returns ErrMoved. The zero Cursor is
	// that of a chain that was never folded.
	MoveCursor(chain Chain, from, to Cursor) error
	// MoveJournalCursor does the same for the journal.
	MoveJournalCursor(from, to uint64) error

	// PutSeries keeps a series' fold state in place of the former one.
	PutSeries(state SeriesState) error
	// PutHours keeps rows in place of those of the same series and hour. The caller sets Revision.
	PutHours(rows ...HourRow) error
	// PutRollups does the same for rows per day or month; Hour is the start of the day or month in UTC.
	PutRollups(unit Unit, rows ...HourRow) error
	// PutSketches keeps sketches in place of those of the same key.
	PutSketches(sketches ...Sketch) error
	// MarkDirty notes hours to fold again; marking one twice is marking it once.
	MarkDirty(hours ...DirtyHour) error
	// ClearDirty removes marks; a mark that is not there is no error.
	ClearDirty(hours ...DirtyHour) error
	// PutValue keeps a value under a name; nil removes it.
	PutValue(name string, value []byte) error
	// Reset removes everything that the projection stored, cursors included: the next fold starts anew.
	Reset() error
}

// Cursor says how far a chain was folded.
type Cursor struct {
	// Number is the highest contiguous batch number that was folded (design 4).
	Number uint64
	// Position is that of the last link folded. Links of the chain after it are to be folded; one that was
	// taken in after an upgrade may carry a smaller number than those before it.
	Position Position
}

// SeriesState is what the projection needs to go on folding a series.
type SeriesState struct {
	Series portolan.Series
	// LastStart is the start of the latest result folded, corrected event time.
	LastStart portolan.Instant
	// State is opaque to the ledger.
	State []byte
}

// HourRow is a series' figures for one UTC hour (or, as a rollup, a day or a month).
type HourRow struct {
	Series portolan.Series
	Hour   portolan.Instant // start
	// Body holds the four quarter-hours, opaque to the ledger.
	Body []byte
	// Revision counts the links that changed something of the hour after that was closed (design 3.12).
	Revision uint32
	// ChangedAt is when the row was last put by the collector's clock.
	ChangedAt portolan.Instant
	// Provisional says that the row may still change without a revision.
	Provisional bool
}

// Unit is the length that a rollup covers. Values are stored: do not reorder, add at the end.
type Unit uint8

// The units.
const (
	UnitUnknown Unit = iota
	Day
	Month
)

// HourFilter selects rows. Empty lists select everything.
type HourFilter struct {
	Span         portolan.Span // From <= Hour < To
	Agents       []portolan.AgentID
	Ports        []portolan.PortCode // agents of these ports; with Agents, both must hold
	Systems      []portolan.SystemID
	Transactions []portolan.TransactionID
}

// SketchKey names one latency sketch: port x transaction (Step empty) or transaction x step (Port empty), by
// hour; never per agent.
type SketchKey struct {
	Port        portolan.PortCode
	System      portolan.SystemID
	Transaction portolan.TransactionID
	Step        portolan.StepID
	Hour        portolan.Instant
}

// Sketch is one latency sketch; Body is opaque to the ledger.
type Sketch struct {
	Key  SketchKey
	Body []byte
}

// SketchFilter selects sketches. Empty lists select everything.
type SketchFilter struct {
	Span    portolan.Span // From <= Hour < To
	Ports   []portolan.PortCode
	Systems []portolan.SystemID
	// Steps selects the sketches of transaction x step; false those of port x transaction.
	Steps bool
}

// DirtyHour marks an hour of a series whose figures must be folded again from the ledger.
type DirtyHour struct {
	Series portolan.Series
	Hour   portolan.Instant
}
