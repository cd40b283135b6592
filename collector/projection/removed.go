package projection

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// loss is what an agent's fold knows of evidence that was removed: what remains says everything of a series once the link with
// its first result after all of that was received. Until then that link may count as a revision of more than it was.
type loss struct {
	to       portolan.Instant            // nothing that was removed tells of later
	sure     map[*track]portolan.Instant // from when on all is said
	received portolan.Instant            // the link being folded
}

// lose notes that a link was removed.
func (a *agentState) lose(link *ledger.Link) {
	if a.loss == nil {
		a.loss = &loss{sure: map[*track]portolan.Instant{}}
	}
	a.loss.to = max(a.loss.to, link.Content.Span.To)
	maps.DeleteFunc(a.loss.sure, func(_ *track, at portolan.Instant) bool { return at < a.loss.to })
}

// sureFrom notes that a first attempt started.
func (a *agentState) sureFrom(t *track, at portolan.Instant) {
	if a.loss == nil || at < a.loss.to {
		return
	}
	at = max(at, a.loss.received)
	if was, known := a.loss.sure[t]; !known || at < was {
		a.loss.sure[t] = at
	}
}

// adoptedShelf is what evidence alone gives, and where evidence was removed what is stored.
type adoptedShelf struct {
	foldedShelf
	stored viewShelf
	until  portolan.Instant // nothing that was removed tells of later
}

// Adopt has what was recomputed take from a ledger's projection what cannot be made anew since its evidence was removed: the
// hours of a series up to its first result after that, its state if there is none, and latencies. Stubs stand for those.
func (r *Recomputed) Adopt(v ledger.View) {
	folded, ok := r.known.shelf.(foldedShelf)
	if until := folded.lostUntil(); ok && until > 0 {
		r.known.shelf = adoptedShelf{folded, viewShelf{v}, until}
	}
}

// lostUntil returns the instant beyond which no removed evidence tells, zero if none was removed.
func (s foldedShelf) lostUntil() (until portolan.Instant) {
	if s.folder == nil {
		return 0
	}
	for _, a := range s.folder.agents {
		if a.loss != nil {
			until = max(until, a.loss.to)
		}
	}
	return until
}

// Silent returns the agents whose evidence was removed and that were not heard since, by name.
func (r *Recomputed) Silent() []portolan.AgentID {
	var silent []portolan.AgentID
	for id, a := range r.folder().agents {
		if a.loss != nil && len(a.loss.sure) == 0 {
			silent = append(silent, id)
		}
	}
	slices.Sort(silent)
	return silent
}

// HeldUntil returns when the figures begin that rest on no removed evidence, zero if none was removed: the hour after which
// each agent that was heard again had its first result.
func (r *Recomputed) HeldUntil() (until portolan.Instant) {
	for _, a := range r.folder().agents {
		if a.loss == nil {
			continue
		}
		first := portolan.Instant(0)
		for _, at := range a.loss.sure {
			if first == 0 || at < first {
				first = at
			}
		}
		until = max(until, max(a.loss.to, first).Hour().Add(time.Hour))
	}
	return until
}

func (r *Recomputed) folder() *folder {
	switch s := r.known.shelf.(type) {
	case foldedShelf:
		return s.folder
	case adoptedShelf:
		return s.folder
	default:
		return newFolder(nil, bare{}, nil)
	}
}

// sure reports whether the evidence that remains says all of a series' hour.
func (s adoptedShelf) sure(name portolan.Series, hour portolan.Instant) bool {
	a := s.folder.agents[name.Agent]
	if a == nil || a.loss == nil {
		return true
	}
	at, known := a.loss.sure[a.byName[name]]
	return known && hour > at.Hour()
}

func (s adoptedShelf) hours(f ledger.HourFilter) ([]ledger.HourRow, error) {
	rows, err := s.foldedShelf.hours(f)
	if err != nil {
		return nil, err
	}
	stored, err := s.stored.hours(f)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r ledger.HourRow) bool { return !s.sure(r.Series, r.Hour) })
	for _, r := range stored {
		if !s.sure(r.Series, r.Hour) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b ledger.HourRow) int {
		return cmp.Or(compareSeries(a.Series, b.Series), cmp.Compare(a.Hour, b.Hour))
	})
	return rows, nil
}

func (s adoptedShelf) seriesOf(f ledger.HourFilter) ([]ledger.SeriesState, error) {
	states, err := s.foldedShelf.seriesOf(f)
	if err != nil {
		return nil, err
	}
	stored, err := s.stored.seriesOf(f)
	if err != nil {
		return nil, err
	}
	states = slices.DeleteFunc(states, func(state ledger.SeriesState) bool { return !s.sure(state.Series, forever) })
	for _, was := range stored {
		if !s.sure(was.Series, forever) {
			states = append(states, was)
			continue
		}
		if i := slices.IndexFunc(states, func(state ledger.SeriesState) bool { return state.Series == was.Series }); i >= 0 && s.lost(was.Series) {
			states[i].State = s.withOlder(states[i], was)
		}
	}
	slices.SortFunc(states, func(a, b ledger.SeriesState) int { return compareSeries(a.Series, b.Series) })
	return states, nil
}

func (s adoptedShelf) lost(name portolan.Series) bool { return s.folder.agents[name.Agent].loss != nil }

// stoppedAt reports whether an instant is the end of the agent's newest gap, or of a series by a change of plan. Either ended what ran
// before it and not what the remaining evidence tells of only later.
func (a *agentState) stoppedAt(at portolan.Instant) bool {
	return at == a.gapEnd || slices.ContainsFunc(a.changes, func(c planChange) bool { return c.at == at })
}

// withOlder returns a state with what only removed evidence tells of: marks of older streams, when the newest gap ended, and
// since when the state of now holds.
func (s adoptedShelf) withOlder(made, was ledger.SeriesState) []byte {
	ours, _, err := decodeState(made)
	theirs, live, err2 := decodeState(was)
	if err != nil || err2 != nil {
		return made.State
	}
	for _, m := range theirs.marks {
		if ours.mark(m.stream) == (mark{}) {
			ours.setMark(m)
		}
	}
	a := s.folder.agents[made.Series.Agent]
	if end := theirs.timeline.GapEnd(); end <= s.until || ours.timeline.GapEnd() == 0 && a.stoppedAt(end) {
		ours.timeline.KnowGap(end)
	}
	var w writer
	if ours.encode(&w) != nil {
		return made.State
	}
	live.encode(&w)
	return w.b
}

func (s adoptedShelf) sketches(f ledger.SketchFilter) ([]ledger.Sketch, error) {
	made, err := s.foldedShelf.sketches(f)
	if err != nil {
		return nil, err
	}
	made = slices.DeleteFunc(made, func(k ledger.Sketch) bool { return k.Key.Hour <= s.until.Hour() })
	stored, err := s.stored.sketches(f)
	if err != nil {
		return nil, err
	}
	for _, k := range stored {
		if k.Key.Hour <= s.until.Hour() {
			made = append(made, k)
		}
	}
	return made, nil
}
