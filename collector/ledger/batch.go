package ledger

import (
	"time"

	"portolan"
	"portolan/evidence"
)

// Position is a link's place in the ledger's one order, from 1, growing, with holes. It is the order of
// folding and the cut that `as_of` names.
type Position int64

// Chain names one agent's stream: the unit that batches are numbered and chained in.
type Chain struct {
	Agent  portolan.AgentID
	Stream portolan.Stream
}

// Link is one place in a chain as the ledger keeps it.
type Link struct {
	Position Position
	Chain    Chain
	// First and Number are the numbers that the link covers. They differ only for Missing.
	First, Number uint64
	// Hash is that of batch Number; Previous that of batch First-1, zero before the first.
	Hash, Previous evidence.Hash
	Status         Status
	// Reason and Detail say why a link is not Accepted; ReasonNone and "" for those that are.
	Reason Reason
	Detail string
	// ReceivedAt is the collector's clock when the batch arrived, whole microseconds.
	ReceivedAt portolan.Instant
	Lane       portolan.Lane
	// Content is what the batch is about; the zero value unless the link is Accepted or Forgotten.
	Content Content
	// Bytes is the batch as sent; nil for Refused, Missing and Forgotten links, and for Accepted ones that were archived.
	Bytes []byte
}

// Content is what a backend can find a batch by without reading its bytes.
type Content struct {
	// Plan is the hash of the plan that the results refer to.
	Plan evidence.PlanHash
	// PlanBody is the plan itself when the batch carried it. Append keeps it; reading returns nil here, see
	// Batches.Plan.
	PlanBody *portolan.Plan
	// Span covers the event time of every record: from the earliest start to the latest end, by the recorded
	// clock and by the corrected one (whichever lies further out). Empty if the batch carries no records.
	Span portolan.Span
	// Records is how many records the batch carries, Backlog how many the agent still had spooled.
	Records, Backlog uint64
	// SentAt is the agent's clock at sending; ClockOffset and ClockUncertainty relate it to the collector's.
	SentAt                        portolan.Instant
	ClockOffset, ClockUncertainty time.Duration
	// Farewell says that the batch's last record is the agent's farewell.
	Farewell bool
}

// Offer is a batch that ingest wants kept.
type Offer struct {
	Chain          Chain
	Number         uint64 // 1 to 2^63-1
	Hash, Previous evidence.Hash
	ReceivedAt     portolan.Instant
	Lane           portolan.Lane
	Bytes          []byte
	Content        Content
	// Status is how the batch shall be kept if its place in the chain allows: Accepted, Waiting (of a version
	// that this collector does not know) or Refused (kept as a stub).
	Status Status
	// Reason and Detail say why it is Waiting or Refused.
	Reason Reason
	Detail string
	// KeepAside says that the bytes of a Refused, Forked or Broken offer go to the set-aside store.
	KeepAside bool
}

// Receipt is what became of an offer.
type Receipt struct {
	Verdict Verdict
	// Link is the link that covers the offer's number now: the new one, or the one that was there. Its Bytes
	// are not filled in.
	Link Link
	// Missing is how many numbers before it were declared never received on this occasion.
	Missing uint64
}

// Head is the newest state of a chain.
type Head struct {
	Chain    Chain
	Number   uint64
	Hash     evidence.Hash
	Position Position // of the newest link
	// HeardAt is when the chain's agent was last heard by the collector's clock, repeats and forks included.
	HeardAt portolan.Instant
	// Newest is the content of the newest Accepted batch, without PlanBody; its Span is that batch's.
	Newest Content
}

// PlanChange says from which batch on an agent followed a plan.
type PlanChange struct {
	Chain    Chain
	Position Position
	Number   uint64
	// SentAt is the agent's clock in the batch that first named the plan, Offset what the collector was ahead.
	SentAt portolan.Instant
	Offset time.Duration
	Plan   evidence.PlanHash
}

// Query selects links.
type Query struct {
	After Position // links after this one; zero for all
	UpTo  Position // and not after this one; zero for no bound
	Chain Chain    // of one agent, and if Stream is not zero of one chain; the zero value for all
	// Status selects links kept so; StatusUnknown selects all.
	Status Status
	Limit  int // at most this many; zero for 1000
	// WithoutBytes leaves Bytes nil.
	WithoutBytes bool
}

// Aside is a batch that was not accepted, kept for people to look at.
type Aside struct {
	ID         int64 // given by the ledger
	Chain      Chain
	Number     uint64
	Hash       evidence.Hash
	Reason     Reason
	Detail     string
	ReceivedAt portolan.Instant
	Size       int64 // of Bytes; given by the ledger
	Bytes      []byte
}
