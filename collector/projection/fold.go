package projection

import (
	"context"
	"errors"
	"slices"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// Source is what the projection folds.
type Source interface {
	Read(ctx context.Context, q ledger.Query) ([]ledger.Link, error)
	Plan(ctx context.Context, hash evidence.PlanHash) (*portolan.Plan, error)
}

// folder folds links in the order of their positions. What it makes of them is a function of the links alone: the
// same whether it folds them as they come or all over again.
type folder struct {
	source   Source
	shelf    shelf
	facts    *Facts
	agents   map[portolan.AgentID]*agentState
	rows     rowSet
	plans    map[evidence.PlanHash]*portolan.Plan
	measured sketchSet
	rolls    *rollState
	// changed and touched hold the series and agents that are not stored as they are, values what else is to be
	// stored; nil removes.
	changed  []changedTrack
	touched  []*agentState
	values   map[ledger.ValueKey][]byte
	position ledger.Position // of the last link folded
	news     []News          // of the links folded since the last store; not kept unless telling is set
	telling  bool
	room     arena    // for the events of the link being folded
	events   []*event // likewise
	watch    []watched
}

// changedTrack is a series that is not stored as it is.
type changedTrack struct {
	agent *agentState
	track *track
}

func newFolder(source Source, s shelf, facts *Facts) *folder {
	return &folder{
		source: source, shelf: s, facts: facts,
		agents: map[portolan.AgentID]*agentState{}, rows: rowSet{shelf: s},
		plans: map[evidence.PlanHash]*portolan.Plan{}, measured: newSketchSet(s), values: map[ledger.ValueKey][]byte{},
		rolls: newRollState(nil),
	}
}

// useShelf has the folder look for what is not in memory on another shelf.
func (f *folder) useShelf(s shelf) { f.shelf, f.rows.shelf, f.measured.shelf = s, s, s }

// agent returns an agent's state, from the shelf if it is not in memory.
func (f *folder) agent(id portolan.AgentID) (*agentState, error) {
	if a := f.agents[id]; a != nil {
		return a, nil
	}
	a := newAgentState(id)
	b, err := f.shelf.value(agentKey(id))
	if err != nil {
		return nil, err
	}
	if b != nil {
		states, err := f.shelf.seriesOf(ledger.HourFilter{Agents: []portolan.AgentID{id}})
		if err != nil {
			return nil, err
		}
		if err := a.load(b, states); err != nil {
			return nil, err
		}
	}
	f.agents[id] = a
	return a, nil
}

// change notes that a series is not stored as it is.
func (f *folder) change(a *agentState, t *track) {
	if !t.changed {
		t.changed = true
		f.changed = append(f.changed, changedTrack{a, t})
	}
}

// fold folds one link. One that cannot be read is passed by, with an unreadableError.
func (f *folder) fold(ctx context.Context, link ledger.Link) error {
	a, err := f.agent(link.Chain.Agent)
	if err != nil {
		return err
	}
	if link.Status == ledger.Forgotten {
		a.lose(&link)
	}
	if link.Status == ledger.Accepted {
		o, opening := f.open(ctx, link)
		if err = opening; err == nil {
			err = f.foldOpened(ctx, a, o)
		}
	}
	return f.passed(a, link.Position, err)
}

// foldDecoded folds an accepted link that was decoded already.
func (f *folder) foldDecoded(ctx context.Context, o *opened) error {
	a, err := f.agent(o.Chain.Agent)
	if err != nil {
		return err
	}
	f.intern(o.batch)
	return f.passed(a, o.Position, f.foldOpened(ctx, a, o))
}

// passed notes that an agent's link was folded, or passed by with an unreadableError. It returns the error.
func (f *folder) passed(a *agentState, position ledger.Position, err error) error {
	var unreadable *unreadableError
	if err != nil && !errors.As(err, &unreadable) {
		return err
	}
	a.upTo, f.position = position, position
	if !a.touched {
		a.touched = true
		f.touched = append(f.touched, a)
	}
	return err
}

// ErrNotAtHand says that the bytes of a batch lie in a file of the archive that is not there, or is damaged.
var ErrNotAtHand = errors.New("its bytes are in no file of the archive that can be read")

func (f *folder) foldOpened(ctx context.Context, a *agentState, o *opened) error {
	if a.loss != nil {
		a.loss.received = o.ReceivedAt
	}
	f.planned(a, o)
	records := o.unknownTo(*a.seen.of(o.Chain.Stream))
	f.hear(a, o, records)
	f.room.reset()
	f.events = f.eventsOf(f.events[:0], a, o, records)
	events := f.events
	var err error
	if a.fits(events, a.changes) {
		err = f.inOrder(a, o, events)
		for _, r := range records {
			a.saw(o.Chain.Stream, r.Seq())
		}
	} else {
		err = f.refold(ctx, a, o, events)
	}
	if err != nil {
		return err
	}
	if err := f.measure(a, events); err != nil {
		return err
	}
	f.live(a, o, events)
	f.tell(o, records)
	return nil
}

func (f *folder) tell(o *opened, records []evidence.Record) {
	if !f.telling {
		return
	}
	news := News{Link: o.Link, Batch: o.batch}
	news.Link.Bytes = nil
	for _, r := range records {
		if r.Result != nil {
			news.Results = append(news.Results, r.Result)
		}
	}
	f.news = append(f.news, news)
}

// planned notes that a live batch follows another plan than the ones before.
func (f *folder) planned(a *agentState, o *opened) {
	if o.Lane != portolan.Live || o.batch.Plan.IsZero() || o.batch.Plan == a.plan {
		return
	}
	at := o.eventTime(o.batch.SentAt)
	a.plan = o.batch.Plan
	a.changes = append(a.changes, planChange{position: o.Position, at: at, plan: a.plan})
}

// eventsOf appends what a link adds to a fold, in order: its records, and retirements if it brought another plan.
func (f *folder) eventsOf(events []*event, a *agentState, o *opened, records []evidence.Record) []*event {
	events = o.appendEvents(events, &f.room, a, records)
	if n := len(a.changes); n > 0 && a.changes[n-1].position == o.Position {
		events = f.appendRetirements(events, a.changes[n-1], a.folded())
	}
	orderLink(&a.fold, events)
	return events
}

// planAt returns when a plan came into force, zero if it did with the agent's first batch or is not known.
func (a *agentState) planAt(plan evidence.PlanHash) portolan.Instant {
	for _, c := range slices.Backward(a.changes) {
		if c.plan == plan {
			return c.at
		}
	}
	return 0
}

// assignment returns the plan of a link's batch as its agent runs it.
func (a *agentState) assignment(o *opened) *assignment {
	s := a.assignments[o.batch.Plan]
	if s == nil {
		s = a.assign(o.batch.PlanBody)
		if len(a.assignments) == mostAssignments {
			clear(a.assignments)
		}
		a.assignments[o.batch.Plan] = s
	}
	return s
}

// mostAssignments bounds the plans of an agent that are kept at hand.
const mostAssignments = 8

// appendRetirements appends an event for each of the series that a new plan no longer holds.
func (f *folder) appendRetirements(events []*event, c planChange, tracks []*track) []*event {
	held := map[*track]bool{}
	if plan := f.plans[c.plan]; plan != nil && len(tracks) > 0 {
		for _, t := range tracks {
			held[t] = slices.ContainsFunc(plan.Series, func(s portolan.PlannedSeries) bool {
				return s.System == t.name.System && s.Transaction == t.name.Transaction
			})
		}
	}
	for _, t := range tracks {
		if held[t] {
			continue
		}
		e := f.room.new()
		e.position, e.track, e.excused = c.position, t, portolan.Span{From: c.at, To: availability.Forever}
		e.setStop(availability.Retire(c.at))
		events = append(events, e)
	}
	return events
}

// inOrder folds events that come after everything folded so far: O(1) for each.
func (f *folder) inOrder(a *agentState, o *opened, events []*event) error {
	if len(events) > 0 {
		if err := f.snapshotBefore(a, newest(events).Hour()); err != nil {
			return err
		}
	}
	watch := f.watchAll(a, o, events)
	a.meet(events)
	apply := applier{into: a, rows: &f.rows}
	for _, e := range events {
		apply.apply(e)
	}
	if apply.err != nil {
		return apply.err
	}
	return f.closeLink(a, o, watch)
}

func newest(events []*event) (at portolan.Instant) {
	for _, e := range events {
		at = max(at, e.at)
	}
	return at
}
