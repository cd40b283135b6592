// Package audit holds evidence together: it checks both chains from their beginnings, link by link and signature by
// signature, with nothing but the collector's public certificates.
//
// Start at Check. What is wrong is returned as faults, each naming the batch or entry that it is about; an error means
// that the evidence could not be read. Whether what was derived from the evidence is what it gives is the business of
// package projection (Recompute). The package changes nothing and reads no clock.
package audit

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
)

// Report is what an audit found.
type Report struct {
	Batches uint64 // links looked at, stubs included
	Entries uint64 // of the journal
	Chains  int
	// Stubs are links whose bytes are not there: refused batches, and numbers that never came.
	Stubs uint64
	// Removed are batches that signed stubs stand for, Held those stubs.
	Removed uint64
	Held    []*Stub
	// Unsigned counts batches that no later signature covers, by chain; chains without any are left out.
	Unsigned []Tail
	Faults   []string
}

// Tail is the end of a chain that is not signed yet, or never was.
type Tail struct {
	Chain   ledger.Chain
	From    uint64 // the number of its first batch
	Batches uint64
}

func (r *Report) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

// Keys is what signatures are verified by.
type Keys struct {
	authority, journal *x509.Certificate
}

// ReadKeys reads the certificates of a collector, in PEM: its authority's, and the journal's, which the authority issued.
func ReadKeys(authority, journal []byte) (Keys, error) {
	var k Keys
	var err error
	if k.authority, err = readCertificate(authority); err != nil {
		return k, fmt.Errorf("read the authority's certificate: %w", err)
	}
	if k.journal, err = readCertificate(journal); err != nil {
		return k, fmt.Errorf("read the journal's certificate: %w", err)
	}
	if err := k.journal.CheckSignatureFrom(k.authority); err != nil {
		return k, fmt.Errorf("the authority did not issue the journal's certificate: %w", err)
	}
	return k, nil
}

func readCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("want a certificate in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// pageRead is how many links or entries are read at once.
const pageRead = 256

// Check audits the evidence up to a cut; stubs may stand in the journal after it. heads are the ends of chains as the ledger
// notes them, nil if they are not known.
func Check(ctx context.Context, chains projection.Chains, heads []ledger.Head, cut projection.Cut, keys Keys) (*Report, error) {
	r := &Report{}
	agents := map[portolan.AgentID][]crypto.PublicKey{}
	if err := r.journal(ctx, chains, cut.Journal, keys, agents); err != nil {
		return nil, err
	}
	c := batches{report: r, keys: agents, chains: map[ledger.Chain]*chain{}, stubs: newStubs(r.Held), upTo: cut.Position}
	for after := ledger.Position(0); after < cut.Position; {
		links, err := chains.Read(ctx, ledger.Query{After: after, UpTo: cut.Position, Limit: pageRead})
		if err != nil {
			return nil, fmt.Errorf("read batches after position %d: %w", after, err)
		}
		for i := range links {
			c.link(&links[i])
			after = links[i].Position
		}
		if len(links) < pageRead {
			break
		}
	}
	c.end(heads)
	return r, nil
}

// journal checks the journal, and gathers the keys of agents from it.
func (r *Report) journal(ctx context.Context, chains projection.Chains, upTo uint64, keys Keys, agents map[portolan.AgentID][]crypto.PublicKey) error {
	var broken error
	entries := func(yield func(evidence.Entry, error) bool) {
		for e, err := range entriesOf(ctx, chains) {
			if err != nil {
				broken = err
				return
			}
			if e.Number <= upTo {
				r.Entries++
			}
			if e.Kind == evidence.EntryRemoved {
				r.stub(&e)
			}
			if e.Kind == evidence.EntryAgent {
				r.agent(&e, keys.authority, agents)
			}
			if !yield(e, nil) {
				return
			}
		}
	}
	err := evidence.VerifyJournal(entries, keys.journal.PublicKey)
	if broken != nil {
		return fmt.Errorf("read journal: %w", broken)
	}
	if err != nil {
		r.fault("journal: %v", err)
		return nil
	}
	if r.Entries < upTo {
		r.fault("journal: entries %d to %d are gone", r.Entries+1, upTo)
	}
	return nil
}

func entriesOf(ctx context.Context, chains projection.Chains) iter.Seq2[evidence.Entry, error] {
	return func(yield func(evidence.Entry, error) bool) {
		for after := uint64(0); ; {
			page, err := chains.ReadJournal(ctx, after, pageRead)
			if err != nil {
				yield(evidence.Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if len(page) < pageRead {
				return
			}
			after = page[len(page)-1].Number
		}
	}
}

// agent takes the key from an agent's certificate in the journal.
func (r *Report) agent(e *evidence.Entry, authority *x509.Certificate, agents map[portolan.AgentID][]crypto.PublicKey) {
	var body struct {
		Agent       portolan.AgentID `json:"agent"`
		Certificate string           `json:"certificate"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		r.fault("journal: entry %d: %v", e.Number, err)
		return
	}
	if body.Certificate == "" {
		return // revoked
	}
	certificate, err := readCertificate([]byte(body.Certificate))
	if err == nil {
		err = certificate.CheckSignatureFrom(authority)
	}
	if err != nil {
		r.fault("journal: entry %d: certificate of %s: %v", e.Number, body.Agent, err)
		return
	}
	agents[body.Agent] = append(agents[body.Agent], certificate.PublicKey)
}

func (r *Report) stub(e *evidence.Entry) {
	s, err := ReadStub(e)
	if err != nil {
		r.fault("journal: %v", err)
		return
	}
	r.Held = append(r.Held, s)
}

// sorted orders what was found, so that the same evidence gives the same report.
func (r *Report) sorted() {
	slices.SortFunc(r.Unsigned, func(a, b Tail) int { return strings.Compare(nameOf(a.Chain), nameOf(b.Chain)) })
	slices.Sort(r.Faults)
}

func nameOf(c ledger.Chain) string { return fmt.Sprintf("%s, stream %s", c.Agent, c.Stream) }
