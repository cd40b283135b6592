package projection

import (
	"context"
	"errors"
	"fmt"

	"portolan/collector/ledger"
	"portolan/evidence"
)

// Chains is both chains of evidence: batches and journal.
type Chains interface {
	Source
	ReadJournal(ctx context.Context, after uint64, limit int) ([]evidence.Entry, error)
}

// Recomputed is what evidence alone says, up to a cut. Nothing that was derived before is in it.
type Recomputed struct{ known *known }

// Recompute folds evidence up to a cut; it fails with ErrAhead if the journal ends before it.
func Recompute(ctx context.Context, chains Chains, cut Cut) (*Recomputed, error) {
	facts := &Facts{}
	if cut.Journal > 0 {
		var err error
		if facts, err = readFacts(ctx, chains, facts, cut.Journal); err != nil {
			return nil, err
		}
	}
	if facts.Number < cut.Journal {
		return nil, fmt.Errorf("%w: %s", ErrAhead, cut)
	}
	f := newFolder(chains, bare{}, facts)
	k := &known{shelf: foldedShelf{f}, facts: facts, cut: cut, at: facts.At}
	for more := cut.Position > 0; more; {
		links, err := chains.Read(ctx, ledger.Query{After: f.position, UpTo: cut.Position, Limit: pageOfLinks})
		if err != nil {
			return nil, err
		}
		more = len(links) == pageOfLinks
		for _, link := range links {
			var unreadable *unreadableError
			if err := f.fold(ctx, link); err != nil && !errors.As(err, &unreadable) {
				return nil, err
			}
			k.at = max(k.at, link.ReceivedAt)
		}
	}
	return &Recomputed{k}, nil
}

// Figures answers a query from what was recomputed; its AsOf and Now do not matter.
func (r *Recomputed) Figures(q Query) (Answer, error) {
	q.clamp(r.known.at)
	rows, err := r.known.figures(&q)
	if err != nil {
		return Answer{}, fmt.Errorf("compute figures: %w", err)
	}
	return Answer{Window: q.Window, Cut: r.known.cut, Rows: rows}, nil
}

// StoredCut returns up to which cut a ledger's projection is stored.
func StoredCut(v ledger.View) (Cut, error) {
	at, err := readStoredAt(v)
	if err != nil {
		return Cut{}, fmt.Errorf("read how far figures are stored: %w", err)
	}
	return Cut{Position: at.position, Journal: at.journal}, nil
}

// Published answers a query as the collector whose ledger was recomputed answers it: from what is stored, at the same cut.
func (r *Recomputed) Published(v ledger.View, q Query) (Answer, error) {
	k := &known{shelf: viewShelf{v}, facts: r.known.facts, cut: r.known.cut, at: r.known.at}
	var err error
	if k.rolls, err = k.rollState(); err != nil {
		return Answer{}, err
	}
	return (&Recomputed{k}).Figures(q)
}
