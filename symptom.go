package portolan

import "time"

// Phase is a part of a step's time. Time that no phase accounts for is the step's remainder, so that
// phases and remainder always sum to the step's duration. A phase that was not reached is absent,
// never zero (design 3.13). Values are stored: do not reorder, add at the end.
type Phase uint8

// The phases, in the order in which a step passes them.
const (
	PhaseNone    Phase = iota // no phase: the remainder, or the run as a whole
	PhaseDNS                  // resolving the name
	PhaseConnect              // opening the connection, a proxy's tunnel included
	PhaseTLS                  // the TLS handshake
	PhaseRequest              // writing the request
	PhaseWait                 // from the request written to the first byte of the answer
	PhaseRead                 // reading the answer
	PhaseCheck                // extracting values and checking assertions
)

// Phases is how many phases there are, PhaseNone included.
const Phases = int(PhaseCheck) + 1

var phaseNames = names[Phase]{"none", "dns", "connect", "tls", "request", "wait", "read", "check"}

// String returns the phase's name as pages, metrics and the API print it.
func (p Phase) String() string { return phaseNames.of(p) }

// MarshalText implements encoding.TextMarshaler.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Phase) UnmarshalText(b []byte) (err error) { *p, err = phaseNames.parse("phase", b); return }

// PhaseTimes holds how long each reached phase of a step took. Repeated passes of one phase (redirects)
// add up. The zero value has reached none.
type PhaseTimes struct {
	reached uint8
	took    [Phases]time.Duration
}

// Add adds d to phase p and marks p as reached.
func (t *PhaseTimes) Add(p Phase, d time.Duration) {
	t.reached |= 1 << p
	t.took[p] += d
}

// Get returns how long phase p took; ok is false if it was not reached.
func (t PhaseTimes) Get(p Phase) (d time.Duration, ok bool) {
	return t.took[p], t.reached&(1<<p) != 0
}

// Sum returns the time that phases account for.
func (t PhaseTimes) Sum() time.Duration {
	var sum time.Duration
	for _, d := range t.took {
		sum += d
	}
	return sum
}

// ErrorKind is the closed set of ways in which a step can go wrong, as the agent saw it. It states a fact,
// not a cause. Values are stored: do not reorder, add at the end.
type ErrorKind uint8

// The error kinds.
const (
	KindNone        ErrorKind = iota
	KindLate                  // right answer after the objective; the phase is the longest one
	KindTimeout               // no end within the hard time-out; the phase says where it hung
	KindResolve               // the name did not resolve
	KindRoute                 // no route: network or host unreachable
	KindProxy                 // the proxy refused, failed or wants credentials
	KindRefused               // connection refused
	KindReset                 // connection reset while open
	KindClosed                // the peer closed before the answer was whole
	KindCertificate           // the peer's certificate is expired, not trusted or for another name
	KindHandshake             // any other failure of the TLS handshake
	KindProtocol              // an answer that is not of the protocol's form
	KindStatus                // an answer that the protocol marks as an error (HTTP 4xx, 5xx, SOAP fault)
	KindCredential            // the system refused the synthetic user's credentials
	KindTooLarge              // an answer over the definition's bound
	KindExtract               // a value that a later step needs was not in the answer
	KindAssertion             // a well-formed answer that is false
	KindStale                 // data older than the definition allows
	KindMonitor               // the agent's own fault: out of memory, of descriptors, a defect
)

var kindNames = names[ErrorKind]{
	"none", "late", "timeout", "resolve", "route", "proxy", "refused", "reset", "closed", "certificate", "handshake",
	"protocol", "status", "credential", "too-large", "extract", "assertion", "stale", "monitor",
}

// String returns the kind's name as pages, metrics and the API print it.
func (k ErrorKind) String() string { return kindNames.of(k) }

// MarshalText implements encoding.TextMarshaler.
func (k ErrorKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *ErrorKind) UnmarshalText(b []byte) (err error) {
	*k, err = kindNames.parse("error kind", b)
	return
}

// Symptom is what the agent saw, as fact. The cause is inferred elsewhere, from many symptoms.
// The zero Symptom is that of a good run.
type Symptom struct {
	Step  StepID    `json:"step,omitempty"`
	Phase Phase     `json:"phase"`
	Kind  ErrorKind `json:"kind"`
	// Dependency is the system that the step exercises besides its own; empty if it names none.
	Dependency SystemID `json:"dependency,omitempty"`
}

// Network reports whether the symptom lies in dns, route, proxy, or a connect or TLS time-out. A refused
// connection does not: something answered (design 3.8).
func (s Symptom) Network() bool {
	switch s.Kind {
	case KindResolve, KindRoute, KindProxy:
		return true
	case KindTimeout:
		return s.Phase == PhaseDNS || s.Phase == PhaseConnect || s.Phase == PhaseTLS
	default:
		return s.Phase == PhaseDNS
	}
}
