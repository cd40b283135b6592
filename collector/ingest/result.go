package ingest

// Result is what became of a batch: the closed set of the metric's label.
type Result uint8

// The results.
const (
	ResultUnknown Result = iota
	Accepted
	Duplicate
	Fork
	BrokenChain
	Malformed
	TooLarge
	UnknownAgent // or revoked, or its certificate is not valid now
	Unsigned
	BadSignature
	UnknownPlan
	SetAside // acknowledged, of a version that this collector does not know
	Overload
	Error // the collector's own
)

// Results returns every result there is, so that each counter exists from the start.
func Results() []Result {
	return []Result{
		Accepted, Duplicate, Fork, BrokenChain, Malformed, TooLarge, UnknownAgent, Unsigned, BadSignature, UnknownPlan,
		SetAside, Overload, Error,
	}
}

// String returns the result as the metric's label spells it.
func (r Result) String() string {
	switch r {
	case Accepted:
		return "accepted"
	case Duplicate:
		return "duplicate"
	case Fork:
		return "fork"
	case BrokenChain:
		return "broken_chain"
	case Malformed:
		return "malformed"
	case TooLarge:
		return "too_large"
	case UnknownAgent:
		return "unknown_agent"
	case Unsigned:
		return "unsigned"
	case BadSignature:
		return "bad_signature"
	case UnknownPlan:
		return "unknown_plan"
	case SetAside:
		return "set_aside"
	case Overload:
		return "overload"
	case Error:
		return "error"
	case ResultUnknown:
		return "unknown"
	default:
		return "unknown"
	}
}
