package evidence

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"time"

	"portolan"
)

// Envelope is a batch as received, its header read and its body not yet unpacked.
type Envelope struct {
	Agent    portolan.AgentID
	Stream   portolan.Stream
	Number   uint64
	Previous Hash
	Hash     Hash // of the content
	Lane     portolan.Lane
	Plan     PlanHash // zero if no result is in it
	Count    int      // of records, as the header tells
	Signed   bool

	version   uint64
	signature []byte
	packed    []byte
	way       uint64
	size      int
	limits    Limits
}

// Open reads a batch's header. It does not unpack the body, and keeps referring to data. With a VersionError
// it returns the envelope as well, as far as the header is that of every version: who, which stream and
// number, previous hash, lane and signature.
func Open(data []byte, limits Limits) (*Envelope, error) {
	limits = limits.withDefaults()
	if len(data) > limits.Content {
		return nil, &LimitError{What: "bytes of content", Limit: limits.Content}
	}
	e := &Envelope{limits: limits}
	var content []byte
	m := message{what: "envelope", rest: data}
	for m.next() {
		switch m.num {
		case 1:
			content = m.bytes()
		case 2:
			e.signature = m.bytes()
		}
	}
	if m.err != nil {
		return nil, m.err
	}
	e.Hash, e.Signed = sha256.Sum256(content), len(e.signature) > 0
	if err := e.readHeader(content); err != nil {
		return nil, err
	}
	if e.version != version {
		return e, &VersionError{Version: e.version}
	}
	return e, nil
}

// lastCommonField ends the header fields whose meaning no version changes. The version is the first of them.
const lastCommonField = 7

func (e *Envelope) readHeader(content []byte) error {
	m := message{what: "header", rest: content}
	for m.next() {
		if e.version > version && m.num > lastCommonField {
			continue
		}
		switch m.num {
		case 1:
			e.version = m.uint()
		case 2:
			e.Agent = portolan.AgentID(m.bytes())
		case 3:
			m.fixed(e.Stream[:])
		case 4:
			e.Number = m.uint()
		case 5:
			m.fixed(e.Previous[:])
		case 6:
			e.Lane = portolan.Lane(m.upTo(uint64(lastLane)))
		case 7:
			m.fixed(e.Plan[:])
		case 8:
			e.Count = int(m.upTo(uint64(e.limits.Records)))
		case 9:
			e.way = m.upTo(packZstd)
		case 10:
			e.size = int(m.upTo(uint64(e.limits.Body)))
		case 15:
			e.packed = m.bytes()
		}
	}
	if m.err == nil && e.version == 0 {
		return malformed("header", "has no version")
	}
	m.set(validateHeader(e.Agent, e.Number, e.Lane))
	return m.err
}

// VerifySignature reports whether the key's owner signed the content: nil, ErrUnsigned or ErrBadSignature.
func (e *Envelope) VerifySignature(key crypto.PublicKey) error {
	if !e.Signed {
		return ErrUnsigned
	}
	return verify(key, e.Hash, e.signature)
}

func verify(key crypto.PublicKey, h Hash, signature []byte) error {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok || !ecdsa.VerifyASN1(k, h[:], signature) {
		return ErrBadSignature
	}
	return nil
}

// Decode unpacks the batch. It asks planOf (nil: none is known) for a plan that the batch names but does not
// carry, and fails with an UnknownPlanError if there is none.
func (e *Envelope) Decode(planOf func(PlanHash) (*portolan.Plan, bool)) (*Batch, error) {
	if e.version != version {
		return nil, &VersionError{Version: e.version}
	}
	body, err := unpack(e.packed, e.way, e.size)
	if err != nil {
		return nil, err
	}
	b := &Batch{
		Agent: e.Agent, Stream: e.Stream, Number: e.Number, Previous: e.Previous, Lane: e.Lane, Plan: e.Plan,
	}
	records, err := e.readBody(b, body)
	if err != nil {
		return nil, err
	}
	if b.PlanBody == nil && !e.Plan.IsZero() {
		plan, ok := lookUp(planOf, e.Plan)
		if !ok {
			return nil, &UnknownPlanError{Plan: e.Plan}
		}
		b.PlanBody = plan
	}
	if b.Records, err = readRecords(records, b.PlanBody, e.limits); err != nil {
		return nil, err
	}
	if len(b.Records) != e.Count {
		return nil, malformed("body", "%d records, the header tells of %d", len(b.Records), e.Count)
	}
	return b, nil
}

func lookUp(planOf func(PlanHash) (*portolan.Plan, bool), h PlanHash) (*portolan.Plan, bool) {
	if planOf == nil {
		return nil, false
	}
	p, ok := planOf(h)
	return p, ok && p != nil
}

// readBody reads all of the body but the records, whose bytes it returns.
func (e *Envelope) readBody(b *Batch, body []byte) (records []byte, err error) {
	m := message{what: "body", rest: body}
	for m.next() {
		switch m.num {
		case 1:
			b.SentAt = portolan.Instant(m.int())
		case 2:
			b.Clock.Offset = m.signedDuration()
		case 3:
			b.Clock.Uncertainty = duration(m.upTo(uint64(maxMicros)))
		case 4:
			b.Clock.Age = m.signedDuration()
		case 5:
			b.Backlog = m.uint()
		case 6:
			b.CarriesPlan = true
			b.PlanBody, err = e.carriedPlan(m.bytes())
			m.set(err)
		case 7:
			r, err := readOpenRun(m.bytes())
			m.set(err)
			if b.Open = append(b.Open, r); len(b.Open) > e.limits.Records {
				m.set(&LimitError{What: "open runs", Limit: e.limits.Records})
			}
		case 8:
			records = m.bytes()
		}
	}
	return records, m.err
}

func (e *Envelope) carriedPlan(b []byte) (*portolan.Plan, error) {
	if sha256.Sum256(b) != e.Plan {
		return nil, malformed("body", "carries another plan than the header names")
	}
	return ReadPlan(b)
}

func (m *message) signedDuration() time.Duration {
	us := m.int()
	if us > maxMicros || us < -maxMicros {
		m.fail("field %d is out of range", m.num)
		return 0
	}
	return time.Duration(us) * time.Microsecond
}

func readOpenRun(b []byte) (OpenRun, error) {
	var r OpenRun
	m := message{what: "open run", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			r.System = portolan.SystemID(m.bytes())
		case 2:
			r.Transaction = portolan.TransactionID(m.bytes())
		case 3:
			r.Start = portolan.Instant(m.int())
		case 4:
			r.Step = portolan.StepID(m.bytes())
		}
	}
	if m.err == nil {
		m.err = validateOpenRun(r)
	}
	return r, m.err
}
