package projection

import (
	"bytes"
	"cmp"
	"slices"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// agentState is how far one agent's evidence was folded.
type agentState struct {
	fold
	id portolan.AgentID
	// tracks are the agent's series, by number in the order in which they were first met; a refold keeps them.
	tracks []*track
	byName map[portolan.Series]*track
	// assignments are the plans that the agent's batches named, as it runs them.
	assignments map[evidence.PlanHash]*assignment
	// loadedFrom is the hour from which on all of the agent's rows that are stored are in memory too.
	loadedFrom portolan.Instant
	touched    bool // not stored as it is

	// snapshots says where a refold can begin, oldest first.
	snapshots []snapshotMark
	// plan is the one in force and changes when each came into force, in the order of positions.
	plan    evidence.PlanHash
	changes []planChange
	heard   heard
	loss    *loss // nil where no evidence was removed, or where nobody folds it again
}

// track is one series of an agent. What was folded of it is in fold.states, which a refold takes back.
type track struct {
	number  int // in agentState.tracks and fold.states
	name    portolan.Series
	rows    []*row // those in memory, by hour
	live    liveState
	changed bool // not stored as it is
	// watching is the position of the link that last watched the track, ordered its run that order came by last.
	watching ledger.Position
	ordered  *event
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
	states []*seriesState   // by the tracks' numbers; nil for a series of which nothing was folded
	seen   streams          // records folded
	lastAt portolan.Instant // the newest event
	gapEnd portolan.Instant // the latest end of a gap, farewell or loss
	// Changes of plan in links up to upTo were folded; in a snapshot that was taken while refolding, where before
	// is not zero, only those before that instant.
	upTo   ledger.Position
	before portolan.Instant
}

// streams is what was folded of each of an agent's streams. They are few.
type streams []streamSeen

type streamSeen struct {
	stream portolan.Stream
	seqs   seqSet
}

// of returns the records folded of a stream.
func (s *streams) of(stream portolan.Stream) *seqSet {
	for i := range *s {
		if (*s)[i].stream == stream {
			return &(*s)[i].seqs
		}
	}
	at, _ := slices.BinarySearchFunc(*s, stream, func(e streamSeen, stream portolan.Stream) int {
		return bytes.Compare(e.stream[:], stream[:])
	})
	*s = slices.Insert(*s, at, streamSeen{stream: stream})
	return &(*s)[at].seqs
}

func (s streams) clone() streams {
	c := slices.Clone(s)
	for i := range c {
		c[i].seqs = slices.Clone(c[i].seqs)
	}
	return c
}

func newAgentState(id portolan.AgentID) *agentState {
	return &agentState{
		id: id, byName: map[portolan.Series]*track{}, assignments: map[evidence.PlanHash]*assignment{},
		loadedFrom: forever,
	}
}

// track returns the agent's series of that name, a new one if it was not met yet.
func (a *agentState) track(system portolan.SystemID, transaction portolan.TransactionID) *track {
	name := portolan.Series{Agent: a.id, System: system, Transaction: transaction}
	t := a.byName[name]
	if t == nil {
		t = &track{number: len(a.tracks), name: name}
		a.tracks = append(a.tracks, t)
		a.byName[name] = t
	}
	return t
}

// folded returns the tracks of which something was folded, by name.
func (a *agentState) folded() []*track {
	tracks := slices.DeleteFunc(slices.Clone(a.tracks), func(t *track) bool { return a.state(t) == nil })
	slices.SortFunc(tracks, compareTracks)
	return tracks
}

// state returns what was folded of a series, nil if nothing was.
func (f *fold) state(t *track) *seriesState {
	if t.number < len(f.states) {
		return f.states[t.number]
	}
	return nil
}

// of returns what was folded of a series, a new state if nothing was.
func (f *fold) of(t *track) *seriesState {
	if s := f.state(t); s != nil {
		return s
	}
	if missing := t.number + 1 - len(f.states); missing > 0 {
		f.states = append(f.states, make([]*seriesState, missing)...)
	}
	f.states[t.number] = newSeriesState()
	return f.states[t.number]
}

func compareTracks(a, b *track) int { return compareSeries(a.name, b.name) }

// compareSeries orders series as the ledger does.
func compareSeries(a, b portolan.Series) int {
	return cmp.Or(compareText(a.Agent, b.Agent), compareText(a.System, b.System), compareText(a.Transaction, b.Transaction))
}
