package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"iter"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
)

// Stub stands for batches whose bytes were removed: the body of a journal entry, which is signed and chained. It names what
// went by hashes, and what had been derived from it.
type Stub struct {
	// Before says which batches went: those that were received, and tell of nothing, at this time or later, and lie between the positions.
	Before  time.Time       `json:"received_before"`
	First   ledger.Position `json:"first_position"`
	Last    ledger.Position `json:"last_position"`
	Batches uint64          `json:"batches"`
	// Digest is the SHA-256 of their lines in the order of positions, Chains what went of each chain.
	Digest  string           `json:"digest"`
	Chains  []StubChain      `json:"chains"`
	Journal JournalRange     `json:"journal"`
	Held    *projection.Held `json:"held"`

	begin portolan.Instant
}

// Begin returns the earliest instant that any of the batches tells of; only of a stub that NextStub made.
func (s *Stub) Begin() portolan.Instant { return s.begin }

// StubChain is what went of one chain: from its first to its last batch, with the hashes before the one and of the other.
type StubChain struct {
	Agent    portolan.AgentID `json:"agent"`
	Stream   string           `json:"stream"`
	First    uint64           `json:"first"`
	Last     uint64           `json:"last"`
	Batches  uint64           `json:"batches"`
	Previous string           `json:"previous"`
	Hash     string           `json:"hash"`
}

// JournalRange says which entries were in the journal when the stub was made, from the first to the last: all of them stay.
type JournalRange struct {
	Last uint64 `json:"last"`
	Hash string `json:"hash"`
}

// Covers reports whether a batch is among those that the stub stands for, be it removed already or not.
func (s *Stub) Covers(l *ledger.Link) bool {
	before := portolan.InstantOf(s.Before)
	return (l.Status == ledger.Accepted || l.Status == ledger.Forgotten) && s.First <= l.Position && l.Position <= s.Last &&
		l.ReceivedAt < before && l.Content.Span.To < before
}

// ReadStub reads the stub that a journal entry holds.
func ReadStub(e *evidence.Entry) (*Stub, error) {
	s := &Stub{}
	if err := json.Unmarshal(e.Body, s); err != nil {
		return nil, fmt.Errorf("read stub in journal entry %d: %w", e.Number, err)
	}
	if s.Held == nil {
		return nil, fmt.Errorf("read stub in journal entry %d: it stands for no figures", e.Number)
	}
	return s, nil
}

// NewestStub returns the newest stub of a journal, nil if there is none.
func NewestStub(ctx context.Context, j ledger.Journal) (*Stub, error) {
	e, err := j.LastJournal(ctx, evidence.EntryRemoved, "")
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the newest stub: %w", err)
	}
	return ReadStub(&e)
}

// RemovedBefore returns until when evidence was received that was removed and may tell of an instant or of later ones; zero if there
// is none.
func RemovedBefore(ctx context.Context, j ledger.Journal, from portolan.Instant) (time.Time, error) {
	newest, err := NewestStub(ctx, j)
	if err != nil || newest == nil || portolan.InstantOf(newest.Before) <= from {
		return time.Time{}, err
	}
	return newest.Before, nil
}

// reader reads links in the order of their positions, as ledger.Batches says.
type reader interface {
	Read(ctx context.Context, q ledger.Query) ([]ledger.Link, error)
}

// NextStub returns the stub that is to stand for the oldest batches that no stub does, of one UTC month at most, and of
// those only what was received before an instant; nil if there are none. It removes nothing and signs nothing. newest is the
// newest stub there is.
func NextStub(ctx context.Context, l reader, newest *Stub, before portolan.Instant) (*Stub, error) {
	s := &Stub{Before: before.Time()}
	sum := newSum()
	after := ledger.Position(0)
	if newest != nil {
		after = newest.First - 1
	}
	for link, err := range lines(ctx, l, after, 0) {
		switch {
		case err != nil:
			return nil, err
		case newest != nil && newest.Covers(&link):
			continue
		case link.ReceivedAt >= portolan.InstantOf(s.Before):
			return s.finished(sum), nil
		}
		if s.First == 0 {
			s.First, s.Before = link.Position, min(monthAfter(link.ReceivedAt), before).Time()
		}
		s.Last = max(s.Last, link.Position)
		if s.Covers(&link) {
			sum.add(&link)
		} else if sum.count == 0 {
			s.First, s.Before = 0, before.Time()
		}
	}
	return s.finished(sum), nil
}

func monthAfter(at portolan.Instant) portolan.Instant {
	t := at.Time()
	return portolan.InstantOf(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC))
}

func (s *Stub) finished(sum *sum) *Stub {
	if sum.count == 0 {
		return nil
	}
	s.Last, s.Batches, s.Digest, s.Chains, s.begin = sum.last, sum.count, sum.digest(), sum.ends(), sum.begin
	return s
}

// sum adds up what a stub says of batches.
type sum struct {
	hash   hash.Hash
	count  uint64
	last   ledger.Position
	begin  portolan.Instant
	chains map[ledger.Chain]*StubChain
}

func newSum() *sum { return &sum{hash: sha256.New(), chains: map[ledger.Chain]*StubChain{}} }

// add takes in the next batch in the order of positions.
func (s *sum) add(l *ledger.Link) {
	fmt.Fprintf(s.hash, "%d %s %s %d %s %s %d %d %d\n", l.Position, l.Chain.Agent, l.Chain.Stream, l.Number, l.Previous, l.Hash,
		l.ReceivedAt, l.Content.Span.From, l.Content.Span.To)
	s.count, s.last = s.count+1, l.Position
	if span := l.Content.Span; !span.Empty() && (s.begin == 0 || span.From < s.begin) {
		s.begin = span.From
	}
	c := s.chains[l.Chain]
	if c == nil {
		c = &StubChain{Agent: l.Chain.Agent, Stream: l.Chain.Stream.String(), First: l.Number, Previous: l.Previous.String()}
		s.chains[l.Chain] = c
	}
	if l.Number < c.First {
		c.First, c.Previous = l.Number, l.Previous.String()
	}
	if l.Number >= c.Last {
		c.Last, c.Hash = l.Number, l.Hash.String()
	}
	c.Batches++
}

func (s *sum) digest() string { return hex.EncodeToString(s.hash.Sum(nil)) }

func (s *sum) ends() []StubChain {
	all := make([]StubChain, 0, len(s.chains))
	for _, c := range s.chains {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b StubChain) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Stream, b.Stream))
	})
	return all
}

// lines yields the links after a position, and up to another unless that is zero, without their bytes.
func lines(ctx context.Context, l reader, after, upTo ledger.Position) iter.Seq2[ledger.Link, error] {
	return func(yield func(ledger.Link, error) bool) {
		for {
			links, err := l.Read(ctx, ledger.Query{After: after, UpTo: upTo, Limit: linesRead, WithoutBytes: true})
			if err != nil {
				yield(ledger.Link{}, fmt.Errorf("read batches after position %d: %w", after, err))
				return
			}
			for i := range links {
				if after = links[i].Position; !yield(links[i], nil) {
					return
				}
			}
			if len(links) < linesRead {
				return
			}
		}
	}
}

// linesRead is how many links without bytes are read, or removed, at once.
const linesRead = 1000

// Remove drops the bytes of every batch that a stub stands for and that still has them, and returns how many those were.
// The stub must be in the journal before.
func (s *Stub) Remove(ctx context.Context, l ledger.Batches) (count int, err error) {
	var page []ledger.Link
	for link, err := range lines(ctx, l, s.First-1, s.Last) {
		if err != nil {
			return count, err
		}
		if link.Status == ledger.Accepted && s.Covers(&link) {
			page = append(page, link)
		}
		if len(page) == linesRead {
			if err := l.Forget(ctx, page); err != nil {
				return count, err
			}
			count, page = count+len(page), page[:0]
		}
	}
	return count + len(page), l.Forget(ctx, page)
}
