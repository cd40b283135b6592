package projection

import (
	"context"
	"errors"
	"fmt"

	"portolan"
	"portolan/collector/ledger"
)

// Rebuild folds the whole ledger again. Where evidence was removed it makes anew what the remaining evidence gives, in memory, and puts that
// in place of what is stored; what only the removed evidence gave stays, its roll-ups included: stubs hold its hashes.
func (p *Projection) Rebuild(ctx context.Context) error {
	removed, err := evidenceRemoved(ctx, p.ledger)
	if err != nil {
		return err
	}
	if !removed {
		return p.Refold(ctx)
	}
	if _, err := p.CatchUp(ctx); err != nil {
		return err
	}
	p.folding.Lock()
	defer p.folding.Unlock()
	err = p.rebuildHeld(ctx)
	p.drop()
	if err != nil {
		return fmt.Errorf("rebuild beside removed evidence: %w", err)
	}
	return nil
}

// Refold drops all that is stored and folds the ledger again: what only removed evidence gave is lost.
func (p *Projection) Refold(ctx context.Context) error {
	p.folding.Lock()
	err := p.ledger.Update(ctx, func(tx ledger.Tx) error { return tx.Reset() })
	p.drop()
	p.folding.Unlock()
	if err != nil {
		return fmt.Errorf("drop projection: %w", err)
	}
	_, err = p.CatchUp(ctx)
	return err
}

// evidenceRemoved reports whether any batch was removed.
func evidenceRemoved(ctx context.Context, l ledger.Batches) (bool, error) {
	gone, err := l.Read(ctx, ledger.Query{Status: ledger.Forgotten, Limit: 1, WithoutBytes: true})
	if err != nil {
		return false, fmt.Errorf("look for removed evidence: %w", err)
	}
	return len(gone) > 0, nil
}

// rebuildHeld recomputes up to what is stored, and stores that beside what stubs stand for. Roll-ups from the end of what was removed on
// are dropped, to be made again.
func (p *Projection) rebuildHeld(ctx context.Context) error {
	r, err := Recompute(ctx, p.ledger, Cut{Position: p.stored.position, Journal: p.stored.journal})
	if err != nil {
		return err
	}
	var out unstored
	var until portolan.Instant
	err = p.ledger.View(ctx, func(v ledger.View) (err error) {
		r.Adopt(v)
		out, until, err = r.adopted()
		return err
	})
	if err != nil {
		return err
	}
	rolls := p.folder.rolls
	for _, port := range append([]portolan.PortCode{""}, rolls.ports...) {
		rolls.redo(port, portolan.Span{From: until.Hour(), To: forever})
	}
	return p.ledger.Update(ctx, func(tx ledger.Tx) error {
		if err := p.fence(tx); err != nil {
			return err
		}
		return errors.Join(rolls.put(tx), tx.PutHours(out.rows...), tx.PutSeries(out.states...), tx.PutSketches(out.sketches...))
	})
}

// adopted returns all that was recomputed, with what was adopted, and the instant beyond which no removed evidence tells.
func (r *Recomputed) adopted() (out unstored, until portolan.Instant, err error) {
	all := portolan.Span{To: forever}
	if out.rows, err = r.known.hours(ledger.HourFilter{Span: all}); err != nil {
		return out, 0, err
	}
	if out.states, err = r.known.seriesOf(ledger.HourFilter{}); err != nil {
		return out, 0, err
	}
	for _, steps := range []bool{false, true} {
		some, err := r.known.sketches(ledger.SketchFilter{Span: all, Steps: steps})
		if err != nil {
			return out, 0, err
		}
		out.sketches = append(out.sketches, some...)
	}
	return out, foldedShelf{r.folder()}.lostUntil(), nil
}
