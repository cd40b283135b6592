package projection

import (
	"context"
	"errors"
	"fmt"
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
	rows     *rowSet
	plans    map[evidence.PlanHash]*portolan.Plan
	sketches map[ledger.SketchKey]*sketch
	// changed and touched hold the series and agents that are not stored as they are, values what else is to be
	// stored; nil removes.
	changed  map[portolan.Series]bool
	touched  map[portolan.AgentID]bool
	values   map[string][]byte
	position ledger.Position // of the last link folded
	news     []News          // of the links folded since the last store; not kept unless telling is set
	telling  bool
}

func newFolder(source Source, s shelf, facts *Facts) *folder {
	return &folder{
		source: source, shelf: s, facts: facts,
		agents: map[portolan.AgentID]*agentState{}, rows: newRowSet(s),
		plans: map[evidence.PlanHash]*portolan.Plan{}, sketches: map[ledger.SketchKey]*sketch{},
		changed: map[portolan.Series]bool{}, touched: map[portolan.AgentID]bool{}, values: map[string][]byte{},
	}
}

// agent returns an agent's state, from the shelf if it is not in memory.
func (f *folder) agent(id portolan.AgentID) (*agentState, error) {
	if a := f.agents[id]; a != nil {
		return a, nil
	}
	a := newAgentState()
	b, err := f.shelf.value(agentName(id))
	if err != nil {
		return nil, err
	}
	if b != nil {
		if err := f.load(a, id, b); err != nil {
			return nil, fmt.Errorf("read state of agent %q: %w", id, err)
		}
	}
	f.agents[id] = a
	return a, nil
}

func (f *folder) load(a *agentState, id portolan.AgentID, b []byte) error {
	if err := a.decode(b); err != nil {
		return err
	}
	states, err := f.shelf.series(id)
	if err != nil {
		return err
	}
	for _, stored := range states {
		s, l, err := decodeState(stored)
		if err != nil {
			return err
		}
		a.series[stored.Series], a.live[stored.Series] = s, l
	}
	return nil
}

// state returns a series' state as the ledger keeps it.
func (a *agentState) state(name portolan.Series) (ledger.SeriesState, error) {
	var w writer
	s := a.of(name)
	if err := s.encode(&w); err != nil {
		return ledger.SeriesState{}, err
	}
	a.liveOf(name).encode(&w)
	return ledger.SeriesState{Series: name, LastStart: s.since, State: w.b}, nil
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

func agentName(id portolan.AgentID) string { return "agent/" + string(id) }

// fold folds one link. One that cannot be read is passed by, with an unreadableError.
func (f *folder) fold(ctx context.Context, link ledger.Link) error {
	a, err := f.agent(link.Chain.Agent)
	if err != nil {
		return err
	}
	var unreadable *unreadableError
	if link.Status == ledger.Accepted {
		o, err := f.open(ctx, link)
		switch {
		case errors.As(err, &unreadable):
		case err != nil:
			return err
		default:
			if err := f.foldOpened(ctx, a, o); err != nil {
				return err
			}
		}
	}
	a.upTo, f.position = link.Position, link.Position
	f.touched[link.Chain.Agent] = true
	if unreadable != nil {
		return unreadable
	}
	return nil
}

func (f *folder) open(ctx context.Context, link ledger.Link) (*opened, error) {
	envelope, err := evidence.Open(link.Bytes, evidence.Limits{})
	if err != nil {
		return nil, &unreadableError{link.Position, err}
	}
	var missing error
	batch, err := envelope.Decode(func(hash evidence.PlanHash) (*portolan.Plan, bool) {
		plan := f.plans[hash]
		if plan == nil {
			plan, missing = f.source.Plan(ctx, hash)
		}
		return plan, missing == nil
	})
	if missing != nil {
		return nil, fmt.Errorf("find plan of link %d: %w", link.Position, missing)
	}
	if err != nil {
		return nil, &unreadableError{link.Position, err}
	}
	if batch.PlanBody != nil {
		f.plans[batch.Plan] = batch.PlanBody
	}
	return &opened{Link: link, batch: batch}, nil
}

// unreadableError says that a link's bytes are not what ingest takes in.
type unreadableError struct {
	Position ledger.Position
	Err      error
}

func (e *unreadableError) Error() string { return fmt.Sprintf("read link %d: %v", e.Position, e.Err) }
func (e *unreadableError) Unwrap() error { return e.Err }

func (f *folder) foldOpened(ctx context.Context, a *agentState, o *opened) error {
	f.planned(a, o)
	records := o.unknownTo(a.seen[o.Chain.Stream])
	f.hear(a, o, records)
	events := f.events(a, &a.fold, o, records)
	var err error
	if a.fits(events, a.changes) {
		err = f.inOrder(a, o, events)
	} else {
		err = f.refold(ctx, a, o, events)
	}
	if err != nil {
		return err
	}
	if err := f.sum(o, records); err != nil {
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
			news.Results = append(news.Results, *r.Result)
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

// events returns what a link adds to a fold, in order: its records, and retirements if it brought another plan.
func (f *folder) events(a *agentState, into *fold, o *opened, records []evidence.Record) []event {
	events := o.events(records)
	for i := range events {
		events[i].planAt = a.planAt(o.batch.Plan)
	}
	if n := len(a.changes); n > 0 && a.changes[n-1].position == o.Position {
		events = append(events, f.retirements(a.changes[n-1], sortedSeries(into.series))...)
	}
	order(into, events)
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

// retirements returns an event for each of the series that a new plan no longer holds.
func (f *folder) retirements(c planChange, names []portolan.Series) []event {
	held := map[portolan.Series]bool{}
	for _, name := range names {
		held[name] = true
	}
	if plan := f.plans[c.plan]; plan != nil && len(names) > 0 {
		for _, s := range plan.Series {
			delete(held, portolan.Series{Agent: names[0].Agent, System: s.System, Transaction: s.Transaction})
		}
	}
	var events []event
	for _, name := range sortedSeries(held) {
		e := event{position: c.position, series: name, excused: portolan.Span{From: c.at, To: availability.Forever}}
		e.setStop(availability.Retire(c.at))
		events = append(events, e)
	}
	return events
}

// inOrder folds events that come after everything folded so far: O(1) for each.
func (f *folder) inOrder(a *agentState, o *opened, events []event) error {
	if len(events) > 0 {
		if err := f.snapshotBefore(a, o.Chain.Agent, events[len(events)-1].at.Hour()); err != nil {
			return err
		}
	}
	closed := f.closedBefore(o.ReceivedAt)
	watched := map[portolan.Series]watched{}
	for _, name := range affected(&a.fold, events) {
		watched[name] = a.watch(name, closed)
	}
	a.meet(events)
	apply := applier{agent: o.Chain.Agent, into: &a.fold, rows: f.rows}
	for i := range events {
		apply.apply(&events[i])
	}
	if apply.err != nil {
		return apply.err
	}
	return f.closeLink(a, o, watched)
}

// affected returns the series that events touch.
func affected(f *fold, events []event) []portolan.Series {
	names := map[portolan.Series]bool{}
	all := false
	for i := range events {
		if events[i].series == (portolan.Series{}) {
			all = true
			continue
		}
		names[events[i].series] = true
	}
	if all {
		for name := range f.series {
			names[name] = true
		}
	}
	return sortedSeries(names)
}

// watched is what a series had from an instant on before a link was folded, as far as it is closed.
type watched struct {
	from   portolan.Instant
	before []availability.Segment
}

// watch returns what the series has beyond its rows.
func (f *fold) watch(name portolan.Series, closed portolan.Instant) watched {
	s := f.series[name]
	if s == nil {
		return watched{}
	}
	w := watched{from: s.since}
	if s.since < closed {
		w.before = s.tail(closed)
	}
	return w
}

// closedBefore returns the instant before which everything is closed at another: a window that ends there has just
// been closed.
//
// Design 3.12: "A window is provisional until 15 min after its end (configurable, journaled), then closed; each later
// change raises its integer revision."
func (f *folder) closedBefore(at portolan.Instant) portolan.Instant {
	return at.Add(-f.facts.Settle(at))
}

// closeLink notes what the link changed of what was closed. A hold that the link confirms is a change too: it makes
// bounds narrower.
func (f *folder) closeLink(a *agentState, o *opened, watch map[portolan.Series]watched) error {
	closed := f.closedBefore(o.ReceivedAt)
	for _, name := range sortedSeries(watch) {
		f.changed[name] = true
		w := watch[name]
		if w.from >= closed {
			continue
		}
		after := f.rows.since(name, w.from)
		for _, segment := range a.of(name).tail(closed) {
			after = availability.AppendSegment(after, segment)
		}
		after = availability.Clip(after, portolan.Span{From: w.from, To: closed})
		if err := f.revise(name, differences(w.before, after), o.ReceivedAt); err != nil {
			return err
		}
	}
	f.rows.closeLink(o.ReceivedAt, f.facts.Settle(o.ReceivedAt))
	return nil
}

// revise notes in a series' rows that spans which were closed were changed by a link received at an instant.
func (f *folder) revise(name portolan.Series, spans []portolan.Span, received portolan.Instant) error {
	for _, span := range spans {
		for part := range availability.Hours(span) {
			r, err := f.rows.change(rowKey{name, part.From.Hour()})
			if err != nil {
				return err
			}
			r.revise(part, received)
		}
	}
	return nil
}
