// Package evidence turns what agents record into signed, hash-chained bytes, and back.
//
// An agent's chain is made of batches, numbered from 1 within a stream. Seal makes one, Open reads its
// header without unpacking it, Envelope.Decode unpacks it. The collector's own chain, the journal, is made of
// entries (NextEntry, VerifyJournal). The same record encoding keeps single records in the spool
// (AppendRecord, ReadRecord).
//
// What was signed is kept as sent and never encoded again. The package reads no clock and opens nothing;
// whatever it reads is bounded and validated, and every refusal is a typed error. The format is written down
// in batch.proto, beside the code.
package evidence

import (
	"encoding/hex"
	"fmt"

	"portolan"
)

// Hash is the SHA-256 of a batch's content or of a journal entry's; it links a chain.
type Hash [32]byte

// String returns the hash in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// IsZero reports whether the hash is the one that a chain's first link refers to.
func (h Hash) IsZero() bool { return h == Hash{} }

// ParseHash returns the hash that s spells in hexadecimal.
func ParseHash(s string) (Hash, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Hash{}) {
		return Hash{}, fmt.Errorf("hash %q: want 64 hexadecimal digits", s)
	}
	return Hash(b), nil
}

// PlanHash is the SHA-256 of a plan's bytes; batches name the plan that their results refer to by it.
type PlanHash = Hash

// How a batch travels over HTTP.
const (
	// MediaType is the content type of a batch as sent.
	MediaType = "application/vnd.portolan.batch"
	// LaneHeader is the request header that tells the collector, by the value "backlog", that a batch is no news,
	// before its bytes are read: it was backlog when it was sealed, or could not be delivered for a while. Its bytes
	// stay as they were.
	LaneHeader = "Portolan-Lane"
)

// Batch is what one batch says.
type Batch struct {
	Agent    portolan.AgentID
	Stream   portolan.Stream
	Number   uint64 // from 1, without gaps
	Previous Hash   // of the batch before; zero for the first
	Lane     portolan.Lane
	SentAt   portolan.Instant // by the agent's clock
	Clock    Clock
	// Plan names the plan by which results refer to series and steps; zero if the batch holds no result.
	Plan PlanHash
	// PlanBody is that plan. Seal needs it wherever Plan is set; Decode sets it likewise.
	PlanBody *portolan.Plan
	// CarriesPlan puts the plan into the batch in full: until a batch that carries it was acknowledged.
	CarriesPlan bool
	// Open holds runs still in progress past their objective: provisional, never in figures.
	Open []OpenRun
	// Records holds any ranges of records, by strictly ascending sequence number.
	Records []Record
	// Backlog is how many records the agent holds besides those of the batch that were never in an acknowledged one and
	// are no longer live.
	Backlog uint64
}

// OpenRun is an agent's notice that a run passed its objective and is still in progress.
type OpenRun struct {
	System      portolan.SystemID
	Transaction portolan.TransactionID
	Start       portolan.Instant
	Step        portolan.StepID // the step in progress; empty if none is
}

// Limits bounds what Open and Decode accept; a zero field means the default beside it.
type Limits struct {
	Content int // bytes of a batch as sent; 1 MiB
	Body    int // bytes of its body when unpacked; 16 MiB
	Records int // records in it; 100,000
	Steps   int // step results in all its results together; 500,000
}

// DefaultLimits returns the bounds that a zero Limits stands for.
func DefaultLimits() Limits {
	return Limits{Content: 1 << 20, Body: 16 << 20, Records: 100_000, Steps: 500_000}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ value, fallback *int }{
		{&l.Content, &d.Content}, {&l.Body, &d.Body}, {&l.Records, &d.Records}, {&l.Steps, &d.Steps},
	} {
		if *f.value <= 0 {
			*f.value = *f.fallback
		}
	}
	return l
}
