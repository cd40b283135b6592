package projection

import (
	"context"
	"errors"
	"fmt"

	"portolan"
	"portolan/collector/ledger"
)

// store writes what is not stored yet, with the cursors, all or nothing.
func (p *Projection) store(ctx context.Context) error {
	if len(p.moved) == 0 && p.facts.Number == p.stored.journal && !p.folder.rolls.changed {
		return nil
	}
	if p.following {
		p.settle(storedAt{position: p.folder.position, journal: p.facts.Number})
		return nil
	}
	p.folder.touchMeasured()
	out, err := p.folder.unstored()
	if err != nil {
		return err
	}
	at := storedAt{position: p.folder.position, journal: p.facts.Number}
	err = p.ledger.Update(ctx, func(tx ledger.Tx) error {
		if err := p.fence(tx); err != nil {
			return err
		}
		for chain, m := range p.moved {
			if err := tx.MoveCursor(chain, m.from, m.to); err != nil {
				return err
			}
		}
		if at.journal != p.stored.journal {
			if err := tx.MoveJournalCursor(p.stored.journal, at.journal); err != nil {
				return err
			}
		}
		return errors.Join(p.folder.rolls.put(tx), out.put(tx, at.position))
	})
	if err != nil {
		return fmt.Errorf("store projection: %w", err)
	}
	p.settle(at)
	return nil
}

// fence has a transaction fail if another collector leads by now.
func (p *Projection) fence(tx ledger.Tx) error {
	if p.epoch == 0 {
		return nil
	}
	return tx.Fence(p.epoch)
}

// settle notes that everything up to at is stored.
func (p *Projection) settle(at storedAt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for chain, m := range p.moved {
		p.cursors[chain] = m.to
	}
	clear(p.moved)
	p.unstored, p.stored = 0, at
	p.folder.stored()
	p.folder.rolls.stored()
}

// load reads what was stored, all of one moment.
func (p *Projection) load(ctx context.Context) error {
	err := p.loadStored(ctx)
	if !errors.Is(err, errFormat) || p.following {
		return err
	}
	// Of an earlier release: everything is derived, so it is folded again at the next CatchUp, unless that would lose something.
	if removed, err := evidenceRemoved(ctx, p.ledger); err != nil || removed {
		return errors.Join(err, fmt.Errorf("%w, and cannot be folded again without loss: evidence was removed since", errFormat))
	}
	if err := p.ledger.Update(ctx, func(tx ledger.Tx) error { return tx.Reset() }); err != nil {
		return err
	}
	return p.loadStored(ctx)
}

func (p *Projection) loadStored(ctx context.Context) error {
	facts, err := readFacts(ctx, p.ledger, &Facts{}, 0)
	if err != nil {
		return err
	}
	var f *folder
	var at storedAt
	var cursors map[ledger.Chain]ledger.Cursor
	err = p.ledger.View(ctx, func(v ledger.View) (err error) {
		f = newFolder(p.ledger, viewShelf{v}, facts)
		if at, err = readStoredAt(v); err != nil {
			return err
		}
		if cursors, err = v.Cursors(); err != nil {
			return err
		}
		if f.rolls, err = (&known{shelf: viewShelf{v}}).rollState(); err != nil {
			return err
		}
		return f.loadAgents(ctx, v)
	})
	if err != nil {
		return err
	}
	f.rolls.setZones(p.zones)
	f.rolls.touchFacts(facts, at.journal)
	p.shelf = &ledgerShelf{ctx: ctx, ledger: p.ledger}
	f.useShelf(p.shelf)
	f.position, f.telling, f.rows.discard = at.position, p.news != nil, p.following
	p.mu.Lock()
	defer p.mu.Unlock()
	p.folder, p.facts, p.cursors, p.stored, p.failed = f, facts, cursors, at, false
	p.moved, p.unstored = map[ledger.Chain]move{}, 0
	return nil
}

// loadAgents brings all agents, with the plans that they follow.
func (f *folder) loadAgents(ctx context.Context, v ledger.View) error {
	agents, err := v.Values(stateName)
	if err != nil {
		return err
	}
	states, err := v.AllSeries("")
	if err != nil {
		return err
	}
	byAgent := map[portolan.AgentID][]ledger.SeriesState{}
	for _, s := range states {
		byAgent[s.Series.Agent] = append(byAgent[s.Series.Agent], s)
	}
	for _, stored := range agents {
		a := newAgentState(stored.Key.Agent)
		if err := a.load(stored.Body, byAgent[a.id]); err != nil {
			return err
		}
		f.agents[a.id] = a
		if err := f.loadPlan(ctx, a); err != nil {
			return err
		}
	}
	return nil
}
