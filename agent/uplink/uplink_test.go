package uplink_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/agent/uplink"
	"portolan/evidence"
)

func TestUplink_SendsEvery15SecondsAndChangesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		for range 12 {
			a.mustRecord(t, 1)
			pass(5 * time.Second)
		}
		got := c.got()
		if len(got) != 4 {
			t.Fatalf("%d batches in a minute, want 4", len(got))
		}
		for i := 1; i < len(got); i++ {
			if gap := got[i].at.Sub(got[i-1].at); gap != 15*time.Second {
				t.Errorf("batch %d came %s after the one before, want 15s", i, gap)
			}
		}
		pass(time.Until(got[3].at.Add(16 * time.Second)))
		before := len(c.got())
		if err := a.record(portolan.Failed); err != nil {
			t.Fatal(err)
		}
		a.u.Notify()
		synctest.Wait()
		if got := c.got(); len(got) != before+1 || got[before].e.Lane != portolan.Live {
			t.Fatalf("a change was not sent at once: %d batches, had %d", len(got), before)
		}
		a.u.OpenRun(evidence.OpenRun{System: "tpac", Transaction: "primary-inspection", Start: 5, Step: "sign-on"})
		synctest.Wait()
		last := c.got()[before+1]
		if open := c.decoded(t, last).Open; len(open) != 1 || open[0].Start != 5 {
			t.Fatalf("got notices %v, want one", open)
		}
	})
}

func TestUplink_SendsTheSameBytesAfterItWasKilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		c.fault = func(call int) fault { return fault{deaf: call < 2} }
		dir := t.TempDir()
		a := mustStart(t, dir, c, uplink.Options{})
		a.mustRecord(t, 3)
		a.u.Notify()
		synctest.Wait()
		if err := a.kill(); err != nil {
			t.Fatal(err)
		}
		b := mustStart(t, dir, c, uplink.Options{})
		b.mustRecord(t, 1)
		pass(time.Minute)
		got := c.got()
		if len(got) < 3 || !bytes.Equal(got[0].bytes, got[1].bytes) || got[0].e.Number != got[1].e.Number {
			t.Fatal("the batch in flight was not sent again as it was")
		}
		if got[1].lane != portolan.Backlog.String() {
			t.Errorf("a batch from an earlier process came as %q, want backlog", got[1].lane)
		}
		for seq := portolan.Seq(1); seq <= 4; seq++ {
			if c.times(seq) != 1 {
				t.Errorf("record %d was counted %d times", seq, c.times(seq))
			}
		}
	})
}

func TestUplink_GoesOnAfterARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		c.fault = func(call int) fault {
			if call == 1 {
				return fault{code: "malformed", status: http.StatusBadRequest}
			}
			return fault{}
		}
		var told []uplink.Stub
		a := mustStart(t, t.TempDir(), c, uplink.Options{Refused: func(s uplink.Stub) { told = append(told, s) }})
		for n := range 3 {
			a.mustRecord(t, 1)
			pass(15 * time.Second)
			if said := a.u.Status().LastError; strings.Contains(said, "malformed") != (n == 1) {
				t.Errorf("after batch %d the last error is %q, want it of batch 2 alone", n+1, said)
			}
		}
		pass(15 * time.Second)
		if c.times(1) != 1 || c.times(2) != 0 || c.times(3) != 1 {
			t.Errorf("counted %v, want records 1 and 3", c.counted)
		}
		s := a.u.Status()
		if s.Refused != 1 || len(told) != 1 || len(s.Stubs) != 1 || s.Stubs[0].Number != 2 || s.Stubs[0].Code != "malformed" {
			t.Errorf("got %+v, want a stub of batch 2", s.Stubs)
		}
		if s.Waiting != 0 {
			t.Errorf("%d records still wait, want none", s.Waiting)
		}
	})
}

func TestUplink_SendsAPlanThatTheCollectorForgot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		a := mustStart(t, t.TempDir(), c, uplink.Options{})
		a.mustRecord(t, 1)
		pass(15 * time.Second)
		a.mustRecord(t, 1)
		pass(15 * time.Second)
		got := c.got()
		if !c.decoded(t, got[0]).CarriesPlan || c.decoded(t, got[1]).CarriesPlan {
			t.Fatal("want the plan in the first batch alone")
		}
		c.mu.Lock()
		clear(c.plans)
		c.mu.Unlock()
		a.mustRecord(t, 1)
		pass(30 * time.Second)
		if c.times(3) != 1 {
			t.Fatalf("record 3 was counted %d times, want once", c.times(3))
		}
		if s := a.u.Status(); s.Refused != 1 || !s.Stubs[0].Resend {
			t.Errorf("got %+v, want one refusal that is sent again", s.Stubs)
		}
	})
}

func TestUplink_WaitsAsLongAsItIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		least  time.Duration
	}{
		"seconds": {http.Header{"Retry-After": {"90"}}, 90 * time.Second},
		"date":    {http.Header{"Retry-After": {"Mon, 02 Jan 2017 22:02:00 GMT"}, "Date": {"Mon, 02 Jan 2017 22:00:00 GMT"}}, 2 * time.Minute},
		"none":    {nil, 0},
		"junk":    {http.Header{"Retry-After": {"soon"}}, 0},
		"minus":   {http.Header{"Retry-After": {"-5"}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := newCollector()
				var failed atomic.Int64
				fake.fault = func(call int) fault {
					if call == 0 {
						failed.Store(time.Now().UnixNano())
						return fault{status: http.StatusServiceUnavailable, header: c.header}
					}
					return fault{}
				}
				a := mustStart(t, t.TempDir(), fake, uplink.Options{})
				a.mustRecord(t, 1)
				pass(4 * time.Minute)
				waited := fake.got()[0].at.Sub(time.Unix(0, failed.Load()))
				if waited < c.least || waited > c.least+2*time.Second {
					t.Errorf("came back after %s, want %s and a little", waited, c.least)
				}
			})
		})
	}
}

func TestUplink_KeepsAndRetriesWhatIsNotFinal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fault
		most  int // attempts in ten minutes
	}{
		"unknown-agent":    {fault{status: http.StatusUnauthorized, text: `{"error":{"code":"unknown_agent"}}`}, 10},
		"revoked":          {fault{status: http.StatusForbidden, text: `{"error":{"code":"revoked"}}`}, 10},
		"overload":         {fault{status: http.StatusTooManyRequests, text: `{}`}, 60},
		"no-network":       {fault{lost: true}, 60},
		"captive-portal":   {fault{status: http.StatusOK, text: "<html>Sign in"}, 60},
		"other-batch":      {fault{status: http.StatusOK, text: `{"number":99,"hash":"00"}`}, 60},
		"other-hash":       {fault{status: http.StatusOK, text: `{"number":1,"hash":"00"}`}, 60},
		"proxy-bad":        {fault{status: http.StatusBadRequest, text: "<html>"}, 60},
		"not-found":        {fault{status: http.StatusNotFound, text: `{"error":{"code":"malformed"}}`}, 60},
		"endless-answer":   {fault{status: http.StatusOK, text: string(bytes.Repeat([]byte(" "), 1<<20))}, 60},
		"collector-broken": {fault{status: http.StatusInternalServerError, text: `{"error":{"code":"error","message":"x"}}`}, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := newCollector()
				var mended atomic.Bool
				fake.fault = func(int) fault {
					if mended.Load() {
						return fault{}
					}
					return c.fault
				}
				a := mustStart(t, t.TempDir(), fake, uplink.Options{})
				a.mustRecord(t, 1)
				pass(10 * time.Minute)
				if fake.attempts() < 2 || fake.attempts() > c.most {
					t.Errorf("%d attempts in ten minutes, want 2 to %d", fake.attempts(), c.most)
				}
				if s := a.u.Status(); s.LastError == "" || s.Refused != 0 || s.Waiting != 1 || s.LastAck != 0 {
					t.Errorf("got %+v, want an error and the record waiting", s)
				}
				mended.Store(true)
				pass(6 * time.Minute)
				if s := a.u.Status(); fake.times(1) != 1 || s.LastError != "" || s.Waiting != 0 {
					t.Errorf("afterwards: counted %d times, %+v", fake.times(1), s)
				}
			})
		})
	}
}

func TestUplink_SignsOverTLSAtLeastEveryMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, key := newCollector(), newKey(t)
		a := mustStart(t, t.TempDir(), c, uplink.Options{SignEvery: time.Minute, Signer: key})
		pass(5 * time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		a.stop()
		<-a.done
		if err := a.u.Farewell(ctx); err != nil {
			t.Fatal(err)
		}
		var signed []time.Time
		got := c.got()
		for _, b := range got {
			if !b.e.Signed {
				continue
			}
			if err := b.e.VerifySignature(&key.PublicKey); err != nil {
				t.Fatal(err)
			}
			if n := len(signed); n > 0 && b.at.Sub(signed[n-1]) > time.Minute {
				t.Errorf("%s between two signatures", b.at.Sub(signed[n-1]))
			}
			signed = append(signed, b.at)
		}
		if len(signed) > 7 || !got[len(got)-1].e.Signed || !got[0].e.Signed {
			t.Errorf("%d of %d batches are signed, want one a minute, the first and the last", len(signed), len(got))
		}
	})
}

// Where TLS ends at a proxy, no client certificate reaches the collector: each batch must then be signed, one that
// was sealed without a signature included.
func TestUplink_SignsEachBatchWhereTheCertificateDoesNotComeThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, key := newCollector(), newKey(t)
		a := mustStart(t, t.TempDir(), c, uplink.Options{SignEvery: time.Minute, Signer: key})
		pass(time.Minute)
		c.mu.Lock()
		before := len(c.arrivals)
		c.demands = true
		c.mu.Unlock()
		pass(2 * time.Minute)
		a.stop()
		<-a.done
		got := c.got()[before:]
		if len(got) < 7 {
			t.Fatalf("%d batches in two minutes, want one every 15 s", len(got))
		}
		for _, b := range got {
			if err := b.e.VerifySignature(&key.PublicKey); err != nil {
				t.Errorf("batch %d: %v", b.e.Number, err)
			}
		}
	})
}

// A copy of the agent, or of its disk, goes on with its stream: what the agent has itself goes out under another.
func TestUplink_LeavesAStreamThatACopyGoesOnWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCollector()
		dir := t.TempDir()
		a := mustStart(t, dir, c, uplink.Options{})
		a.mustRecord(t, 3)
		pass(time.Minute)
		if err := a.kill(); err != nil {
			t.Fatal(err)
		}
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		other := mustStart(t, copied, c, uplink.Options{})
		other.mustRecord(t, 2)
		pass(time.Minute)
		if err := other.kill(); err != nil {
			t.Fatal(err)
		}
		a = mustStart(t, dir, c, uplink.Options{})
		before := a.s.Stream()
		a.mustRecord(t, 4)
		pass(time.Minute)
		if a.s.Stream() == before {
			t.Fatal("the stream is still the one that the copy uses")
		}
		if waiting := a.s.Waiting(); waiting != 0 {
			t.Errorf("%d records wait, want all delivered", waiting)
		}
		streams := map[portolan.Stream]int{}
		for _, b := range c.got() {
			streams[b.e.Stream] += len(c.decoded(t, b).Records)
		}
		if streams[a.s.Stream()] != 4 {
			t.Errorf("records by stream: %v, want the four last ones under the new stream", streams)
		}
	})
}
