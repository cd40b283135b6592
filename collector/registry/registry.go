// Package registry knows which agents exist, what they may send, and what is due from them.
//
// Start at Registry. An agent exists once it was enrolled: it trades a one-time token for a certificate over
// its own key, and every enrolment, renewal and revocation is an entry of the collector's journal. The
// Authority holds the collector's keys. What an agent may send, and what is due, follow from the plan that
// its own signed chain carries.
//
// The package reads the clock only to replace its server certificate; all else is told the time.
package registry

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// Errors of identities, for errors.Is.
var (
	// ErrUnknown says that there is no such agent, or no such certificate of an agent.
	ErrUnknown = errors.New("unknown agent")
	// ErrRevoked says that the agent or its certificate was revoked.
	ErrRevoked = errors.New("agent was revoked")
	// ErrExpired says that the agent's certificate has expired or is not valid yet: it must enroll again.
	ErrExpired = errors.New("certificate is not valid now")
)

// Ledger is what the registry needs of the ledger.
type Ledger interface {
	ledger.Agents
	AppendJournal(ctx context.Context, next ledger.NextEntry) (evidence.Entry, error)
	ReadJournal(ctx context.Context, after uint64, limit int) ([]evidence.Entry, error)
	Heads(ctx context.Context, agent portolan.AgentID) ([]ledger.Head, error)
	Plan(ctx context.Context, hash evidence.PlanHash) (*portolan.Plan, error)
	PlanChanges(ctx context.Context, agent portolan.AgentID) ([]ledger.PlanChange, error)
}

// Registry knows the agents. It is safe for concurrent use.
type Registry struct {
	ledger    Ledger
	authority *Authority

	mu     sync.Mutex // guards everything that follows
	agents map[portolan.AgentID]*member
	plans  map[evidence.PlanHash]*portolan.Plan
	sought map[portolan.AgentID]portolan.Instant // when agents were read again that were not found
}

// member is one enrolled agent with what its certificates certify; a certificate itself takes ten times as much.
type member struct {
	ledger.Agent
	keys    []*ecdsa.PublicKey // as in Agent.Certificates; nil for one of another kind
	heardAt portolan.Instant
}

const (
	// reloadAfter is how long after an agent was read in vain it is read again: another collector may have enrolled it
	// since.
	reloadAfter = time.Second
	// mostSought bounds the names that are remembered for that.
	mostSought = 4096
)

// New returns the registry of the ledger's agents.
func New(ctx context.Context, l Ledger, a *Authority, now portolan.Instant) (*Registry, error) {
	r := &Registry{
		ledger: l, authority: a,
		agents: make(map[portolan.AgentID]*member), plans: make(map[evidence.PlanHash]*portolan.Plan), sought: map[portolan.AgentID]portolan.Instant{},
	}
	if err := r.Reload(ctx, "", now); err != nil {
		return nil, err
	}
	heads, err := l.Heads(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("load agents: %w", err)
	}
	for _, h := range heads {
		r.Heard(h.Chain.Agent, h.HeardAt)
	}
	return r, nil
}

// Authority returns the keys that the registry issues certificates and signs the journal with.
func (r *Registry) Authority() *Authority { return r.authority }

// Reload reads the agents from the ledger again, or the one agent if agent is not "": another collector, or a tool, may
// have changed them.
func (r *Registry) Reload(ctx context.Context, agent portolan.AgentID, now portolan.Instant) error {
	enrolled, err := r.ledger.EnrolledAgents(ctx, agent)
	if err != nil {
		return fmt.Errorf("load agents: %w", err)
	}
	members := make([]*member, len(enrolled))
	for i, agent := range enrolled {
		if members[i], err = newMember(agent); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range members {
		if former := r.agents[m.Agent.Agent]; former != nil {
			m.heardAt = former.heardAt
		}
		r.agents[m.Agent.Agent] = m
	}
	return nil
}

func newMember(agent ledger.Agent) (*member, error) {
	m := &member{Agent: agent}
	for _, c := range agent.Certificates {
		certificate, err := x509.ParseCertificate(c.DER)
		if err != nil {
			return nil, fmt.Errorf("load certificate %s of %q: %w", c.Serial, agent.Agent, err)
		}
		key, _ := certificate.PublicKey.(*ecdsa.PublicKey)
		m.keys = append(m.keys, key)
	}
	return m, nil
}

// seekLocked reports whether an agent is to be read again, and notes that it is.
func (r *Registry) seekLocked(agent portolan.AgentID, now portolan.Instant) bool {
	if at, sought := r.sought[agent]; sought && now.Sub(at) < reloadAfter {
		return false
	}
	if len(r.sought) >= mostSought {
		clear(r.sought)
	}
	r.sought[agent] = now
	return true
}

// find returns an agent as fine finds it; if it does not, the agent is read again first unless that was done just now: a
// stranger cannot make the ledger be read all the time.
func (r *Registry) find(ctx context.Context, agent portolan.AgentID, now portolan.Instant, fine func(*member) bool) (*member, error) {
	r.mu.Lock()
	m := r.agents[agent]
	seek := (m == nil || !fine(m)) && r.seekLocked(agent, now)
	r.mu.Unlock()
	if !seek {
		return m, nil
	}
	if err := r.Reload(ctx, agent, now); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.agents[agent], nil
}

func known(*member) bool { return true }

// Identify returns whose client certificate this is. TLS has proven that the client holds its key; here it
// must be one that was issued to an agent, not revoked, and valid now.
func (r *Registry) Identify(ctx context.Context, certificate *x509.Certificate, now portolan.Instant) (portolan.AgentID, error) {
	agent := portolan.AgentID(certificate.Subject.CommonName)
	given := func(m *member) bool { return m.given(certificate) >= 0 }
	m, err := r.find(ctx, agent, now, given)
	if err != nil {
		return "", err
	}
	if m == nil {
		return "", ErrUnknown
	}
	i := m.given(certificate)
	if i < 0 {
		return "", ErrUnknown
	}
	return agent, m.valid(i, now)
}

// given returns which of the member's certificates this is, -1 if none.
func (m *member) given(certificate *x509.Certificate) int {
	return slices.IndexFunc(m.Certificates, func(c ledger.Certificate) bool { return bytes.Equal(c.DER, certificate.Raw) })
}

func (m *member) valid(i int, now portolan.Instant) error {
	c := m.Certificates[i]
	switch {
	case m.RevokedAt != 0 || c.RevokedAt != 0:
		return ErrRevoked
	case now < c.NotBefore || now >= c.NotAfter:
		return ErrExpired
	default:
		return nil
	}
}

// Keys returns the public keys that an agent's batches may be signed with, newest first: those of all its
// certificates that were not revoked, because a batch is sent again byte for byte after a renewal. It fails
// unless one of the certificates is valid now.
func (r *Registry) Keys(ctx context.Context, agent portolan.AgentID, now portolan.Instant) ([]*ecdsa.PublicKey, error) {
	m, err := r.find(ctx, agent, now, known)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, ErrUnknown
	}
	var keys []*ecdsa.PublicKey
	state := ErrRevoked
	for i, key := range slices.Backward(m.keys) {
		err := m.valid(i, now)
		if errors.Is(err, ErrRevoked) {
			continue
		}
		if state != nil {
			state = err
		}
		if key != nil {
			keys = append(keys, key)
		}
	}
	return keys, state
}

// Heard notes that an agent was heard at an instant of the collector's clock.
func (r *Registry) Heard(agent portolan.AgentID, at portolan.Instant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.agents[agent]; m != nil {
		m.heardAt = max(m.heardAt, at)
	}
}

// Owns returns an error if the ledger's journal was begun with other keys than the authority's.
func (r *Registry) Owns(ctx context.Context) error {
	first, err := r.ledger.ReadJournal(ctx, 0, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	entries := func(yield func(evidence.Entry, error) bool) { yield(first[0], nil) }
	if err := evidence.VerifyJournal(entries, &r.authority.journalKey.PublicKey); err != nil {
		return fmt.Errorf("%w: %w", ErrOtherKeys, err)
	}
	return nil
}

// ErrOtherKeys says that a ledger belongs to collectors with other keys.
var ErrOtherKeys = errors.New("the ledger was begun with other keys: copy ca.key, ca.crt, journal.key, journal.crt and " +
	"token.secret from the data folder of a collector that uses it")

// Agent is an agent as pages and the API list it.
type Agent struct {
	Agent      portolan.AgentID
	Port       portolan.PortCode
	EnrolledAt portolan.Instant
	RevokedAt  portolan.Instant // zero if it was not
	HeardAt    portolan.Instant // by any collector that has told this one; zero if never
	// ValidUntil is when its newest certificate that was not revoked expires; zero if there is none.
	ValidUntil portolan.Instant
}

// Agents returns every enrolled agent, by name, revoked ones included.
func (r *Registry) Agents() []Agent {
	r.mu.Lock()
	defer r.mu.Unlock()
	agents := make([]Agent, 0, len(r.agents))
	for _, m := range r.agents {
		a := Agent{Agent: m.Agent.Agent, Port: m.Port, EnrolledAt: m.EnrolledAt, RevokedAt: m.RevokedAt, HeardAt: m.heardAt}
		for _, c := range m.Certificates {
			if c.RevokedAt == 0 {
				a.ValidUntil = max(a.ValidUntil, c.NotAfter)
			}
		}
		agents = append(agents, a)
	}
	slices.SortFunc(agents, func(a, b Agent) int { return strings.Compare(string(a.Agent), string(b.Agent)) })
	return agents
}
