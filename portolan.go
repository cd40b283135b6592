// Package portolan says what Portolan's words mean.
//
// Portolan measures whether the officers at a port of entry can do their work, from where they sit:
// agents on port workstations run synthetic transactions, a collector keeps every result as evidence
// and computes end-user availability from it. Every other package speaks in the types of this one.
//
// A line belongs here only if two packages use the word and the word does no work: types, their closed
// sets of values, how they print and what makes them valid. Parse at the edge, once; inside, values
// are valid. This package imports the standard library only, opens nothing and reads no clock.
package portolan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// PortCode names a port of entry: 3 to 8 of A-Z and 0-9. IATA code for an airport ("MIA"), Schedule D
// code for a land or sea port ("2504"). Codes that begin with X are generated placeholders.
type PortCode string

// AgentID names one agent: the port's code, then what tells its workstations apart ("MIA-1").
type AgentID string

// SystemID names one screening system in lower case with dashes ("tpac", "e3-intake").
type SystemID string

// TransactionID names a transaction within its system ("primary-inspection").
type TransactionID string

// StepID names a step within its transaction ("apis-match").
type StepID string

// WorkstationClass names what a port's workstations are used for in lower case with dashes ("primary-booth",
// "secondary", "kiosk"): each agency's own words. Empty is a workstation of no stated class.
type WorkstationClass string

// Placeholder reports whether the port was generated and stands for no real port.
func (c PortCode) Placeholder() bool { return strings.HasPrefix(string(c), "X") }

// Kind returns the kind of port that the code tells: an IATA code of three letters is an airport's. The other forms
// tell none.
func (c PortCode) Kind() PortKind {
	if airportForm.MatchString(string(c)) {
		return Air
	}
	return PortKindUnknown
}

var (
	airportForm  = regexp.MustCompile(`^[A-Z]{3}$`)
	portCodeForm = regexp.MustCompile(`^[A-Z0-9]{3,8}$`)
	agentForm    = regexp.MustCompile(`^[A-Z0-9]{3,8}-[A-Z0-9]{1,24}$`)
	nameForm     = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// Longest names accepted, in bytes. Names travel in every page and metric label.
const maxName = 48

// ParsePortCode returns the port code that s spells.
func ParsePortCode(s string) (PortCode, error) {
	if !portCodeForm.MatchString(s) {
		return "", fmt.Errorf("port code %q: want 3 to 8 of A-Z and 0-9", s)
	}
	return PortCode(s), nil
}

// ParseAgentID returns the agent that s names.
func ParseAgentID(s string) (AgentID, error) {
	if !agentForm.MatchString(s) {
		return "", fmt.Errorf("agent %q: want a port code, a dash and 1 to 24 of A-Z and 0-9, like MIA-1", s)
	}
	return AgentID(s), nil
}

// Port returns the code that the agent's name begins with.
func (a AgentID) Port() PortCode {
	code, _, _ := strings.Cut(string(a), "-")
	return PortCode(code)
}

// ParseSystemID returns the system that s names.
func ParseSystemID(s string) (SystemID, error) {
	return parseName[SystemID]("system", s)
}

// ParseTransactionID returns the transaction that s names.
func ParseTransactionID(s string) (TransactionID, error) {
	return parseName[TransactionID]("transaction", s)
}

// ParseStepID returns the step that s names.
func ParseStepID(s string) (StepID, error) {
	return parseName[StepID]("step", s)
}

// ParseWorkstationClass returns the class of workstation that s names.
func ParseWorkstationClass(s string) (WorkstationClass, error) {
	return parseName[WorkstationClass]("class of workstation", s)
}

func parseName[T ~string](what, s string) (T, error) {
	if len(s) > maxName || !nameForm.MatchString(s) {
		return "", fmt.Errorf("%s %q: want lower-case words joined by dashes, at most %d letters", what, s, maxName)
	}
	return T(s), nil
}

// Stream is a random 128-bit id made with an agent's spool. A new spool is a new stream, so sequence
// numbers never repeat within one.
type Stream [16]byte

// String returns the stream in lower-case hexadecimal.
func (s Stream) String() string { return hex.EncodeToString(s[:]) }

// ParseStream returns the stream that s spells in hexadecimal.
func ParseStream(s string) (Stream, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Stream{}) {
		return Stream{}, fmt.Errorf("stream %q: want 32 hexadecimal digits", s)
	}
	return Stream(b), nil
}

// Seq numbers an agent's records within a stream, from 1, without gaps.
type Seq uint64

// Revision identifies the exact text of a definition: the first 8 bytes of its SHA-256.
type Revision [8]byte

// RevisionOf returns the revision of a definition's bytes.
func RevisionOf(definition []byte) Revision {
	sum := sha256.Sum256(definition)
	return Revision(sum[:8])
}

// String returns the revision in lower-case hexadecimal.
func (r Revision) String() string { return hex.EncodeToString(r[:]) }

// Series is one agent x one transaction: the unit that has a timeline.
type Series struct {
	Agent       AgentID
	System      SystemID
	Transaction TransactionID
}

// String returns the series as agent/system/transaction.
func (s Series) String() string {
	return string(s.Agent) + "/" + string(s.System) + "/" + string(s.Transaction)
}
