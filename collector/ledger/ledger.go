// Package ledger says what the collector's store must do: hold the evidence durably, and lend the
// projection a place beside it.
//
// Start at Ledger. Evidence is append-only: agents' batches byte for byte as they were sent, in one order
// (Position) that every reader sees alike, and the collector's own journal. Whatever is derived from them
// is rebuildable and lives in the tables behind View and Update. A backend is a folder (sqlite); package
// ledgertest holds the one suite that every backend must pass.
//
// The package refuses to judge content: what a batch means is the evidence package's business, whether its
// sender may send it is the registry's. It reads no clock; every instant is handed in.
package ledger

import (
	"context"
	"errors"
	"io"
	"iter"

	"portolan"
	"portolan/evidence"
)

// Errors that callers branch on, with errors.Is.
var (
	// ErrNotFound says that what was asked for by its key is not in the ledger.
	ErrNotFound = errors.New("not in the ledger")
	// ErrMoved says that a cursor or a row is no longer what the caller read: another collector was there
	// first. Read again and decide anew; nothing was written.
	ErrMoved = errors.New("moved by another writer")
	// ErrClosed says that the ledger was closed.
	ErrClosed = errors.New("ledger is closed")
	// ErrTokenUsed says that an enrolment token was used before, with another key.
	ErrTokenUsed = errors.New("enrolment token was used before")
	// ErrDeposed says that another collector leads by now: what only the leader may write was not written.
	ErrDeposed = errors.New("another collector leads by now")
	// ErrLocked says that another process has the ledger open.
	ErrLocked = errors.New("another process has the ledger open")
)

// Ledger is the collector's store. All methods are safe for concurrent use.
//
// A method that writes returns only when what it wrote survives the loss of power, and wrote all of it or,
// if it returns an error, nothing. When its context ends first the outcome is unknown: ask again, every
// write can be repeated. After Close every method returns ErrClosed.
type Ledger interface {
	Batches
	Journal
	Agents
	Projection
	Leadership
	// Size returns how many bytes the ledger takes on disk.
	Size(ctx context.Context) (int64, error)
	io.Closer
}

// Batches is the agents' side of the evidence.
type Batches interface {
	// Append keeps an offered batch, or tells why its place in the chain does not allow it. Concurrent
	// calls are committed in groups; an idle ledger adds no delay. Calls for one stream are judged one
	// after the other, so that of two batches with one number exactly one is Stored.
	//
	// Repeating an offer (same agent, stream, number and hash) gives Duplicate with the link as it was kept,
	// refused ones included, and changes nothing but the time the agent was last heard.
	// The same number with another hash gives Forked; a hash of the previous batch that is not the chain's
	// gives Broken; so does a number that was declared Missing. A number beyond the next one is Stored, and the
	// numbers between are kept as one Missing link.
	Append(ctx context.Context, offer Offer) (Receipt, error)
	// TakeIn turns a Waiting link into an Accepted one at a new position (after an upgrade, when its version
	// is known). A link that is Accepted already is left alone; ErrNotFound if there is none that waits.
	TakeIn(ctx context.Context, chain Chain, number uint64, content Content) error

	// Archive drops the bytes of Accepted links, which stay Accepted: they are kept elsewhere (package archive), and are read
	// without Bytes from now on. Others of those named are left alone. All are named by Chain and Position.
	Archive(ctx context.Context, links []Link) error
	// Forget drops the bytes of Accepted links, which become Forgotten and keep everything else; others of those named
	// are left alone. All are of one ledger's reading, and named by Chain and Position.
	Forget(ctx context.Context, links []Link) error

	// End returns the position of the newest link; zero if the ledger is empty. Together with the number of
	// the newest journal entry it names a cut: what was known then (`as_of`).
	End(ctx context.Context) (Position, error)
	// Read returns links in the order of their positions, at most q.Limit of them; fewer means that there
	// were no more. A position is visible only when every smaller one is, so that a reader that asks for
	// what comes after the last one it saw misses nothing.
	Read(ctx context.Context, q Query) ([]Link, error)
	// Overlapping yields the Accepted links of an agent whose Span touches the given one, in the order of
	// their positions, up to and including the position upTo (zero: all there are). The Span of a link does not include how
	// long its last results hold: ask for as much more at the front as the longest hold.
	// The sequence ends after the first error.
	Overlapping(ctx context.Context, agent portolan.AgentID, span portolan.Span, upTo Position) iter.Seq2[Link, error]
	// Link returns the link that covers the given number of a chain; ErrNotFound if none does.
	Link(ctx context.Context, chain Chain, number uint64) (Link, error)
	// Heads returns the newest state of every chain, by agent and stream; of one agent if agent is not "".
	Heads(ctx context.Context, agent portolan.AgentID) ([]Head, error)
	// Plan returns the plan with this hash; ErrNotFound if no kept batch carried it.
	Plan(ctx context.Context, hash evidence.PlanHash) (*portolan.Plan, error)
	// PlanChanges returns when which plan came into force at an agent, in the order of positions.
	PlanChanges(ctx context.Context, agent portolan.AgentID) ([]PlanChange, error)

	// SetAside keeps the bytes of a batch that was not accepted, with the reason. The store is bounded for
	// each agent: the oldest give way. Append does so itself for Forked, Broken and refused offers.
	SetAside(ctx context.Context, aside Aside) error
	// Asides returns what was set aside, newest first, at most limit, without Bytes; of one agent if agent is not "".
	Asides(ctx context.Context, agent portolan.AgentID, limit int) ([]Aside, error)
	// Aside returns one batch that was set aside, with its Bytes; ErrNotFound if it is not there, or not any more.
	Aside(ctx context.Context, agent portolan.AgentID, id int64) (Aside, error)
}

// Journal is the collector's own side of the evidence: one signed chain, shared by all collectors of a ledger.
type Journal interface {
	// AppendJournal calls next with the newest entry (nil if there is none) and keeps what it returns. No
	// other entry comes between. An error of next is returned as it is, and nothing is kept; an entry that
	// does not follow the newest one is refused. next may be called again if the commit had to be repeated.
	AppendJournal(ctx context.Context, next NextEntry) (evidence.Entry, error)
	// ReadJournal returns the entries after the given number in order, at most limit.
	ReadJournal(ctx context.Context, after uint64, limit int) ([]evidence.Entry, error)
	// LastJournal returns the newest entry of a kind, of one subject if subject is not ""; ErrNotFound if
	// there is none.
	LastJournal(ctx context.Context, kind evidence.EntryKind, subject string) (evidence.Entry, error)
}

// NextEntry makes the journal's next entry from its newest one; evidence.NextEntry does the work.
type NextEntry func(newest *evidence.Entry) (evidence.Entry, error)

// Agents is who was enrolled.
type Agents interface {
	// Enroll keeps a certificate for an agent, marks the token as used and appends next to the journal, all
	// or nothing. The same token with the same public key returns the certificate that was kept the first
	// time (the answer was lost); with another key it returns ErrTokenUsed. A renewal, without a token, of an
	// agent that was never enrolled or is revoked returns ErrNotFound.
	Enroll(ctx context.Context, e Enrolment, next NextEntry) (Certificate, error)
	// Revoke refuses an agent from now on, and journals it; revoking it again changes nothing.
	// ErrNotFound if it was never enrolled. Enrolling it anew lifts the revocation, not for the old certificates.
	Revoke(ctx context.Context, agent portolan.AgentID, at portolan.Instant, next NextEntry) error
	// EnrolledAgents returns every agent with its certificates, by name; the one agent if agent is not "".
	EnrolledAgents(ctx context.Context, agent portolan.AgentID) ([]Agent, error)
}

// Leadership says which of the collectors that share a ledger leads: the one that stores the projection and finds
// incidents. At most one leads at a time, as far as Fence can tell.
type Leadership interface {
	// Lead waits until this collector leads, and returns its term. It leads until Term.Lost is closed or it resigns; if
	// it ends in whatever way, another takes over within 10 seconds.
	Lead(ctx context.Context) (Term, error)
}

// Term is the time in which a collector leads.
type Term struct {
	// Epoch grows with each term of the ledger.
	Epoch uint64
	// Lost is closed when the term is over: another may lead by now.
	Lost <-chan struct{}
	// Resign ends the term; calling it again does nothing.
	Resign func()
}

// Projection is the room that the ledger lends to what is derived from it. All of it may be dropped: a
// rebuild is Reset and reading from position zero.
type Projection interface {
	// View calls fn with a consistent snapshot. It delays no writer. fn must not keep the View.
	View(ctx context.Context, fn func(View) error) error
	// Update calls fn in a transaction that is serial with every other write of the ledger: read and
	// compute before, so that fn only checks the cursor and puts rows, because batches wait meanwhile.
	// An error of fn is returned as it is and undoes everything. fn may be called again if the commit had
	// to be repeated.
	Update(ctx context.Context, fn func(Tx) error) error
}
