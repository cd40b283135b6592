package projection

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// standingOf returns how final a window's figures are, as known at an instant.
func standingOf(t *testing.T, p *Projection, window portolan.Span, now portolan.Instant) availability.Standing {
	t.Helper()
	rows := ask(t, p, Query{Window: window, Group: []Dimension{BySystem}, Now: now}).Rows
	if len(rows) != 1 {
		t.Fatalf("%d rows at %s, want one", len(rows), now)
	}
	return rows[0].Standing
}

func minutesOf(from, to int) portolan.Span {
	return portolan.Span{From: day.Add(time.Duration(from) * time.Minute), To: day.Add(time.Duration(to) * time.Minute)}
}

// settleFor journals how long windows stay provisional.
func settleFor(t *testing.T, l ledger.Ledger, settle time.Duration) {
	t.Helper()
	journal(t, l, day.Add(-time.Hour), evidence.EntrySetting, SettleSubject, settle.Seconds())
}

// A window of five minutes that was closed is revised by what comes later in the same hour; one beside it is not.
func TestRevision_AShortWindowIsRevisedWithinTheHour(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary"))
	for at := day; at < day.Add(40*time.Minute); at = at.Add(time.Minute) {
		f.run("primary", at, portolan.Good)
	}
	f.send(portolan.Live, day.Add(10*time.Minute), f.made[:10]...)
	f.send(portolan.Live, day.Add(40*time.Minute), f.made[30:]...)
	p := newProjection(t, l)
	for window, want := range map[portolan.Span]int{minutesOf(2, 7): 0, minutesOf(15, 20): 0, minutesOf(5, 25): 0} {
		if got := standingOf(t, p, window, day.Add(40*time.Minute)); got.Provisional || got.Revision != want {
			t.Errorf("before the backlog: window to %s stands at %+v, want closed and revision %d", window.To, got, want)
		}
	}
	f.send(portolan.Backlog, day.Add(41*time.Minute), f.made[15:20]...)
	f.send(portolan.Backlog, day.Add(42*time.Minute), f.made[22:24]...)
	catchUp(t, p)
	for window, want := range map[portolan.Span]int{
		minutesOf(2, 7): 0, minutesOf(15, 20): 1, minutesOf(23, 24): 1, minutesOf(5, 25): 2, minutesOf(15, 26): 2, minutesOf(15, 27): 1,
	} {
		if got := standingOf(t, p, window, day.Add(43*time.Minute)); got.Provisional || got.Revision != want {
			t.Errorf("after it: window to %s stands at %+v, want closed and revision %d", window.To, got, want)
		}
	}
	if got := standingOf(t, p, minutesOf(15, 30), day.Add(43*time.Minute)); !got.Provisional {
		t.Errorf("a window that ended 13 minutes ago stands at %+v, want provisional", got)
	}
}

// Whatever comes, in whatever order: a closed window's timeline changes if and only if its revision rises, by one for
// a link, and a rebuild gives the same bytes.
func TestRevision_RisesWithEveryChangeOfAClosedWindow(t *testing.T) {
	t.Parallel()
	settles := []time.Duration{time.Second, 15 * time.Minute, 0, 5 * time.Minute}
	for seed := range histories(2) {
		rng := rand.New(rand.NewPCG(seed, 21))
		l := openLedger(t)
		settleFor(t, l, settles[seed%4])
		f := newFake(t, l, "MIA-1", planOf("primary"))
		eventful(f, rng)
		windows := make([]portolan.Span, 7)
		for i := range windows {
			from := rng.IntN(280)
			windows[i] = minutesOf(from, from+1+rng.IntN(40))
		}
		p := newProjection(t, l)
		chunks := slices.Collect(slices.Chunk(f.made, 12))
		rng.Shuffle(len(chunks), func(i, j int) { chunks[i], chunks[j] = chunks[j], chunks[i] })
		received := day
		for _, records := range chunks {
			for _, r := range records {
				received = max(received, r.At())
			}
			received = received.Add(time.Duration(1+rng.IntN(300)) * time.Second)
			before := stands(t, p, f, windows, received-1)
			f.send(portolan.Backlog, received, records...)
			catchUp(t, p)
			after := stands(t, p, f, windows, received)
			for i := range windows {
				changed := !cmp.Equal(before[i].segments, after[i].segments)
				if rose := after[i].Revision - before[i].Revision; !before[i].Provisional && rose != btoi(changed) {
					t.Errorf("seed %d: window %s to %s changed: %v, and its revision rose by %d",
						seed, windows[i].From, windows[i].To, changed, rose)
				}
			}
		}
		stored := dumpOf(t, l)
		if err := p.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dumpOf(t, l), stored); diff != "" {
			t.Errorf("seed %d: rebuild differs (-rebuilt +first):\n%s", seed, diff)
		}
	}
}

// stand is a window's timeline and how final it is.
type stand struct {
	segments []availability.Segment
	availability.Standing
}

func stands(t *testing.T, p *Projection, f *fake, windows []portolan.Span, now portolan.Instant) []stand {
	t.Helper()
	all, primary := make([]stand, len(windows)), []portolan.TransactionID{"primary"}
	for i, window := range windows {
		if window.To > now {
			all[i].Provisional = true
			continue
		}
		all[i].segments = segmentsOf(t, p, f.series("primary"), window)
		all[i].Standing = availability.Standing{Provisional: now < window.To.Add(p.Facts().Settle(now))}
		if rows := ask(t, p, Query{Window: window, Group: []Dimension{ByTransaction}, Transactions: primary, Now: now}).Rows; len(rows) > 0 {
			all[i].Standing = rows[0].Standing
		}
	}
	return all
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Live results in order, sent every 15 s, are news of what is not closed yet.
func TestRevision_LiveTrafficNotesNothing(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	f := newFake(t, l, "MIA-1", planOf("primary", "lookup"))
	rng := rand.New(rand.NewPCG(2, 2))
	for at := day; at < day.Add(3*time.Hour); at = at.Add(time.Minute) {
		f.minutes(rng, "primary", portolan.Span{From: at, To: at.Add(time.Minute)})
		f.minutes(rng, "lookup", portolan.Span{From: at.Add(20 * time.Second), To: at.Add(time.Minute)})
		f.send(portolan.Live, at.Add(35*time.Second), f.made...)
		f.made = nil
	}
	newProjection(t, l)
	for _, row := range dumpOf(t, l).Rows {
		if row.Revision != 0 {
			t.Errorf("hour %s of %s has revision %d, want none", row.Hour, row.Series, row.Revision)
		}
	}
}

// A row keeps a bounded number of changes, and a window's revision never falls for it.
func TestRevision_RowsStayBounded(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	r, window := &row{track: &track{}, hour: day}, minutesOf(10, 20)
	exact := map[portolan.Instant]bool{}
	last := 0
	for i := range 400 {
		received := day.Add(time.Hour + time.Duration(i/2)*time.Second)
		from := rng.IntN(59)
		span := minutesOf(from, from+1)
		r.revise(span, received)
		if !span.Intersect(window).Empty() {
			exact[received] = true
		}
		var a arrivals
		for _, c := range r.revised {
			if !c.span.Intersect(window).Empty() {
				a.add(c)
			}
		}
		got := a.standing(window.To, 15*time.Minute, received).Revision
		if got < last || got < len(exact) {
			t.Fatalf("after %d changes: revision %d, want at least %d and no less than before, %d", i+1, got, len(exact), last)
		}
		last = got
	}
	if len(r.revised) > maxLateChanges {
		t.Errorf("row keeps %d changes, want at most %d", len(r.revised), maxLateChanges)
	}
	again, err := readRow(r.stored())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(again.revised, r.revised, cmp.AllowUnexported(lateChange{})); diff != "" {
		t.Errorf("stored and read again (-got +want):\n%s", diff)
	}
}
