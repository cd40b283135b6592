package evidence

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"time"

	"portolan"
)

// version is the format's. Readers keep what is newer for after an upgrade (VersionError).
const version = 1

// The ways in which a body lies in a batch. Values are stored: do not reorder, add at the end.
const (
	packRaw = iota
	packZstd
)

// Clock is what an agent knows about its clock.
type Clock struct {
	Offset      time.Duration // collector's clock minus the agent's
	Uncertainty time.Duration // the offset is right within this, either way
	Age         time.Duration // since the two were last compared; negative: never
}

// Sealed is a batch ready to be sent, and sent again, as it is.
type Sealed struct {
	Bytes  []byte
	Hash   Hash // of the content; the next batch's Previous
	Signed bool
}

// Seal encodes the batch. A nil signer leaves it unsigned.
func Seal(b Batch, signer crypto.Signer) (Sealed, error) {
	if err := validateBatch(&b); err != nil {
		return Sealed{}, err
	}
	content, err := appendContent(nil, &b)
	if err != nil {
		return Sealed{}, err
	}
	sealed := Sealed{Bytes: appendMessage(nil, 1, content), Hash: sha256.Sum256(content)}
	if signer != nil {
		if sealed, err = sealed.Sign(signer); err != nil {
			return Sealed{}, err
		}
	}
	if limit := DefaultLimits().Content; len(sealed.Bytes) > limit {
		return Sealed{}, &LimitError{What: "bytes of content", Limit: limit}
	}
	return sealed, nil
}

// Sign returns the batch, unsigned so far, with a signature. Content and hash stay as they are: the signature lies
// beside them.
func (s Sealed) Sign(signer crypto.Signer) (Sealed, error) {
	signature, err := sign(signer, s.Hash)
	if err != nil {
		return Sealed{}, err
	}
	return Sealed{Bytes: appendMessage(slices.Clone(s.Bytes), 2, signature), Hash: s.Hash, Signed: true}, nil
}

func sign(signer crypto.Signer, h Hash) ([]byte, error) {
	signature, err := signer.Sign(rand.Reader, h[:], crypto.SHA256)
	if err != nil {
		return nil, &SignError{Err: err}
	}
	return signature, nil
}

func validateBatch(b *Batch) error {
	if err := validateHeader(b.Agent, b.Number, b.Lane); err != nil {
		return err
	}
	if b.Clock.Uncertainty < 0 {
		return malformed("batch", "negative uncertainty of the clock")
	}
	for _, r := range b.Open {
		if err := validateOpenRun(r); err != nil {
			return err
		}
	}
	return validateContents(b)
}

func validateHeader(agent portolan.AgentID, number uint64, lane portolan.Lane) error {
	if _, err := portolan.ParseAgentID(string(agent)); err != nil {
		return malformed("header", "%v", err)
	}
	if number == 0 || lane > lastLane {
		return malformed("header", "number %d, lane %d", number, lane)
	}
	return nil
}

// validateContents checks the records, and that the plan they refer to is at hand. Names are checked where
// they are written: a result of the plan is told by its position there.
func validateContents(b *Batch) error {
	limits := DefaultLimits()
	if len(b.Records) > limits.Records {
		return &LimitError{What: "records", Limit: limits.Records}
	}
	steps := 0
	for i, r := range b.Records {
		if err := r.validateValues(); err != nil {
			return err
		}
		if i > 0 && r.Seq() <= b.Records[i-1].Seq() {
			return malformed("batch", "record %d after record %d", r.Seq(), b.Records[i-1].Seq())
		}
		if r.Result != nil {
			steps += len(r.Result.Steps)
		}
	}
	if steps > limits.Steps {
		return &LimitError{What: "steps", Limit: limits.Steps}
	}
	if b.Plan.IsZero() != (b.PlanBody == nil) || b.CarriesPlan && b.PlanBody == nil {
		return malformed("batch", "names a plan that is not there, or has one that it does not name")
	}
	if !b.CarriesPlan {
		return nil
	}
	return validatePlan(b.PlanBody)
}

func validateOpenRun(r OpenRun) error {
	if err := validateSeries(r.System, r.Transaction); err != nil {
		return err
	}
	if r.Step == "" {
		return nil
	}
	return validatePlannedStep(portolan.PlannedStep{Step: r.Step})
}

// appendContent appends what the hash covers: the header, and in its last field the body.
func appendContent(b []byte, batch *Batch) ([]byte, error) {
	table := newSeriesTable(batch.PlanBody)
	body := appendBody(nil, batch, table)
	for _, s := range table.brought() {
		if err := validatePlannedSeries(&s); err != nil {
			return nil, err
		}
	}
	packed, way := body, packRaw
	// Names repeat; measured times do not, and packing them has never won more than a hundredth.
	if batch.CarriesPlan || len(table.brought()) > 0 {
		packed, way = pack(body)
	}
	b = appendUint(b, 1, version)
	b = appendString(b, 2, batch.Agent)
	b = appendString(b, 3, batch.Stream[:])
	b = appendUint(b, 4, batch.Number)
	b = appendHash(b, 5, batch.Previous)
	b = appendUint(b, 6, uint64(batch.Lane))
	b = appendHash(b, 7, batch.Plan)
	b = appendUint(b, 8, uint64(len(batch.Records)))
	b = appendUint(b, 9, uint64(way))
	b = appendUint(b, 10, uint64(len(body)))
	return appendString(b, 15, packed), nil
}

func appendHash(b []byte, num protoNumber, h Hash) []byte {
	if h.IsZero() {
		return b
	}
	return appendString(b, num, h[:])
}

func appendBody(b []byte, batch *Batch, table *seriesTable) []byte {
	b = appendInt(b, 1, int64(batch.SentAt))
	b = appendInt(b, 2, int64(batch.Clock.Offset/time.Microsecond))
	b = appendUint(b, 3, micros(batch.Clock.Uncertainty))
	b = appendInt(b, 4, int64(batch.Clock.Age/time.Microsecond))
	b = appendUint(b, 5, batch.Backlog)
	if batch.CarriesPlan {
		b = appendMessage(b, 6, AppendPlan(nil, batch.PlanBody))
	}
	for i := range batch.Open {
		b = appendMessage(b, 7, appendOpenRun(nil, &batch.Open[i]))
	}
	return appendString(b, 8, appendRecords(nil, table, batch.Records))
}

func appendOpenRun(b []byte, r *OpenRun) []byte {
	b = appendString(b, 1, r.System)
	b = appendString(b, 2, r.Transaction)
	b = appendInt(b, 3, int64(r.Start))
	return appendString(b, 4, r.Step)
}
