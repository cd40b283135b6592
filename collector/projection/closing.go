package projection

import (
	"portolan"
	"portolan/availability"
)

// watched is what a series had from an instant on before a link was folded, as far as it is closed.
type watched struct {
	track  *track
	from   portolan.Instant
	before []availability.Segment
	// loose is seriesState.looseFrom and share is seriesState.shareNow before the link.
	loose portolan.Instant
	share uint32
}

// watchAll watches the series that events touch.
func (f *folder) watchAll(a *agentState, o *opened, events []*event) []watched {
	closed := f.closedBefore(o.ReceivedAt)
	watch := f.watch[:0]
	add := func(t *track) {
		if t.watching != o.Position {
			t.watching = o.Position
			watch = append(watch, a.watch(t, closed))
		}
	}
	for _, e := range events {
		if e.track != nil {
			add(e.track)
			continue
		}
		for _, t := range a.tracks {
			if a.state(t) != nil {
				add(t)
			}
		}
	}
	f.watch = watch
	return watch
}

// watch returns what the series has beyond its rows.
func (f *fold) watch(t *track, closed portolan.Instant) watched {
	w := watched{track: t, loose: forever}
	if s := f.state(t); s != nil {
		w.from, w.loose, w.share = s.since, s.looseFrom(), s.shareNow()
		if s.since < closed {
			w.before = s.tail(closed)
		}
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
func (f *folder) closeLink(a *agentState, o *opened, watch []watched) error {
	closed := f.closedBefore(o.ReceivedAt)
	for _, w := range watch {
		f.change(a, w.track)
		if w.from >= closed {
			continue
		}
		after := w.track.since(w.from)
		for _, segment := range a.of(w.track).tail(closed) {
			after = availability.AppendSegment(after, segment)
		}
		after = availability.Clip(after, portolan.Span{From: w.from, To: closed})
		if err := f.revise(a, w.track, differences(w.before, after), o.ReceivedAt); err != nil {
			return err
		}
	}
	f.touch(a, watch)
	f.rows.closeLink(o.ReceivedAt, f.facts.Settle(o.ReceivedAt))
	return nil
}

// touch notes which roll-ups a link may have changed: those of the rows that it changed, and those of the time of which
// states spoke before or speak now.
func (f *folder) touch(a *agentState, watch []watched) {
	if f.rows.discard {
		return
	}
	port, oldest := a.id.Port(), forever
	for _, r := range f.rows.link {
		oldest = min(oldest, r.hour)
	}
	for i := range watch {
		w := &watch[i]
		s := a.of(w.track)
		if w.loose = min(w.loose, s.looseFrom()); w.share != 0 && w.share != s.shareNow() {
			w.loose = f.rolls.first // shares are of now, for all time
		}
		oldest = min(oldest, w.loose.Hour())
	}
	if oldest >= forever.Hour() {
		return
	}
	f.rolls.meet(port, oldest)
	if !f.rolls.reach(oldest) {
		return
	}
	for _, r := range f.rows.link {
		f.rolls.touch(port, hourSpan(r.hour))
	}
	for _, w := range watch {
		f.rolls.touch(port, portolan.Span{From: w.loose.Hour(), To: forever})
	}
}

// revise notes in a series' rows that spans which were closed were changed by a link received at an instant.
func (f *folder) revise(a *agentState, t *track, spans []portolan.Span, received portolan.Instant) error {
	for _, span := range spans {
		for part := range availability.Hours(span) {
			r, err := f.rows.change(a, t, part.From.Hour())
			if err != nil {
				return err
			}
			r.revise(part, received)
		}
	}
	return nil
}
