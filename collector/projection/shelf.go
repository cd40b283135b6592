package projection

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"portolan"
	"portolan/collector/ledger"
)

// shelf is where rows and states are stored; the zero value of what it returns means that there is nothing.
type shelf interface {
	hours(f ledger.HourFilter) ([]ledger.HourRow, error)
	// seriesOf returns the states of the series that f selects, whatever its Span.
	seriesOf(f ledger.HourFilter) ([]ledger.SeriesState, error)
	sketches(f ledger.SketchFilter) ([]ledger.Sketch, error)
	rollups(f ledger.RollupFilter) ([]ledger.Rollup, error)
	// sketch returns the body of one sketch, nil if there is none.
	sketch(key ledger.SketchKey) ([]byte, error)
	value(key ledger.ValueKey) ([]byte, error)
}

// bare is a shelf with nothing on it.
type bare struct{}

func (bare) hours(ledger.HourFilter) ([]ledger.HourRow, error)        { return nil, nil }
func (bare) seriesOf(ledger.HourFilter) ([]ledger.SeriesState, error) { return nil, nil }
func (bare) rollups(ledger.RollupFilter) ([]ledger.Rollup, error)     { return nil, nil }
func (bare) sketches(ledger.SketchFilter) ([]ledger.Sketch, error)    { return nil, nil }
func (bare) sketch(ledger.SketchKey) ([]byte, error)                  { return nil, nil }
func (bare) value(ledger.ValueKey) ([]byte, error)                    { return nil, nil }

// viewShelf is one snapshot of the ledger.
type viewShelf struct{ view ledger.View }

func (s viewShelf) hours(f ledger.HourFilter) ([]ledger.HourRow, error) { return s.view.Hours(f) }
func (s viewShelf) seriesOf(f ledger.HourFilter) ([]ledger.SeriesState, error) {
	return s.view.SeriesOf(f)
}
func (s viewShelf) rollups(f ledger.RollupFilter) ([]ledger.Rollup, error) {
	return s.view.Rollups(f)
}
func (s viewShelf) sketches(f ledger.SketchFilter) ([]ledger.Sketch, error) {
	return s.view.Sketches(f)
}
func (s viewShelf) sketch(key ledger.SketchKey) ([]byte, error) { return s.view.SketchAt(key) }
func (s viewShelf) value(key ledger.ValueKey) ([]byte, error)   { return s.view.Value(key) }

// ledgerShelf takes a snapshot for each question: what a folder asks for, nobody else changes.
type ledgerShelf struct {
	ctx    context.Context
	ledger ledger.Projection
}

func look[T any](s *ledgerShelf, ask func(viewShelf) (T, error)) (found T, err error) {
	err = s.ledger.View(s.ctx, func(v ledger.View) (err error) {
		found, err = ask(viewShelf{v})
		return err
	})
	return found, err
}

func (s *ledgerShelf) hours(f ledger.HourFilter) ([]ledger.HourRow, error) {
	return look(s, func(v viewShelf) ([]ledger.HourRow, error) { return v.hours(f) })
}

func (s *ledgerShelf) seriesOf(f ledger.HourFilter) ([]ledger.SeriesState, error) {
	return look(s, func(v viewShelf) ([]ledger.SeriesState, error) { return v.seriesOf(f) })
}

func (s *ledgerShelf) rollups(f ledger.RollupFilter) ([]ledger.Rollup, error) {
	return look(s, func(v viewShelf) ([]ledger.Rollup, error) { return v.rollups(f) })
}

func (s *ledgerShelf) sketches(f ledger.SketchFilter) ([]ledger.Sketch, error) {
	return look(s, func(v viewShelf) ([]ledger.Sketch, error) { return v.sketches(f) })
}

func (s *ledgerShelf) sketch(key ledger.SketchKey) ([]byte, error) {
	return look(s, func(v viewShelf) ([]byte, error) { return v.sketch(key) })
}

func (s *ledgerShelf) value(key ledger.ValueKey) ([]byte, error) {
	return look(s, func(v viewShelf) ([]byte, error) { return v.value(key) })
}

// foldedShelf is what a folder on a bare shelf made, never stored.
type foldedShelf struct{ folder *folder }

func (s foldedShelf) hours(f ledger.HourFilter) ([]ledger.HourRow, error) {
	return slices.DeleteFunc(s.folder.rows.unstored(), func(r ledger.HourRow) bool {
		return !f.Span.Contains(r.Hour) || !selects(f, r.Series)
	}), nil
}

func (s foldedShelf) seriesOf(f ledger.HourFilter) ([]ledger.SeriesState, error) {
	var states []ledger.SeriesState
	for _, a := range s.folder.agents {
		for _, t := range a.folded() {
			if !selects(f, t.name) {
				continue
			}
			state, err := a.stored(t)
			if err != nil {
				return nil, err
			}
			states = append(states, state)
		}
	}
	slices.SortFunc(states, func(a, b ledger.SeriesState) int { return compareSeries(a.Series, b.Series) })
	return states, nil
}

func (s foldedShelf) rollups(ledger.RollupFilter) ([]ledger.Rollup, error) { return nil, nil }

func (s foldedShelf) sketches(f ledger.SketchFilter) ([]ledger.Sketch, error) {
	var found []ledger.Sketch
	for key, counts := range s.folder.measured.all {
		if f.Span.Contains(key.Hour) && f.Steps == (key.Step != "") &&
			oneOf(f.Ports, key.Port) && oneOf(f.Systems, key.System) {
			found = append(found, ledger.Sketch{Key: key, Body: counts.encode()})
		}
	}
	return found, nil
}

func (s foldedShelf) sketch(ledger.SketchKey) ([]byte, error) { return nil, nil }

func (s foldedShelf) value(ledger.ValueKey) ([]byte, error) { return nil, nil }

// selects reports whether a filter selects a series.
func selects(f ledger.HourFilter, name portolan.Series) bool {
	return oneOf(f.Agents, name.Agent) && oneOf(f.Ports, name.Agent.Port()) &&
		oneOf(f.Systems, name.System) && oneOf(f.Transactions, name.Transaction)
}

// oneOf reports whether v is in the list; everything is in an empty one.
func oneOf[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// unstored is what a folder made and nobody stored yet.
type unstored struct {
	rows     []ledger.HourRow
	states   []ledger.SeriesState
	values   []ledger.Value
	sketches []ledger.Sketch
}

func (f *folder) unstored() (*unstored, error) {
	out := &unstored{rows: f.rows.unstored()}
	for key, body := range f.values {
		out.values = append(out.values, ledger.Value{Key: key, Body: body})
	}
	for _, c := range f.changed {
		state, err := c.agent.stored(c.track)
		if err != nil {
			return nil, err
		}
		out.states = append(out.states, state)
	}
	for _, a := range f.touched {
		out.values = append(out.values, ledger.Value{Key: agentKey(a.id), Body: a.encode()})
	}
	for _, c := range f.measured.dirty {
		out.sketches = append(out.sketches, ledger.Sketch{Key: c.key, Body: c.encode()})
	}
	return out, nil
}

func (out *unstored) put(tx ledger.Tx, position ledger.Position) error {
	at := ledger.Value{Key: positionKey(), Body: binary.AppendUvarint(binary.AppendUvarint(nil, format), uint64(position))}
	return errors.Join(tx.PutHours(out.rows...), tx.PutSeries(out.states...), tx.PutSketches(out.sketches...),
		tx.PutValues(append(out.values, at)...))
}

// stored says that everything was stored.
func (f *folder) stored() {
	f.rows.stored()
	newest := portolan.Instant(0)
	for _, a := range f.touched {
		a.touched = false
		a.forget(a.lastAt.Add(-longAgo).Hour())
		newest = max(newest, a.lastAt)
	}
	for _, c := range f.changed {
		c.track.changed = false
	}
	f.measured.stored(newest.Hour())
	f.changed, f.touched = f.changed[:0], f.touched[:0]
	clear(f.values)
}

// positionKey is that of the value which says in which format, and up to which link, everything was folded.
func positionKey() ledger.ValueKey { return ledger.ValueKey{Name: "position"} }

// format is the number of the form in which rows and states are stored; a change of the form takes the next one.
const format = 4

// errFormat says that what is stored is of another form than this program's.
var errFormat = errors.New("stored in another format")

// readStoredAt returns how far the stored projection goes, or errFormat.
func readStoredAt(v ledger.View) (at storedAt, err error) {
	b, err := v.Value(positionKey())
	if err != nil {
		return at, err
	}
	if at.journal, err = v.JournalCursor(); err != nil {
		return at, err
	}
	if len(b) == 0 {
		if at.journal != 0 {
			return at, errFormat
		}
		return at, nil
	}
	r := reader{b: b}
	stored := r.uint()
	at.position = ledger.Position(r.uint())
	if stored != format || r.err != nil {
		return at, errFormat
	}
	return at, nil
}

// loadPlan brings the plan that an agent follows.
func (f *folder) loadPlan(ctx context.Context, a *agentState) error {
	for _, c := range a.changes {
		if f.plans[c.plan] != nil {
			continue
		}
		plan, err := f.source.Plan(ctx, c.plan)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
		case err != nil:
			return fmt.Errorf("read plan: %w", err)
		default:
			f.plans[c.plan] = plan
		}
	}
	return nil
}
