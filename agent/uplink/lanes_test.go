package uplink_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/agent/uplink"
	"portolan/evidence"
)

// thinLink delivers n bytes a second, after a delay.
func thinLink(n int) func(int) fault {
	return func(int) fault {
		return fault{deliver: func(size int) time.Duration {
			return 300*time.Millisecond + time.Duration(size)*time.Second/time.Duration(n)
		}}
	}
}

func TestUplink_BacklogDoesNotDelayLiveRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		var up atomic.Bool
		c.fault = func(call int) fault {
			if up.Load() {
				return thinLink(1200)(call) // 9,600 bit/s
			}
			return fault{lost: true}
		}
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		for range 40 {
			a.mustRecord(t, 50)
			pass(time.Minute)
		}
		pass(2 * time.Minute)
		up.Store(true)
		var spooled []time.Time
		for range 20 {
			spooled = append(spooled, time.Now())
			a.mustRecord(t, 1)
			pass(15 * time.Second)
		}
		pass(10 * time.Minute)
		got := c.got()
		if s := a.u.Status(); s.Waiting != 0 {
			t.Fatalf("%d records still wait", s.Waiting)
		}
		arrived := map[portolan.Seq]time.Time{}
		sent := got[0].at
		for i, b := range got {
			for _, r := range c.decoded(t, b).Records {
				arrived[r.Seq()] = b.at
			}
			if took := b.at.Sub(sent); b.e.Lane == portolan.Backlog && i > 10 && took > 2*time.Second {
				t.Errorf("backlog batch %d took %s", b.e.Number, took)
			}
			sent = b.at
		}
		for i, at := range spooled[6:] {
			if age := arrived[portolan.Seq(2001+6+i)].Sub(at); age > 18*time.Second {
				t.Errorf("live record %d arrived %s old", i, age)
			}
		}
	})
}

func TestUplink_SendsLiveRecordsFirstAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		var up atomic.Bool
		c.fault = func(int) fault { return fault{lost: !up.Load()} }
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		for range 60 {
			a.mustRecord(t, 1)
			pass(time.Minute)
		}
		a.mustRecord(t, 1)
		up.Store(true)
		pass(2 * time.Minute)
		got := c.got()
		// The batch in flight comes first, as it was; then what is news; then the rest.
		if got[0].e.Lane != portolan.Live || got[0].lane != portolan.Backlog.String() {
			t.Errorf("first came %s, header %q, want the batch in flight, told to be backlog", got[0].e.Lane, got[0].lane)
		}
		for _, b := range got[1:] {
			if said := b.lane == portolan.Backlog.String(); said != (b.e.Lane == portolan.Backlog) {
				t.Errorf("batch %d, %s, came with header %q", b.e.Number, b.e.Lane, b.lane)
			}
		}
		if live := c.decoded(t, got[1]); live.Lane != portolan.Live || live.Records[len(live.Records)-1].Seq() != 61 || live.Records[0].Seq() < 58 {
			t.Errorf("second came %s from record %d on, want live ones", live.Lane, live.Records[0].Seq())
		}
		if backlog := c.decoded(t, got[2]); backlog.Lane != portolan.Backlog || backlog.Records[0].Seq() > 3 {
			t.Errorf("third came %s from record %d on, want backlog", backlog.Lane, backlog.Records[0].Seq())
		}
		for seq := portolan.Seq(1); seq <= 61; seq++ {
			if c.times(seq) != 1 {
				t.Errorf("record %d was counted %d times", seq, c.times(seq))
			}
		}
	})
}

func TestUplink_CountsAsBacklogOnlyWhatWaitsForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		var up atomic.Bool
		up.Store(true)
		c.fault = func(int) fault { return fault{lost: !up.Load()} }
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		a.runFor(t, 5*time.Minute)
		for _, g := range c.got() {
			if b := c.decoded(t, g); b.Backlog != 0 {
				t.Errorf("batch %d tells of %d records of backlog while all goes well, want none", b.Number, b.Backlog)
			}
		}
		up.Store(false)
		a.runFor(t, 20*time.Minute)
		up.Store(true)
		before := len(c.got())
		a.runFor(t, 3*time.Minute)
		after := c.got()[before:]
		most := uint64(0)
		for _, g := range after {
			most = max(most, c.decoded(t, g).Backlog)
		}
		if last := c.decoded(t, after[len(after)-1]); last.Backlog != 0 || most < 1000 {
			t.Errorf("after 20 minutes away: at most %d, in the end %d records of backlog; want over 1,000, then none", most, last.Backlog)
		}
	})
}

// runFor records one result a second.
func (a *agent) runFor(t *testing.T, d time.Duration) {
	t.Helper()
	for range d / time.Second {
		a.mustRecord(t, 1)
		pass(time.Second)
	}
}

func TestUplink_TakesAnEarlierProcessesRecordsForBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, dir := newCollector(), t.TempDir()
		a := mustStart(t, dir, c, uplink.Options{})
		a.mustRecord(t, 2)
		if err := a.kill(); err != nil {
			t.Fatal(err)
		}
		b := mustStart(t, dir, c, uplink.Options{})
		b.mustRecord(t, 1)
		pass(20 * time.Second)
		for _, g := range c.got() {
			for _, r := range c.decoded(t, g).Records {
				if want := map[bool]portolan.Lane{true: portolan.Live, false: portolan.Backlog}[r.Seq() == 3]; g.e.Lane != want {
					t.Errorf("record %d came as %s, want %s", r.Seq(), g.e.Lane, want)
				}
			}
		}
		if len(c.counted) != 3 {
			t.Errorf("counted %v, want three records", c.counted)
		}
	})
}

func TestUplink_MakesBatchesSmallerThatAProxyDoesNotLetPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		var up atomic.Bool
		c.fault = func(int) fault { return fault{lost: !up.Load(), most: 8 << 10} } // a proxy's bound
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		for range 40 {
			a.mustRecord(t, 100)
			pass(time.Minute)
		}
		up.Store(true)
		pass(10 * time.Minute)
		if s := a.u.Status(); s.Waiting != 0 || s.Refused == 0 {
			t.Errorf("%d records still wait, %d batches were given up", s.Waiting, s.Refused)
		}
	})
}

func TestUplink_SaysFarewellWithAllThatIsLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		a := mustStart(t, t.TempDir(), c, uplink.Options{SignEvery: time.Minute})
		pass(40 * time.Second)
		a.stop()
		<-a.done
		a.mustRecord(t, 2)
		if _, err := a.s.Append(evidence.Record{Farewell: &portolan.Farewell{At: 7}}); err != nil {
			t.Fatal(err)
		}
		c.fault = func(call int) fault { return fault{lost: call%2 == 0} }
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := a.u.Farewell(ctx); err != nil {
			t.Fatal(err)
		}
		last := c.got()[len(c.got())-1]
		if b := c.decoded(t, last); !last.e.Signed || len(b.Records) != 3 || b.Records[2].Farewell == nil {
			t.Errorf("got %d records, signed %v, want two results and the farewell, signed", len(b.Records), last.e.Signed)
		}
	})
}

func TestUplink_EndsItsFarewellInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		c.fault = func(int) fault { return fault{takes: time.Hour} }
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		a.stop()
		<-a.done
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if err := a.u.Farewell(ctx); err == nil {
			t.Error("no error from a farewell that nobody heard")
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %s, want 3s", took)
		}
	})
}

func TestUplink_MeasuresItsClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		c.clock = 90 * time.Second
		c.fault = func(call int) fault {
			// One quick exchange among slow ones, whose way there takes longer than the way back.
			if call == 2 {
				return fault{takes: 10 * time.Millisecond}
			}
			return fault{takes: 800 * time.Millisecond}
		}
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		if got := a.u.Status().Clock; got.Age >= 0 {
			t.Errorf("before any answer: got %+v, want a negative age", got)
		}
		pass(time.Minute)
		got := a.u.Status().Clock
		if wrong := (got.Offset - 90*time.Second).Abs(); wrong > got.Uncertainty || got.Uncertainty > 6*time.Millisecond {
			t.Errorf("got %+v, want 90 s within 6 ms", got)
		}
		last := c.got()[len(c.got())-1]
		if b := c.decoded(t, last); b.Clock.Uncertainty != got.Uncertainty || b.Clock.Age < 0 {
			t.Errorf("the batch says %+v, want as the status: %+v", b.Clock, got)
		}
	})
}

func TestUplink_BacklogWithoutRoomDoesNotDelayLiveRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		var up atomic.Bool
		c.fault = func(int) fault { return fault{lost: !up.Load()} }
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		for range 40 {
			a.mustRecord(t, 50)
			pass(time.Minute)
		}
		pass(2 * time.Minute)
		c.full.Store(true)
		up.Store(true)
		pass(time.Minute) // what waited for the network's return goes before
		spooled := map[portolan.Seq]time.Time{}
		for n := range portolan.Seq(40) {
			spooled[2001+n] = time.Now()
			a.mustRecord(t, 1)
			pass(15 * time.Second)
		}
		pass(time.Minute)
		for _, b := range c.got() {
			for _, r := range c.decoded(t, b).Records {
				if age := b.at.Sub(spooled[r.Seq()]); spooled[r.Seq()] != (time.Time{}) && age > 18*time.Second {
					t.Errorf("live record %d arrived %s old", r.Seq(), age)
				}
				delete(spooled, r.Seq())
			}
		}
		if len(spooled) != 0 {
			t.Errorf("%d live records did not arrive while the collector had no room for backlog", len(spooled))
		}
		if refused := a.u.Status().Refused; refused == 0 || refused > 10 {
			t.Errorf("backlog was given up %d times in eleven minutes, want some, and seldom", refused)
		}
		c.full.Store(false)
		pass(20 * time.Minute)
		if err := c.complete(2040); err != nil {
			t.Error(err)
		}
	})
}

// A batch that an earlier process had in the air, and that the collector has no room for, is given up for live records: what
// was in it is sent again as soon as there is room.
func TestUplink_SendsAgainWhatAnEarlierProcessHadInTheAir(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, dir := newCollector(), t.TempDir()
		var up atomic.Bool
		c.fault = func(int) fault { return fault{lost: !up.Load()} }
		a := mustStart(t, dir, c, uplink.Options{})
		a.mustRecord(t, 240)
		a.u.Notify()
		pass(5 * time.Second) // and so they are in the air
		if err := a.kill(); err != nil {
			t.Fatal(err)
		}
		c.full.Store(true)
		up.Store(true)
		b := mustStart(t, dir, c, uplink.Options{})
		b.mustRecord(t, 1)
		pass(time.Minute)
		if b.u.Status().Refused == 0 {
			t.Error("what was in the air was not given up for live records")
		}
		c.full.Store(false)
		pass(6 * time.Minute)
		if err := c.complete(241); err != nil {
			t.Error(err)
		}
	})
}
