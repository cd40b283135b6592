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
func (f *folder) refold(ctx context.Context, a *agentState, o *opened, events []*event) error {
	base, kept, err := f.rewind(a, events)
	if err != nil {
		return err
	}
	folded := a.folded()
	pass, err := f.since(ctx, a, &base, a.snapshotAfter(kept), o)
	if err != nil {
		return err
	}
	f.dropSnapshots(a, kept)
	if err := f.rows.load(a, oldest(&base, pass)); err != nil {
		return err
	}
	bodies := a.bodies()
	watch := f.takeBack(a, &base, folded, o)
	a.fold = base
	for _, w := range f.watchAll(a, o, pass) {
		watch = append(watch, watched{track: w.track, loose: forever}) // whatever the pass brings is new to it
	}
	if err := f.replay(a, o, pass); err != nil {
		return err
	}
	f.rows.keepChanged(bodies)
	return f.closeLink(a, o, watch)
}

// rewind returns the newest snapshot on which the events fit, and how many snapshots there are up to it; zero for none,
// and a fold of nothing.
func (f *folder) rewind(a *agentState, events []*event) (base fold, kept int, err error) {
	for n := len(a.snapshots); n > 0; n-- {
		base, err := f.snapshot(a, a.snapshots[n-1])
		if err != nil {
			return fold{}, 0, err
		}
		again := make([]*event, len(events))
		for i, e := range events {
			copied := *e
			again[i] = &copied
		}
		order(&base, again)
		if base.fits(again, a.changes) {
			return base, n, nil
		}
	}
	return fold{}, 0, nil
}

// snapshotAfter returns the position after which links must be folded on the last of so many snapshots.
func (a *agentState) snapshotAfter(kept int) ledger.Position {
	if kept == 0 {
		return 0
	}
	return a.snapshots[kept-1].after
}

// dropSnapshots forgets all but the first snapshots.
func (f *folder) dropSnapshots(a *agentState, kept int) {
	for _, mark := range a.snapshots[kept:] {
		f.values[snapshotKey(a.id, mark)] = nil
	}
	a.snapshots = a.snapshots[:kept]
}

// oldest returns the first hour whose rows folding the events on base may change.
func oldest(base *fold, events []*event) portolan.Instant {
	first := availability.Forever
	for _, s := range base.states {
		if s != nil {
			first = min(first, s.since, s.dueHour)
		}
	}
	for _, e := range events {
		first = min(first, e.at)
		if r := e.result; r != nil {
			first = min(first, e.at.Add(r.Due.Sub(r.Start)))
		}
	}
	return first.Hour()
}

// errForgotten says that a link cannot be folded: what happened since its events was forgotten in part.
var errForgotten = errors.New("it tells of a time of which evidence was forgotten")

// since returns the events after a snapshot, in order: from the links after the position, up to and including o. Where one
// of them is forgotten the figures stay as they are, and o is passed by with an unreadableError.
func (f *folder) since(ctx context.Context, a *agentState, base *fold, after ledger.Position, o *opened) ([]*event, error) {
	var events []*event
	seen := base.seen.clone()
	folded := a.folded()
	for more := true; more; {
		links, err := f.source.Read(ctx, ledger.Query{
			After: after, UpTo: o.Position, Chain: ledger.Chain{Agent: a.id}, Limit: pageOfLinks,
		})
		if err != nil {
			return nil, fmt.Errorf("read links again: %w", err)
		}
		more = len(links) == pageOfLinks
		for _, link := range links {
			after = link.Position
			if link.Status == ledger.Forgotten && a.loss == nil { // else it never was part of this fold
				return nil, &unreadableError{o.Position, errForgotten}
			}
			if events, err = f.again(ctx, events, a, &seen, link); err != nil {
				return nil, err
			}
		}
	}
	events = f.appendRetirementsSince(events, a, base, folded)
	order(base, events)
	return events, nil
}

// again appends the events of a link that are not in a set of folded ones.
func (f *folder) again(ctx context.Context, events []*event, a *agentState, seen *streams, link ledger.Link) ([]*event, error) {
	if link.Status != ledger.Accepted {
		return events, nil
	}
	o, err := f.open(ctx, link)
	var unreadable *unreadableError
	if errors.As(err, &unreadable) {
		return events, nil
	}
	if err != nil {
		return nil, err
	}
	known := seen.of(link.Chain.Stream)
	records := o.unknownTo(*known)
	for _, r := range records {
		*known = known.with(r.Seq())
	}
	return o.appendEvents(events, &f.room, a, records), nil
}

// appendRetirementsSince appends the retirements that are not in a snapshot yet.
func (f *folder) appendRetirementsSince(events []*event, a *agentState, base *fold, folded []*track) []*event {
	tracks := folded
	for _, e := range events {
		if e.track != nil && !slices.Contains(tracks, e.track) {
			tracks = append(tracks, e.track)
		}
	}
	for _, c := range a.changes {
		if !base.has(c) {
			events = f.appendRetirements(events, c, tracks)
		}
	}
	return events
}

// takeBack makes the rows say what they said at the snapshot, and returns what the series had since then.
func (f *folder) takeBack(a *agentState, base *fold, folded []*track, o *opened) []watched {
	closed := f.closedBefore(o.ReceivedAt)
	var watch []watched
	for _, t := range folded {
		to := base.state(t)
		if to == nil {
			to = newSeriesState()
		}
		before, now := t.since(to.since), a.state(t)
		for _, segment := range now.tail(closed) {
			before = availability.AppendSegment(before, segment)
		}
		before = availability.Clip(before, portolan.Span{From: to.since, To: closed})
		watch = append(watch, watched{
			track: t, from: to.since, before: before, loose: now.looseFrom(), share: now.shareNow(),
		})
		t.watching = o.Position
		f.rows.takeBack(t, to)
	}
	return watch
}

// replay folds the events of a pass, and takes a snapshot at each hour that they enter.
func (f *folder) replay(a *agentState, o *opened, events []*event) error {
	first := firstPositions(events)
	a.meet(events)
	apply := applier{into: a, rows: &f.rows}
	a.upTo = o.Position
	for i, e := range events {
		if hour := e.at.Hour(); a.lastAt != 0 && hour > a.lastAt.Hour() && hour > a.snapshotHour() {
			a.before = e.at
			if err := f.takeSnapshot(a, snapshotMark{after: first[i] - 1, hour: hour}); err != nil {
				return err
			}
		}
		apply.apply(e)
		a.saw(e.stream, e.seq)
	}
	a.before = 0
	return apply.err
}

// firstPositions returns, for each event, the smallest position among it and those after it.
func firstPositions(events []*event) []ledger.Position {
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
func (f *folder) snapshotBefore(a *agentState, hour portolan.Instant) error {
	if a.lastAt == 0 || hour <= a.lastAt.Hour() || hour <= a.snapshotHour() {
		return nil
	}
	return f.takeSnapshot(a, snapshotMark{after: a.upTo, hour: hour})
}

// Snapshots are kept for each of the last hours, and for one hour a day before that.
const hourlySnapshots = 72

func (f *folder) takeSnapshot(a *agentState, mark snapshotMark) error {
	var w writer
	if err := a.encodeFold(&w); err != nil {
		return err
	}
	f.values[snapshotKey(a.id, mark)] = w.b
	a.snapshots = append(a.snapshots, mark)
	old := len(a.snapshots) - hourlySnapshots - 1
	if old > 0 && a.snapshots[old].hour.Time().Hour() != 0 {
		f.values[snapshotKey(a.id, a.snapshots[old])] = nil
		a.snapshots = slices.Delete(a.snapshots, old, old+1)
	}
	return nil
}

// snapshot reads a stored snapshot.
func (f *folder) snapshot(a *agentState, mark snapshotMark) (fold, error) {
	key := snapshotKey(a.id, mark)
	b, pending := f.values[key]
	if !pending {
		var err error
		if b, err = f.shelf.value(key); err != nil {
			return fold{}, err
		}
	}
	r := reader{b: b}
	return a.decodeFold(&r)
}

func snapshotKey(agent portolan.AgentID, mark snapshotMark) ledger.ValueKey {
	return ledger.ValueKey{
		Agent: agent, Name: "snapshot/" + mark.hour.Time().Format(time.RFC3339) + "/" + strconv.FormatInt(int64(mark.after), 10),
	}
}
