package projection

import (
	"maps"
	"slices"
	"strings"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// agentState is how far one agent's evidence was folded.
type agentState struct {
	fold
	// snapshots says where a refold can begin, oldest first.
	snapshots []snapshotMark
	// plan is the one in force and changes when each came into force, in the order of positions.
	plan    evidence.PlanHash
	changes []planChange
	live    map[portolan.Series]*liveState
	heard   heard
}

// planChange says that a plan came into force at an agent. Only live batches change it: a backlog batch may well
// refer to an older plan.
type planChange struct {
	position ledger.Position
	at       portolan.Instant
	plan     evidence.PlanHash
}

// snapshotMark names a stored snapshot: the state of a fold from which everything in links after the position, and
// not in the snapshot itself, can be folded.
type snapshotMark struct {
	after ledger.Position
	hour  portolan.Instant // the newest event in it lies before the end of this hour
}

// fold is the part of an agent's state that a refold takes back.
type fold struct {
	series map[portolan.Series]*seriesState
	seen   map[portolan.Stream]seqSet // records folded
	lastAt portolan.Instant           // the newest event
	gapEnd portolan.Instant           // the latest end of a gap, farewell or loss
	// Changes of plan in links up to upTo were folded; in a snapshot that was taken while refolding, where before
	// is not zero, only those before that instant.
	upTo   ledger.Position
	before portolan.Instant
}

func newAgentState() *agentState {
	return &agentState{fold: newFold(), live: map[portolan.Series]*liveState{}}
}

func newFold() fold {
	return fold{series: map[portolan.Series]*seriesState{}, seen: map[portolan.Stream]seqSet{}}
}

func (f *fold) clone() fold {
	c := *f
	c.series = make(map[portolan.Series]*seriesState, len(f.series))
	for name, s := range f.series {
		c.series[name] = s.clone()
	}
	c.seen = make(map[portolan.Stream]seqSet, len(f.seen))
	for stream, seqs := range f.seen {
		c.seen[stream] = slices.Clone(seqs)
	}
	return c
}

// of returns the state of a series, a new one if it has none.
func (f *fold) of(name portolan.Series) *seriesState {
	s := f.series[name]
	if s == nil {
		s = newSeriesState()
		f.series[name] = s
	}
	return s
}

func (f *fold) encode(w *writer) error {
	w.uint(uint64(len(f.series)))
	for _, name := range sortedSeries(f.series) {
		w.text(string(name.System))
		w.text(string(name.Transaction))
		if err := f.series[name].encode(w); err != nil {
			return err
		}
	}
	f.encodeRest(w)
	return nil
}

// encodeRest stores everything but the series.
func (f *fold) encodeRest(w *writer) {
	w.uint(uint64(len(f.seen)))
	for _, stream := range sortedStreams(f.seen) {
		w.stream(stream)
		w.uint(uint64(len(f.seen[stream])))
		for _, r := range f.seen[stream] {
			w.uint(uint64(r.first))
			w.uint(uint64(r.last - r.first))
		}
	}
	w.at(f.lastAt)
	w.at(f.gapEnd)
	w.uint(uint64(f.upTo))
	w.at(f.before)
}

func decodeFold(r *reader, agent portolan.AgentID) (fold, error) {
	f := newFold()
	for range r.count() {
		name := portolan.Series{Agent: agent, System: portolan.SystemID(r.text()), Transaction: portolan.TransactionID(r.text())}
		s, err := decodeSeries(r, name)
		if err != nil {
			return f, err
		}
		f.series[name] = s
	}
	f.decodeRest(r)
	return f, r.err
}

func (f *fold) decodeRest(r *reader) {
	for range r.count() {
		stream := r.stream()
		var seqs seqSet
		for range r.count() {
			first := portolan.Seq(r.uint())
			seqs = append(seqs, seqRange{first, first + portolan.Seq(r.uint())})
		}
		f.seen[stream] = seqs
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

func sortedSeries[V any](m map[portolan.Series]V) []portolan.Series {
	return slices.SortedFunc(maps.Keys(m), compareSeries)
}

func compareSeries(a, b portolan.Series) int { return strings.Compare(a.String(), b.String()) }
