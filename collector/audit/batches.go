package audit

import (
	"crypto"
	"errors"
	"fmt"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// batches checks links in the order of their positions.
type batches struct {
	report *Report
	keys   map[portolan.AgentID][]crypto.PublicKey
	chains map[ledger.Chain]*chain
	away   away
	stubs  stubs
	upTo   ledger.Position
}

// away is a run of links whose bytes should be in the archive and were not to be had from it.
type away struct {
	first, last ledger.Position
	count       int
}

// chain is how far one chain was checked.
type chain struct {
	number uint64
	hash   evidence.Hash
	signed uint64 // the newest number that a signature covers
	// waiting are links that do not follow yet, by their first number: one that was taken in after an upgrade stands
	// behind those that follow it. They are without their bytes.
	waiting map[uint64]ledger.Link
}

// link checks one link.
func (b *batches) link(l *ledger.Link) {
	b.report.Batches++
	c := b.chains[l.Chain]
	if c == nil {
		c = &chain{waiting: map[uint64]ledger.Link{}}
		b.chains[l.Chain] = c
	}
	covered := b.stubs.add(l)
	switch l.Status {
	case ledger.Accepted, ledger.Waiting:
		if len(l.Bytes) == 0 {
			b.isAway(l)
			break
		}
		b.endAway()
		b.bytes(c, l)
	case ledger.Refused, ledger.Missing:
		b.report.Stubs++
	case ledger.Forgotten:
		b.report.Removed++
		if !covered {
			b.fault(l, "was removed, and no signed stub stands for it")
		}
		c.signed = max(c.signed, l.Number)
	default:
		b.fault(l, "is kept as %s", l.Status)
	}
	bare := *l
	bare.Bytes = nil
	if l.First <= c.number || l.Number < l.First {
		b.fault(l, "its number was there before")
		return
	}
	c.waiting[l.First] = bare
	for {
		next, ok := c.waiting[c.number+1]
		if !ok {
			return
		}
		delete(c.waiting, next.First)
		b.follow(c, &next)
	}
}

// isAway notes that a link's bytes could not be had: one fault names all of a file.
func (b *batches) isAway(l *ledger.Link) {
	if b.away.count == 0 {
		b.away.first = l.Position
	}
	b.away.last, b.away.count = l.Position, b.away.count+1
}

func (b *batches) endAway() {
	if b.away.count > 0 {
		b.report.fault("positions %d to %d: the bytes of %d batches are neither in the ledger nor in a file of the archive that can be read",
			b.away.first, b.away.last, b.away.count)
	}
	b.away = away{}
}

// follow checks that a link follows the chain's end, and moves that.
func (b *batches) follow(c *chain, l *ledger.Link) {
	broken := l.Status == ledger.Refused && l.Reason == ledger.ReasonBrokenChain
	if fits := l.Previous == c.hash; fits == broken {
		b.fault(l, "does not follow the batch before it: the hash of one of them was changed")
	}
	c.number, c.hash = l.Number, l.Hash
}

// bytes checks a batch against what the ledger says of it, and its signature.
func (b *batches) bytes(c *chain, l *ledger.Link) {
	e, err := evidence.Open(l.Bytes, evidence.Limits{})
	var later *evidence.VersionError
	switch {
	case errors.As(err, &later) && l.Status == ledger.Waiting:
	case err != nil:
		b.fault(l, "cannot be read: %v", err)
		return
	}
	switch {
	case e.Hash != l.Hash:
		b.fault(l, "its bytes are not those of its hash")
	case e.Agent != l.Chain.Agent || e.Stream != l.Chain.Stream || e.Number != l.Number || e.Previous != l.Previous:
		b.fault(l, "its bytes are those of another batch")
	case !e.Signed:
	case !b.signedBy(e, l.Chain.Agent):
		b.fault(l, "its signature is not of any certificate of the agent")
	default:
		c.signed = max(c.signed, l.Number)
	}
}

func (b *batches) signedBy(e *evidence.Envelope, agent portolan.AgentID) bool {
	for _, key := range b.keys[agent] {
		if e.VerifySignature(key) == nil {
			return true
		}
	}
	return false
}

// end checks what is left, and the chains' ends.
func (b *batches) end(heads []ledger.Head) {
	b.endAway()
	b.stubs.end(b.report, b.upTo)
	for name, c := range b.chains {
		for _, l := range c.waiting {
			b.fault(&l, "the batches between %d and it are gone", c.number)
		}
		if c.number > c.signed {
			b.report.Unsigned = append(b.report.Unsigned, Tail{Chain: name, From: c.signed + 1, Batches: c.number - c.signed})
		}
	}
	for _, h := range heads {
		c := b.chains[h.Chain]
		switch {
		case c == nil:
			b.report.fault("%s: all batches are gone, up to %d", nameOf(h.Chain), h.Number)
		case len(c.waiting) == 0 && (c.number != h.Number || c.hash != h.Hash):
			b.report.fault("%s: ends with batch %d and not with %d as noted, or with another hash", nameOf(h.Chain), c.number, h.Number)
		}
	}
	b.report.Chains = len(b.chains)
	b.report.sorted()
}

func (b *batches) fault(l *ledger.Link, format string, args ...any) {
	b.report.fault("batch %d of %s (position %d): %s", l.Number, nameOf(l.Chain), l.Position, fmt.Sprintf(format, args...))
}
