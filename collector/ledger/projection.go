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
	// SeriesOf returns the fold states of the series that f selects, whatever its Span, in the order of AllSeries.
	SeriesOf(f HourFilter) ([]SeriesState, error)
	// Hour returns one row; ok is false if it was never put. hour is the start of a UTC hour.
	Hour(series portolan.Series, hour portolan.Instant) (row HourRow, ok bool, err error)
	// Hours returns the rows with From <= Hour < To that f selects, by agent, system, transaction and hour.
	Hours(f HourFilter) ([]HourRow, error)
	// Rollups returns the roll-ups that f selects, by port, unit, part and start.
	Rollups(f RollupFilter) ([]Rollup, error)
	// Sketches returns the latency sketches that f selects, by hour, port, system, transaction and step.
	Sketches(f SketchFilter) ([]Sketch, error)
	// SketchAt returns the body kept under a key; nil if there is none.
	SketchAt(key SketchKey) ([]byte, error)
	// Value returns a value that the projection keeps of an agent, or of none, under a name of its own choice; nil if
	// never put.
	Value(key ValueKey) ([]byte, error)
	// Values returns the values of that name of all agents, by agent.
	Values(name string) ([]Value, error)
	// Incidents returns the records of incidents that f selects, by incident and revision.
	Incidents(f IncidentFilter) ([]IncidentRecord, error)
}

// Tx reads and writes what the projection stored, all or nothing. A read sees the transaction's own writes. An error of a
// write may be told later, by a read or by Update.
type Tx interface {
	View
	// Fence fails with ErrDeposed if another collector's term began after the one with this epoch, and keeps one from
	// beginning until the transaction has ended.
	Fence(epoch uint64) error
	// MoveCursor sets a chain's cursor to to if it is from, else it fails with ErrMoved. The zero Cursor is that of a
	// chain that was never folded.
	MoveCursor(chain Chain, from, to Cursor) error
	// MoveJournalCursor does the same for the journal.
	MoveJournalCursor(from, to uint64) error

	// PutSeries keeps series' fold states in place of the former ones. No series may be named twice in a call.
	PutSeries(states ...SeriesState) error
	// PutHours keeps rows in place of those of the same series and hour, none of them twice in a call. The caller sets
	// Revision.
	PutHours(rows ...HourRow) error
	// PutRollups keeps roll-ups in place of those of the same key, none of them twice in a call.
	PutRollups(rollups ...Rollup) error
	// DropRollups removes the roll-ups that any of the filters selects.
	DropRollups(filters ...RollupFilter) error
	// PutSketches keeps sketches in place of those of the same key, none of them twice in a call.
	PutSketches(sketches ...Sketch) error
	// PutValues keeps values under their keys, none of them twice in a call; a nil body removes one.
	PutValues(values ...Value) error
	// AppendIncidents keeps further records of incidents. A revision that is there already fails with ErrMoved. They are a
	// log: nothing changes or removes them, Reset included.
	AppendIncidents(records ...IncidentRecord) error
	// Reset removes everything that the projection stored, cursors included: the next fold starts anew.
	Reset() error
}

// ValueKey names a value that the projection keeps.
type ValueKey struct {
	Agent portolan.AgentID // empty for one that is of no agent
	Name  string
}

// Value is a value that the projection keeps under a key.
type Value struct {
	Key  ValueKey
	Body []byte
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

// HourRow is a series' figures for one UTC hour.
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

// HourFilter selects rows. Empty lists select everything.
type HourFilter struct {
	Span         portolan.Span // From <= Hour < To
	Agents       []portolan.AgentID
	Ports        []portolan.PortCode // agents of these ports; with Agents, both must hold
	Systems      []portolan.SystemID
	Transactions []portolan.TransactionID
}

// RollupKey names one roll-up: what the projection added up for a port, or for the nation (Port empty), over a unit of
// time that begins at Start. Units and parts are names of the projection's choice, never empty.
type RollupKey struct {
	Port  portolan.PortCode
	Unit  string
	Part  string
	Start portolan.Instant
}

// Rollup is what the projection keeps under a key; Body is opaque to the ledger.
type Rollup struct {
	Key  RollupKey
	Body []byte
}

// RollupFilter selects roll-ups. Empty lists and names select everything; the empty port in a list is the nation.
type RollupFilter struct {
	Span       portolan.Span // From <= Start < To
	Ports      []portolan.PortCode
	Unit, Part string
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

// IncidentRecord is one line of an incident's history: the incident as it was from then on.
type IncidentRecord struct {
	Incident uint64
	Revision uint64 // from 1, growing
	At       portolan.Instant
	Epoch    uint64 // of the leader who wrote it
	// Span is from the incident's start to its end; To is zero while it is open.
	Span portolan.Span
	Body []byte // opaque to the ledger
}

// IncidentFilter selects records of incidents.
type IncidentFilter struct {
	// Incident selects the history of one incident; zero selects the newest record of every incident.
	Incident uint64
	// Span selects incidents that touch it, open ones included.
	Span portolan.Span
	// Open selects those that are open.
	Open bool
	// AsOf selects of each incident the newest record that was made by then; zero the newest of all.
	AsOf portolan.Instant
	// Limit bounds the number of records, the newest incidents first kept; zero for no bound.
	Limit int
}
