package audit_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/collector/audit"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
)

// chains is evidence in memory.
type chains struct {
	links   []ledger.Link
	entries []evidence.Entry
	heads   []ledger.Head
	keys    audit.Keys
	signer  *ecdsa.PrivateKey // of the journal
}

var _ projection.Chains = (*chains)(nil)

func (c *chains) Read(_ context.Context, q ledger.Query) ([]ledger.Link, error) {
	links := slices.DeleteFunc(slices.Clone(c.links), func(l ledger.Link) bool { return l.Position <= q.After || q.UpTo != 0 && l.Position > q.UpTo })
	return links[:min(len(links), q.Limit)], nil
}

func (c *chains) ReadJournal(_ context.Context, after uint64, limit int) ([]evidence.Entry, error) {
	entries := slices.DeleteFunc(slices.Clone(c.entries), func(e evidence.Entry) bool { return e.Number <= after })
	return entries[:min(len(entries), limit)], nil
}

func (c *chains) Plan(context.Context, evidence.PlanHash) (*portolan.Plan, error) {
	return nil, ledger.ErrNotFound
}

func (c *chains) cut() projection.Cut {
	return projection.Cut{Position: ledger.Position(len(c.links)), Journal: uint64(len(c.entries))}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue returns a certificate for a key, in PEM.
func issue(t *testing.T, name string, key *ecdsa.PrivateKey, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: parent == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// newChains makes a journal of four entries and a chain of six batches, one of them a stub; the last is not signed.
func newChains(t *testing.T) *chains {
	t.Helper()
	authorityKey, journalKey, agentKey := newKey(t), newKey(t), newKey(t)
	authority, authorityPEM := issue(t, "authority", authorityKey, nil, authorityKey)
	_, journalPEM := issue(t, "journal", journalKey, authority, authorityKey)
	_, agentPEM := issue(t, "MIA-1", agentKey, authority, authorityKey)
	c := &chains{signer: journalKey}
	var err error
	if c.keys, err = audit.ReadKeys([]byte(authorityPEM), []byte(journalPEM)); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		draft := evidence.Entry{At: portolan.Instant(n + 1), Kind: evidence.EntryCollectorAlive, Body: []byte(`{}`)}
		if n == 1 {
			body, err := json.Marshal(map[string]string{"event": "enrolled", "agent": "MIA-1", "certificate": agentPEM})
			if err != nil {
				t.Fatal(err)
			}
			draft.Kind, draft.Subject, draft.Body = evidence.EntryAgent, "MIA-1", body
		}
		var before *evidence.Entry
		if n > 0 {
			before = &c.entries[n-1]
		}
		e, err := evidence.NextEntry(before, draft, journalKey)
		if err != nil {
			t.Fatal(err)
		}
		c.entries = append(c.entries, e)
	}
	c.batches(t, agentKey)
	return c
}

func (c *chains) batches(t *testing.T, key *ecdsa.PrivateKey) {
	t.Helper()
	chain := ledger.Chain{Agent: "MIA-1", Stream: portolan.Stream{1}}
	var last evidence.Hash
	for n := uint64(1); n <= 6; n++ {
		batch := evidence.Batch{
			Agent: chain.Agent, Stream: chain.Stream, Number: n, Previous: last, Lane: portolan.Live, SentAt: portolan.Instant(n),
			Records: []evidence.Record{{Farewell: &portolan.Farewell{Seq: portolan.Seq(n), At: portolan.Instant(n)}}},
		}
		sealed, err := evidence.Seal(batch, nil)
		if n < 6 {
			sealed, err = evidence.Seal(batch, key)
		}
		if err != nil {
			t.Fatal(err)
		}
		l := ledger.Link{
			Position: ledger.Position(n), Chain: chain, First: n, Number: n, Hash: sealed.Hash, Previous: last,
			Status: ledger.Accepted, Bytes: sealed.Bytes,
		}
		if n == 3 {
			l.Status, l.Reason, l.Bytes = ledger.Refused, ledger.ReasonMalformed, nil
		}
		c.links, last = append(c.links, l), sealed.Hash
	}
	c.heads = []ledger.Head{{Chain: chain, Number: 6, Hash: last}}
}

func (c *chains) check(t *testing.T) *audit.Report {
	t.Helper()
	r, err := audit.Check(t.Context(), c, c.heads, c.cut(), c.keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCheck_WholeChainsHold(t *testing.T) {
	t.Parallel()
	c := newChains(t)
	r := c.check(t)
	if len(r.Faults) > 0 || r.Batches != 6 || r.Entries != 4 || r.Chains != 1 || r.Stubs != 1 {
		t.Errorf("got %+v", r)
	}
	if len(r.Unsigned) != 1 || r.Unsigned[0].From != 6 || r.Unsigned[0].Batches != 1 {
		t.Errorf("not signed: %+v, want batch 6", r.Unsigned)
	}
	// A batch that was taken in after an upgrade stands behind those that follow it.
	second := c.links[1]
	second.Position = 7
	c.links = append(slices.Delete(c.links, 1, 2), second)
	if r, err := audit.Check(t.Context(), c, c.heads, projection.Cut{Position: 7, Journal: 4}, c.keys); err != nil || len(r.Faults) > 0 {
		t.Errorf("taken in later: got %+v, %v", r, err)
	}
}

// Whatever bit of a batch, a stub or the journal is flipped, the batch or entry is named.
func TestCheck_NamesWhatWasChanged(t *testing.T) {
	t.Parallel()
	bytesOf := func(change func(c *chains) []byte) func(c *chains, bit int) {
		return func(c *chains, bit int) {
			b := change(c)
			b[bit/8%len(b)] ^= 1 << (bit % 8)
		}
	}
	for name, c := range map[string]struct {
		change func(c *chains, bit int)
		want   string
	}{
		"bytes of a batch":         {bytesOf(func(c *chains) []byte { return c.links[1].Bytes }), "batch 2 of MIA-1"},
		"bytes of an unsigned one": {bytesOf(func(c *chains) []byte { return c.links[5].Bytes }), "batch 6 of MIA-1"},
		"hash of a batch":          {bytesOf(func(c *chains) []byte { return c.links[1].Hash[:] }), "batch 2 of MIA-1"},
		"previous of a batch":      {bytesOf(func(c *chains) []byte { return c.links[1].Previous[:] }), "batch 2 of MIA-1"},
		"hash of a stub":           {bytesOf(func(c *chains) []byte { return c.links[2].Hash[:] }), "batch 4 of MIA-1"},
		"previous of a stub":       {bytesOf(func(c *chains) []byte { return c.links[2].Previous[:] }), "batch 3 of MIA-1"},
		"hash of the last":         {bytesOf(func(c *chains) []byte { return c.heads[0].Hash[:] }), "ends with batch 6"},
		"body of an entry":         {bytesOf(func(c *chains) []byte { return c.entries[2].Body }), "entry 3"},
		"signature of an entry":    {bytesOf(func(c *chains) []byte { return c.entries[2].Signature }), "entry 3"},
		"hash of an entry":         {bytesOf(func(c *chains) []byte { return c.entries[2].Hash[:] }), "entry 3"},
		"time of an entry":         {func(c *chains, bit int) { c.entries[2].At ^= 1 << (bit % 63) }, "entry 3"},
		"certificate of an agent":  {bytesOf(func(c *chains) []byte { return c.entries[1].Body }), "entry 2"},
		"a batch that is gone":     {func(c *chains, _ int) { c.links = slices.Delete(c.links, 1, 2); c.links[4].Position = 5 }, "batches between 1 and it are gone"},
		"the last one is gone":     {func(c *chains, _ int) { c.links = c.links[:5] }, "ends with batch 5"},
		"number of a stub":         {func(c *chains, bit int) { c.links[2].Number ^= 1 << (bit % 60); c.links[2].First = c.links[2].Number }, "MIA-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for bit := range 12 {
				e := newChains(t)
				c.change(e, bit*131)
				r := e.check(t)
				if !strings.Contains(strings.Join(r.Faults, "\n"), c.want) {
					t.Errorf("bit %d: got %q, want %q named", bit*131, r.Faults, c.want)
				}
			}
		})
	}
}

func TestCheck_RefusesForeignSignatures(t *testing.T) {
	t.Parallel()
	c := newChains(t)
	c.links = nil
	c.batches(t, newKey(t))
	if r := c.check(t); len(r.Faults) != 4 || !strings.Contains(fmt.Sprint(r.Faults), "not of any certificate") {
		t.Errorf("got %q, want the four signed batches", r.Faults)
	}
	other := newChains(t)
	c = newChains(t)
	c.keys = other.keys
	if r := c.check(t); len(r.Faults) == 0 || !strings.Contains(r.Faults[len(r.Faults)-1], "journal: entry 1") {
		t.Errorf("got %q, want the journal's first entry", r.Faults)
	}
}
