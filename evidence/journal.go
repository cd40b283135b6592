package evidence

import (
	"crypto"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"math"

	"portolan"
)

// EntryKind says what a journal entry is about. Values are stored: do not reorder, add at the end.
type EntryKind uint8

// The kinds of entry.
const (
	EntryUnknown         EntryKind = iota
	EntryCatalogue                 // a system's definition, as in force from then on
	EntryPorts                     // the list of ports, with volumes
	EntryPlan                      // a plan that agents of a port run
	EntryAgent                     // an agent was enrolled, renewed or revoked: its certificate
	EntryMaintenance               // planned maintenance, and when it was declared
	EntryAnnotation                // a person's remark
	EntryCollectorStart            // a collector began to listen
	EntryCollectorAlive            // a collector was up until then
	EntryCollectorStop             // a collector stopped on purpose
	EntrySetting                   // a setting that figures depend on
	EntryProbing                   // probing of a system was stopped, thinned out or taken up again
	EntryAcknowledgement           // a person took an incident on
	EntrySignal                    // an officer reported a system as slow or down
	EntryMitigation                // a port began or ended a backup procedure
	EntryRemoved                   // old batches were removed: the stub that stands for them
)

const lastEntry = EntryRemoved

var (
	_ encoding.TextMarshaler   = EntryKind(0)
	_ encoding.TextUnmarshaler = (*EntryKind)(nil)
)

// String returns the kind's name as the API prints it.
func (k EntryKind) String() string {
	switch k {
	case EntryUnknown:
		return "unknown"
	case EntryCatalogue:
		return "catalogue"
	case EntryPorts:
		return "ports"
	case EntryPlan:
		return "plan"
	case EntryAgent:
		return "agent"
	case EntryMaintenance:
		return "maintenance"
	case EntryAnnotation:
		return "annotation"
	case EntryCollectorStart:
		return "collector-start"
	case EntryCollectorAlive:
		return "collector-alive"
	case EntryCollectorStop:
		return "collector-stop"
	case EntrySetting:
		return "setting"
	case EntryProbing:
		return "probing"
	case EntryAcknowledgement:
		return "acknowledgement"
	case EntrySignal:
		return "signal"
	case EntryMitigation:
		return "mitigation"
	case EntryRemoved:
		return "removed"
	default:
		return fmt.Sprintf("unknown(%d)", uint8(k))
	}
}

// MarshalText implements encoding.TextMarshaler.
func (k EntryKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *EntryKind) UnmarshalText(b []byte) error {
	for kind := EntryCatalogue; kind <= lastEntry; kind++ {
		if kind.String() == string(b) {
			*k = kind
			return nil
		}
	}
	return malformed("entry", "kind %q", b)
}

// Entry is one link of the collector's own chain. Its hash covers every other field but the signature, in
// the bytes that Content returns.
type Entry struct {
	Number    uint64 // from 1, without gaps
	At        portolan.Instant
	Kind      EntryKind
	Subject   string // what it is about: a system, a port, an agent
	Body      []byte // JSON
	Previous  Hash   // of the entry before; zero for the first
	Hash      Hash
	Signature []byte
}

// Bounds of an entry.
const (
	maxSubject = 256
	maxBody    = 16 << 20
)

// NextEntry returns draft (of which it takes At, Kind, Subject and Body) as the signed entry that follows
// previous; a nil previous begins the chain.
func NextEntry(previous *Entry, draft Entry, signer crypto.Signer) (Entry, error) {
	next := Entry{Number: 1, At: draft.At, Kind: draft.Kind, Subject: draft.Subject, Body: draft.Body}
	if previous != nil {
		next.Number, next.Previous = previous.Number+1, previous.Hash
	}
	if err := validateEntry(&next); err != nil {
		return Entry{}, err
	}
	if signer == nil {
		return Entry{}, ErrUnsigned
	}
	next.Hash = sha256.Sum256(next.Content())
	signature, err := sign(signer, next.Hash)
	if err != nil {
		return Entry{}, err
	}
	next.Signature = signature
	return next, nil
}

func validateEntry(e *Entry) error {
	switch {
	case e.Kind == EntryUnknown || e.Kind > lastEntry:
		return malformed("entry", "kind %d", e.Kind)
	case len(e.Subject) > maxSubject:
		return &LimitError{What: "bytes of an entry's subject", Limit: maxSubject}
	case len(e.Body) > maxBody:
		return &LimitError{What: "bytes of an entry's body", Limit: maxBody}
	case !json.Valid(e.Body):
		return malformed("entry", "body is not JSON")
	case e.Number == math.MaxUint64:
		return malformed("entry", "no number follows %d", e.Number)
	default:
		return nil
	}
}

// Content returns the bytes that the entry's hash covers. The layout is fixed for ever: a name for it, then
// the fields in this order, numbers in eight bytes, big end first, and texts after their length.
func (e *Entry) Content() []byte {
	b := []byte("portolan journal entry 1\n")
	b = appendFixed(b, e.Number)
	b = appendFixed(b, uint64(e.At))
	b = append(b, byte(e.Kind))
	b = append(appendFixed(b, uint64(len(e.Subject))), e.Subject...)
	b = append(appendFixed(b, uint64(len(e.Body))), e.Body...)
	return append(b, e.Previous[:]...)
}

func appendFixed(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

// ChainError says at which link a chain breaks, and why.
type ChainError struct {
	Number uint64 // of the link at fault
	Err    error
}

// Error implements error.
func (e *ChainError) Error() string { return fmt.Sprintf("entry %d: %v", e.Number, e.Err) }

// Unwrap returns what is wrong with the link.
func (e *ChainError) Unwrap() error { return e.Err }

// VerifyJournal checks that the entries are a whole chain from its beginning, each signed by the key's owner.
func VerifyJournal(entries iter.Seq2[Entry, error], key crypto.PublicKey) error {
	var head Entry
	for e, err := range entries {
		if err == nil {
			err = follows(&head, &e, key)
		}
		if err != nil {
			return &ChainError{Number: head.Number + 1, Err: err}
		}
		head = e
	}
	return nil
}

func follows(head, e *Entry, key crypto.PublicKey) error {
	switch {
	case e.Number != head.Number+1:
		return malformed("chain", "number is %d", e.Number)
	case e.Previous != head.Hash:
		return malformed("chain", "does not link to the entry before")
	case sha256.Sum256(e.Content()) != e.Hash:
		return malformed("chain", "content was changed")
	}
	return verify(key, e.Hash, e.Signature)
}

// AppendEntry appends the entry's bytes, as journals are exported.
func AppendEntry(b []byte, e *Entry) []byte {
	b = appendUint(b, 1, e.Number)
	b = appendInt(b, 2, int64(e.At))
	b = appendUint(b, 3, uint64(e.Kind))
	b = appendString(b, 4, e.Subject)
	b = appendString(b, 5, e.Body)
	b = appendHash(b, 6, e.Previous)
	return appendString(b, 7, e.Signature)
}

// ReadEntry returns the entry that AppendEntry wrote, its hash computed anew.
func ReadEntry(b []byte) (Entry, error) {
	var e Entry
	m := message{what: "entry", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			e.Number = m.uint()
		case 2:
			e.At = portolan.Instant(m.int())
		case 3:
			e.Kind = EntryKind(m.upTo(uint64(lastEntry)))
		case 4:
			e.Subject = string(m.bytes())
		case 5:
			e.Body = append([]byte(nil), m.bytes()...)
		case 6:
			m.fixed(e.Previous[:])
		case 7:
			e.Signature = append([]byte(nil), m.bytes()...)
		}
	}
	if m.err == nil {
		m.err = validateEntry(&e)
	}
	e.Hash = sha256.Sum256(e.Content())
	return e, m.err
}
