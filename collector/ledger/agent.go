package ledger

import "portolan"

// Agent is an enrolled agent.
type Agent struct {
	Agent      portolan.AgentID
	Port       portolan.PortCode
	EnrolledAt portolan.Instant // the first time
	// RevokedAt is when it was refused from, zero if it was not.
	RevokedAt portolan.Instant
	// Certificates holds every certificate it was ever given, oldest first.
	Certificates []Certificate
}

// Certificate is one client certificate that was given to an agent.
type Certificate struct {
	Serial              string // hexadecimal
	NotBefore, NotAfter portolan.Instant
	DER                 []byte
	PublicKey           []byte // PKIX, DER
	// RevokedAt is when it was refused from, zero if it was not.
	RevokedAt portolan.Instant
}

// Enrolment is one certificate given for one token.
type Enrolment struct {
	Agent portolan.AgentID
	Port  portolan.PortCode
	At    portolan.Instant
	// Nonce is the token's, and Expires when a token with it is refused anyway, so that the nonce may be
	// forgotten afterwards. A nil Nonce is a renewal, without a token, of an agent that is enrolled and not
	// revoked.
	Nonce       []byte
	Expires     portolan.Instant
	Certificate Certificate
}
