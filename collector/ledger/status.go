package ledger

import "fmt"

// Status is how a link is kept. Values are stored: do not reorder, add at the end.
type Status uint8

// The statuses.
const (
	StatusUnknown Status = iota
	Accepted             // bytes kept; counts in figures
	Waiting              // acknowledged and kept, of a version that this collector does not know yet
	Refused              // a stub: number and hash only, with the reason
	Missing              // a stub for a range of numbers that were never received
	Forgotten            // was Accepted, and gave its bytes up to retention: a stub with its content, whose figures stay
)

// String returns the status's name as the API prints it.
func (s Status) String() string {
	return nameOf(s, []string{"unknown", "accepted", "waiting", "refused", "missing", "forgotten"})
}

// Verdict is what Append made of an offer.
type Verdict uint8

// The verdicts.
const (
	VerdictUnknown Verdict = iota
	Stored                 // kept with the status that was offered
	Duplicate              // kept before, with the same hash
	Forked                 // another batch with that number was kept before: a copied identity
	Broken                 // it does not follow its predecessor: kept as a stub, so that the next one can follow it; or its number was declared Missing
)

// String returns the verdict's name.
func (v Verdict) String() string {
	return nameOf(v, []string{"unknown", "stored", "duplicate", "forked", "broken"})
}

// Reason says why a batch was not accepted. Values are stored: do not reorder, add at the end.
type Reason uint8

// The reasons.
const (
	ReasonNone          Reason = iota
	ReasonMalformed            // the bytes are not a batch, or its content contradicts itself
	ReasonForeign              // a record of a series that is not in the agent's plan, or a plan of another port
	ReasonUnknownPlan          // the plan it names was never received
	ReasonBadSignature         // the signature is not the agent's
	ReasonFork                 // same number, another hash
	ReasonBrokenChain          // its previous hash is not the chain's
	ReasonNeverReceived        // a later number came first
	ReasonVersion              // written by a newer agent; waits for the upgrade
	ReasonTooLarge             // more content than the collector accepts
)

// String returns the reason's name as the API prints it.
func (r Reason) String() string {
	return nameOf(r, []string{
		"none", "malformed", "foreign", "unknown-plan", "bad-signature", "fork", "broken-chain", "never-received", "version",
		"too-large",
	})
}

// Reasons returns every reason there is, ReasonNone apart.
func Reasons() []Reason {
	var all []Reason
	for r := ReasonMalformed; r <= ReasonTooLarge; r++ {
		all = append(all, r)
	}
	return all
}

func nameOf[T ~uint8](v T, names []string) string {
	if int(v) >= len(names) {
		return fmt.Sprintf("unknown(%d)", v)
	}
	return names[v]
}
