package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// refold folds events that come before some of those folded already: it takes the agent back to a snapshot that they
// fit on, and folds everything since from the ledger in one pass.
func (f *folder) refold(ctx context.Context, a *agentState, o *opened, events []event) error {
	base, after, err := f.rewind(a, o, events)
	if err != nil {
		return err
	}
	names := sortedSeries(a.series)
	pass, err := f.since(ctx, a, &base, after, o)
	if err != nil {
		return err
	}
	if err := f.rows.load(o.Chain.Agent, portolan.Span{From: oldest(&base, pass), To: availability.Forever}); err != nil {
		return err
	}
	bodies := f.rows.bodies(o.Chain.Agent)
	watch := f.takeBack(a, &base, names, f.closedBefore(o.ReceivedAt))
	for _, name := range affected(&base, pass) {
		if _, known := watch[name]; !known {
			watch[name] = watched{}
		}
	}
	a.fold = base
	if err := f.replay(a, o, pass); err != nil {
		return err
	}
	f.rows.keepChanged(bodies)
	return f.closeLink(a, o, watch)
}

// rewind returns the newest snapshot on which the events fit, and the position after which links must be folded
// again. It forgets the snapshots after it.
func (f *folder) rewind(a *agentState, o *opened, events []event) (fold, ledger.Position, error) {
	for n := len(a.snapshots); n > 0; n-- {
		mark := a.snapshots[n-1]
		base, err := f.snapshot(o.Chain.Agent, mark)
		if err != nil {
			return fold{}, 0, err
		}
		again := slices.Clone(events)
		order(&base, again)
		if base.fits(again, a.changes) {
			return base, mark.after, nil
		}
		f.values[snapshotName(o.Chain.Agent, mark)] = nil
		a.snapshots = a.snapshots[:n-1]
	}
	return newFold(), 0, nil
}

// oldest returns the first hour whose rows folding the events on base may change.
func oldest(base *fold, events []event) portolan.Instant {
	first := availability.Forever
	for _, s := range base.series {
		first = min(first, s.since, s.dueHour)
	}
	for i := range events {
		first = min(first, events[i].at)
		if r := events[i].result; r != nil {
			first = min(first, events[i].at.Add(r.Due.Sub(r.Start)))
		}
	}
	return first.Hour()
}

// since returns the events after a snapshot, in order: from the links after the position, up to and including o.
func (f *folder) since(ctx context.Context, a *agentState, base *fold, after ledger.Position, o *opened) ([]event, error) {
	var events []event
	seen := base.clone().seen
	names := sortedSeries(a.series)
	for more := true; more; {
		links, err := f.source.Read(ctx, ledger.Query{
			After: after, UpTo: o.Position, Chain: ledger.Chain{Agent: o.Chain.Agent}, Limit: pageOfLinks,
		})
		if err != nil {
			return nil, fmt.Errorf("read links again: %w", err)
		}
		more = len(links) == pageOfLinks
		for _, link := range links {
			after = link.Position
			if link.Status != ledger.Accepted {
				continue
			}
			again, err := f.open(ctx, link)
			var unreadable *unreadableError
			if errors.As(err, &unreadable) {
				continue
			}
			if err != nil {
				return nil, err
			}
			records := again.unknownTo(seen[link.Chain.Stream])
			found := again.events(records)
			for i := range found {
				found[i].planAt = a.planAt(again.batch.Plan)
			}
			events = append(events, found...)
			for _, r := range records {
				seen[link.Chain.Stream] = seen[link.Chain.Stream].with(r.Seq())
			}
		}
	}
	events = append(events, f.retirementsSince(a, base, events, names)...)
	order(base, events)
	return events, nil
}

// retirementsSince returns the retirements that are not in a snapshot yet.
func (f *folder) retirementsSince(a *agentState, base *fold, found []event, names []portolan.Series) []event {
	all := map[portolan.Series]bool{}
	for _, name := range names {
		all[name] = true
	}
	for i := range found {
		if found[i].series != (portolan.Series{}) {
			all[found[i].series] = true
		}
	}
	var events []event
	for _, c := range a.changes {
		if !base.has(c) {
			events = append(events, f.retirements(c, sortedSeries(all))...)
		}
	}
	return events
}

// takeBack makes the rows say what they said at the snapshot, and returns what the series had since then.
func (f *folder) takeBack(a *agentState, base *fold, names []portolan.Series, closed portolan.Instant) map[portolan.Series]watched {
	watch := map[portolan.Series]watched{}
	for _, name := range names {
		to := base.series[name]
		if to == nil {
			to = newSeriesState()
		}
		before := f.rows.since(name, to.since)
		for _, segment := range a.series[name].tail(closed) {
			before = availability.AppendSegment(before, segment)
		}
		watch[name] = watched{from: to.since, before: availability.Clip(before, portolan.Span{From: to.since, To: closed})}
		f.rows.takeBack(name, to)
	}
	return watch
}

// replay folds the events of a pass, and takes a snapshot at each hour that they enter.
func (f *folder) replay(a *agentState, o *opened, events []event) error {
	first := firstPositions(events)
	a.meet(events)
	apply := applier{agent: o.Chain.Agent, into: &a.fold, rows: f.rows}
	a.upTo = o.Position
	for i := range events {
		if hour := events[i].at.Hour(); a.lastAt != 0 && hour > a.lastAt.Hour() && hour > a.snapshotHour() {
			a.before = events[i].at
			if err := f.takeSnapshot(a, o.Chain.Agent, snapshotMark{after: first[i] - 1, hour: hour}); err != nil {
				return err
			}
		}
		apply.apply(&events[i])
	}
	a.before = 0
	return apply.err
}

// firstPositions returns, for each event, the smallest position among it and those after it.
func firstPositions(events []event) []ledger.Position {
	first := make([]ledger.Position, len(events))
	for i, e := range slices.Backward(events) {
		first[i] = e.position
		if i+1 < len(events) {
			first[i] = min(first[i], first[i+1])
		}
	}
	return first
}

func (a *agentState) snapshotHour() portolan.Instant {
	if n := len(a.snapshots); n > 0 {
		return a.snapshots[n-1].hour
	}
	return 0
}

// snapshotBefore takes a snapshot before the first link that brings events of a new hour.
func (f *folder) snapshotBefore(a *agentState, agent portolan.AgentID, hour portolan.Instant) error {
	if a.lastAt == 0 || hour <= a.lastAt.Hour() || hour <= a.snapshotHour() {
		return nil
	}
	return f.takeSnapshot(a, agent, snapshotMark{after: a.upTo, hour: hour})
}

// Snapshots are kept for each of the last hours, and for one hour a day before that.
const hourlySnapshots = 72

func (f *folder) takeSnapshot(a *agentState, agent portolan.AgentID, mark snapshotMark) error {
	var w writer
	if err := a.fold.encode(&w); err != nil {
		return err
	}
	f.values[snapshotName(agent, mark)] = w.b
	a.snapshots = append(a.snapshots, mark)
	old := len(a.snapshots) - hourlySnapshots - 1
	if old > 0 && a.snapshots[old].hour.Time().Hour() != 0 {
		f.values[snapshotName(agent, a.snapshots[old])] = nil
		a.snapshots = slices.Delete(a.snapshots, old, old+1)
	}
	return nil
}

// snapshot reads a stored snapshot.
func (f *folder) snapshot(agent portolan.AgentID, mark snapshotMark) (fold, error) {
	name := snapshotName(agent, mark)
	b, pending := f.values[name]
	if !pending {
		var err error
		if b, err = f.shelf.value(name); err != nil {
			return fold{}, err
		}
	}
	r := reader{b: b}
	return decodeFold(&r, agent)
}

func snapshotName(agent portolan.AgentID, mark snapshotMark) string {
	return "snapshot/" + string(agent) + "/" + mark.hour.Time().Format(time.RFC3339) + "/" + strconv.FormatInt(int64(mark.after), 10)
}
