package projection

import (
	"fmt"

	"portolan"
	"portolan/collector/ledger"
)

// encodeFold stores what a refold can begin from.
func (a *agentState) encodeFold(w *writer) error {
	tracks := a.folded()
	w.uint(uint64(len(tracks)))
	for _, t := range tracks {
		w.text(string(t.name.System))
		w.text(string(t.name.Transaction))
		if err := a.state(t).encode(w); err != nil {
			return err
		}
	}
	a.encodeRest(w)
	return nil
}

// encodeRest stores everything of a fold but the series.
func (f *fold) encodeRest(w *writer) {
	w.uint(uint64(len(f.seen)))
	for _, s := range f.seen {
		w.stream(s.stream)
		w.uint(uint64(len(s.seqs)))
		for _, r := range s.seqs {
			w.uint(uint64(r.first))
			w.uint(uint64(r.last - r.first))
		}
	}
	w.at(f.lastAt)
	w.at(f.gapEnd)
	w.uint(uint64(f.upTo))
	w.at(f.before)
}

// decodeFold reads what encodeFold stored.
func (a *agentState) decodeFold(r *reader) (fold, error) {
	var f fold
	for range r.count() {
		t := a.track(portolan.SystemID(r.text()), portolan.TransactionID(r.text()))
		s, err := decodeSeries(r, t.name)
		if err != nil {
			return f, err
		}
		f.of(t)
		f.states[t.number] = s
	}
	f.decodeRest(r)
	return f, r.err
}

func (f *fold) decodeRest(r *reader) {
	for range r.count() {
		s := streamSeen{stream: r.stream()}
		for range r.count() {
			first := portolan.Seq(r.uint())
			s.seqs = append(s.seqs, seqRange{first, first + portolan.Seq(r.uint())})
		}
		f.seen = append(f.seen, s)
	}
	f.lastAt, f.gapEnd = r.at(), r.at()
	f.upTo, f.before = ledger.Position(r.uint()), r.at()
}

// encode stores what is not in the series' own states.
func (a *agentState) encode() []byte {
	var w writer
	a.encodeRest(&w)
	w.uint(uint64(len(a.snapshots)))
	for _, s := range a.snapshots {
		w.uint(uint64(s.after))
		w.at(s.hour)
	}
	w.b = append(w.b, a.plan[:]...)
	w.uint(uint64(len(a.changes)))
	for _, c := range a.changes {
		w.uint(uint64(c.position))
		w.at(c.at)
		w.b = append(w.b, c.plan[:]...)
	}
	a.heard.encode(&w)
	return w.b
}

func (a *agentState) decode(b []byte) error {
	r := reader{b: b}
	a.decodeRest(&r)
	for range r.count() {
		a.snapshots = append(a.snapshots, snapshotMark{after: ledger.Position(r.uint()), hour: r.at()})
	}
	copy(a.plan[:], r.fixed(len(a.plan)))
	for range r.count() {
		c := planChange{position: ledger.Position(r.uint()), at: r.at()}
		copy(c.plan[:], r.fixed(len(c.plan)))
		a.changes = append(a.changes, c)
	}
	a.heard.decode(&r)
	return r.err
}

// load reads an agent as it was stored: its own state, and those of its series.
func (a *agentState) load(b []byte, states []ledger.SeriesState) error {
	if err := a.decode(b); err != nil {
		return fmt.Errorf("read state of agent %q: %w", a.id, err)
	}
	for _, stored := range states {
		state, live, err := decodeState(stored)
		if err != nil {
			return fmt.Errorf("read state of %s: %w", stored.Series, err)
		}
		t := a.track(stored.Series.System, stored.Series.Transaction)
		a.of(t)
		a.states[t.number], t.live = state, *live
	}
	return nil
}

// stored returns a series' state as the ledger keeps it.
func (a *agentState) stored(t *track) (ledger.SeriesState, error) {
	var w writer
	s := a.of(t)
	if err := s.encode(&w); err != nil {
		return ledger.SeriesState{}, err
	}
	t.live.encode(&w)
	return ledger.SeriesState{Series: t.name, LastStart: s.since, State: w.b}, nil
}

func decodeState(stored ledger.SeriesState) (*seriesState, *liveState, error) {
	r := reader{b: stored.State}
	s, err := decodeSeries(&r, stored.Series)
	if err != nil {
		return nil, nil, err
	}
	l := &liveState{}
	l.decode(&r)
	return s, l, r.err
}

func agentKey(id portolan.AgentID) ledger.ValueKey {
	return ledger.ValueKey{Agent: id, Name: stateName}
}

// stateName is that of the value which holds an agent's state.
const stateName = "state"
