// Package peer lets the agents of one port tell each other what they see, over the port's own network: with the center
// out of reach, one broken network card must not look like the port's.
//
// A Circle serves this agent's states to the peers that the configuration lists, and asks them for theirs. Both sides show
// the certificate that the center issued to them, and each knows by name whom it speaks with. What a peer says is used for
// advice and shown with its age; it is in no figure and is not kept.
package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"portolan"
)

// States is what one agent sees.
type States struct {
	Agent   portolan.AgentID `json:"agent"`
	Systems []State          `json:"systems"`
}

// State is one system as an agent sees it.
type State struct {
	System portolan.SystemID `json:"system"`
	State  portolan.State    `json:"state"`
	Since  portolan.Instant  `json:"since"`
	// Network says that the symptom is one of the network.
	Network bool `json:"network,omitempty"`
	// DataAge is how old the data behind its answers are; zero if that is not measured.
	DataAge time.Duration `json:"data_age,omitempty"`
}

// Peer is another agent of the port.
type Peer struct {
	Agent   portolan.AgentID `yaml:"agent,required"`
	Address string           `yaml:"address,required"` // host:port where it listens for its peers
}

// Options says who the peers are.
type Options struct {
	Peers []Peer
	// Roots is the authority that every agent's certificate descends from.
	Roots *x509.CertPool
	// Certificate returns this agent's own; an error until it is enrolled.
	Certificate func() (*tls.Certificate, error)
	// States returns what this agent sees now.
	States func() States
}

const (
	askEvery = 10 * time.Second
	// answerWithin is how long a peer has to answer: it is on the same network.
	answerWithin = 3 * time.Second
	// fresh is how old what a peer said may be.
	fresh = 45 * time.Second
	// longest bounds an answer, and systems what of it is used.
	longest     = 64 << 10
	mostSystems = 256
)

// Circle is the agents of one port that know each other.
type Circle struct {
	options Options

	mu    sync.Mutex // guards what follows
	heard map[portolan.AgentID]heard
}

type heard struct {
	states States
	at     time.Time // with the monotonic clock
}

// New returns a circle that has heard nobody yet.
func New(o Options) *Circle { return &Circle{options: o, heard: map[portolan.AgentID]heard{}} }

// statesPath is where an agent tells its peers what it sees.
const statesPath = "/peer/v1/states"

// Handler answers peers.
func (c *Circle) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+statesPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c.options.States()) // the peer may be gone
	})
	return mux
}

// ServerTLS returns the configuration of the listener: only listed peers come in.
func (c *Circle) ServerTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert,
		GetCertificate:   func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.options.Certificate() },
		VerifyConnection: func(s tls.ConnectionState) error { return c.verify(&s, "") },
	}
}

// verify checks that the other side's certificate descends from the authority and names a listed peer: the one that is
// meant, if any. The center issues certificates for clients; between peers they serve both ways.
func (c *Circle) verify(s *tls.ConnectionState, meant portolan.AgentID) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("peer shows no certificate")
	}
	certificate := s.PeerCertificates[0]
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: c.options.Roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return fmt.Errorf("verify peer: %w", err)
	}
	name := portolan.AgentID(certificate.Subject.CommonName)
	listed := slices.ContainsFunc(c.options.Peers, func(p Peer) bool { return p.Agent == name })
	if !listed || (meant != "" && name != meant) {
		return fmt.Errorf("verify peer: %q is not the peer that is meant here", name)
	}
	return nil
}

// Run asks every peer, again and again, until ctx is done.
func (c *Circle) Run(ctx context.Context) {
	var asking sync.WaitGroup
	for _, p := range c.options.Peers {
		asking.Go(func() { c.follow(ctx, p) })
	}
	asking.Wait()
}

func (c *Circle) follow(ctx context.Context, p Peer) {
	client := c.client(p)
	defer client.CloseIdleConnections()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		// A peer that does not answer is silent, which its age shows; the next question comes soon.
		if states, err := ask(ctx, client, p); err == nil {
			c.hear(states)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (c *Circle) client(p Peer) *http.Client {
	return &http.Client{Timeout: answerWithin, Transport: &http.Transport{
		MaxIdleConns: 1,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, // VerifyConnection checks more: certificates of agents name no host
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.options.Certificate() },
			VerifyConnection:     func(s tls.ConnectionState) error { return c.verify(&s, p.Agent) },
		},
	}}
}

func ask(ctx context.Context, client *http.Client, p Peer) (States, error) {
	var states States
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+p.Address+statesPath, nil)
	if err != nil {
		return states, fmt.Errorf("ask peer %q: %w", p.Agent, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return states, fmt.Errorf("ask peer %q: %w", p.Agent, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return states, fmt.Errorf("ask peer %q: it answered %s", p.Agent, response.Status)
	}
	return decode(io.LimitReader(response.Body, longest), p.Agent)
}

// decode reads what a peer says of itself.
func decode(r io.Reader, of portolan.AgentID) (States, error) {
	var states States
	if err := json.NewDecoder(r).Decode(&states); err != nil {
		return states, fmt.Errorf("read states of peer %q: %w", of, err)
	}
	if states.Agent != of || len(states.Systems) > mostSystems {
		return states, fmt.Errorf("read states of peer %q: it speaks for %q, of %d systems", of, states.Agent, len(states.Systems))
	}
	return states, nil
}

func (c *Circle) hear(s States) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard[s.Agent] = heard{s, time.Now()}
}

// Heard returns what peers said of late, by agent.
func (c *Circle) Heard() []States {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []States
	for _, p := range c.options.Peers {
		if h, ok := c.heard[p.Agent]; ok && time.Since(h.at) <= fresh {
			all = append(all, h.states)
		}
	}
	return all
}
