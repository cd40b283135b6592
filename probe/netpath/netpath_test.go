package netpath_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/internal/testnet"
	"portolan/probe"
	"portolan/probe/netpath"
)

// in runs a test in a bubble with a network in memory.
func in(t *testing.T, f func(*testing.T, *network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		f(t, n)
		n.done()
	})
}

func TestNetpath_EchoMeasuresRoundTrips(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, n *network) {
		n.serve("onenet.test:7", func(c net.Conn) {
			var b [16]byte
			for i := 0; ; i++ {
				if _, err := io.ReadFull(c, b[:]); err != nil {
					return
				}
				<-time.After(time.Duration(10+i) * time.Millisecond)
				c.Write(b[:])
			}
		})
		got, failures, _ := run(t, probe.Options{Dial: n.DialContext}, "{to: 'onenet.test:7', trips: {by: echo, count: 5}, loss: 0%, round_trip: 12ms}")
		m := measures(got.Steps[0])
		if got.Outcome != portolan.Good || m[portolan.RoundTrip] != 12_000 || m[portolan.LossRatio] != 0 {
			t.Errorf("got %v %+v %v %v", got.Outcome, got.Symptom, failures, m)
		}
		got, _, remarks := run(t, probe.Options{Dial: n.DialContext}, "{to: 'http://onenet.test:7/x', trips: {by: echo, count: 5}, round_trip: 11999us}")
		if got.Outcome != portolan.Slow || got.Symptom.Kind != portolan.KindLate || !strings.Contains(remarks, "12ms is longer than 11.999ms") {
			t.Errorf("got %v %+v %s, want slow", got.Outcome, got.Symptom, remarks)
		}
	})
}

func TestNetpath_LossIsJudgedByWhatIsSure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hold    int // the last echoes, of which the first comes late and holds up the others
		late    time.Duration
		lost    int // those that took longer than 900 ms
		limit   string
		outcome portolan.Outcome
	}{ // of those held for 950 ms each waits 10 ms less than the one before
		"none":             {0, 0, 0, "loss: 0%", portolan.Good},
		"perhaps-chance":   {2, 950 * time.Millisecond, 2, "loss: 5%", portolan.Good}, // 2 of 20: 2.8 % to 30.1 %
		"surely-more":      {4, 950 * time.Millisecond, 4, "loss: 5%", portolan.Failed},
		"no-limit":         {19, 950 * time.Millisecond, 5, "round_trip: 1s", portolan.Good},
		"nothing-answered": {20, time.Minute, 20, "round_trip: 1s", portolan.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, n *network) {
				n.serve("onenet.test:7", func(conn net.Conn) {
					var b [16]byte
					for i := range 20 {
						if _, err := io.ReadFull(conn, b[:]); err != nil {
							return
						}
						if i == 20-c.hold {
							<-time.After(c.late)
						}
						conn.Write(b[:])
					}
				})
				got, failures, _ := run(t, probe.Options{Dial: n.DialContext}, "{to: 'onenet.test:7', trips: {by: echo, every: 10ms}, "+c.limit+"}")
				if loss := measures(got.Steps[0])[portolan.LossRatio]; got.Outcome != c.outcome || loss != int64(c.lost)*50_000 {
					t.Errorf("got %v %v, lost %d, want %v and %d", got.Outcome, failures, loss, c.outcome, c.lost*50_000)
				}
				if c.outcome == portolan.Failed {
					wantSymptom(t, got, failures, portolan.PhaseWait, portolan.KindTimeout)
				}
			})
		})
	}
}

func TestNetpath_BreaksGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	const byEcho, byConnect = "{to: 'onenet.test:7', trips: {by: echo}}", "{to: 'onenet.test:7', loss: 10%}"
	sampled := func(more string) string {
		return "{to: 'onenet.test:7', trips: {count: 1}, throughput: {from: 'onenet.test:19'" + more + "}}"
	}
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for name, c := range map[string]struct {
		condition testnet.Condition
		server    func(net.Conn) // at both ports
		step      string
		phase     portolan.Phase
		kind      portolan.ErrorKind
		took      time.Duration
	}{
		"refused":       {testnet.Refusing, hang, byConnect, portolan.PhaseConnect, portolan.KindRefused, 0},
		"stalled":       {testnet.Stalled, hang, byEcho, portolan.PhaseConnect, portolan.KindTimeout, 30 * time.Second},
		"no-tls":        {testnet.Normal, echo, "{to: 'onenet.test:7', tls: any}", portolan.PhaseTLS, portolan.KindHandshake, 0},
		"tls-hangs":     {testnet.Normal, hang, "{to: 'onenet.test:7', tls: checked}", portolan.PhaseTLS, portolan.KindTimeout, 30 * time.Second},
		"echo-silent":   {testnet.Normal, hang, byEcho, portolan.PhaseWait, portolan.KindTimeout, 19*50*time.Millisecond + 900*time.Millisecond},
		"echo-closed":   {testnet.Normal, func(net.Conn) {}, byEcho, portolan.PhaseWait, portolan.KindClosed, 0},
		"echo-other":    {testnet.Normal, func(c net.Conn) { c.Read(make([]byte, 1)); c.Write(make([]byte, 16)); hang(c) }, byEcho, portolan.PhaseCheck, portolan.KindAssertion, 0},
		"sample-closed": {testnet.Normal, func(net.Conn) {}, sampled(""), portolan.PhaseRead, portolan.KindClosed, 0},
		"sample-silent": {testnet.Normal, hang, sampled(", time: 2s"), portolan.PhaseRead, portolan.KindTimeout, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, n *network) {
				n.serve("onenet.test:7", c.server)
				n.serve("onenet.test:19", c.server)
				n.Set("onenet.test:7", c.condition)
				got, failures, _ := run(t, probe.Options{Dial: n.DialContext}, c.step)
				wantSymptom(t, got, failures, c.phase, c.kind)
				if got.Duration != c.took {
					t.Errorf("took %v, want %v", got.Duration, c.took)
				}
			})
		})
	}
}

// TestNetpath_ConnectsThatStallAreLost refuses nothing: the network stops taking connections after some.
func TestNetpath_ConnectsThatStallAreLost(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, n *network) {
		n.serve("onenet.test:7", func(c net.Conn) {
			c.SetDeadline(time.Now().Add(time.Minute)) // it never learns that the other end is gone
			echo(c)
		})
		go func() {
			<-time.After(475 * time.Millisecond) // the first of 20, and those after 0 to 450 ms
			n.Set("onenet.test:7", testnet.Stalled)
		}()
		got, failures, remarks := run(t, probe.Options{Dial: n.DialContext}, "{to: 'onenet.test:7', loss: 10%}")
		wantSymptom(t, got, failures, portolan.PhaseConnect, portolan.KindTimeout)
		if m := measures(got.Steps[0]); m[portolan.LossRatio] != 500_000 || !strings.Contains(remarks, "10 of 20 round trips lost: 29.9 % to 70.1 %") {
			t.Errorf("got %v, %s", m, remarks)
		}
	})
}

func TestNetpath_ThroughputOfABoundedSample(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sample  string
		outcome portolan.Outcome
		rate    int64
		bytes   int64
		took    time.Duration
	}{
		"size":  {"size: 64KiB, time: 10s", portolan.Good, 65535 * 10 / 63, 64 << 10, 6300 * time.Millisecond},
		"time":  {"size: 1MiB, time: 2050ms", portolan.Good, 21503 * 1000 / 2050, 21 * 1024, 2050 * time.Millisecond},
		"least": {"size: 4KiB, least: 20KiB", portolan.Slow, 4095 * 10 / 3, 4 << 10, 300 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, n *network) {
				n.serve("onenet.test:7", echo)
				n.serve("onenet.test:19", func(c net.Conn) {
					if ask, err := io.ReadAll(io.LimitReader(c, 4)); err != nil || string(ask) != "GET " {
						t.Errorf("got %q %v", ask, err)
					}
					for { // 10 KiB a second
						if _, err := c.Write(make([]byte, 1024)); err != nil {
							return
						}
						<-time.After(100 * time.Millisecond)
					}
				})
				got, failures, _ := run(t, probe.Options{Dial: n.DialContext},
					"{to: 'onenet.test:7', trips: {count: 1}, throughput: {from: 'onenet.test:19', send: 'GET ', "+c.sample+"}}")
				s := got.Steps[0]
				if got.Outcome != c.outcome || measures(s)[portolan.Throughput] != c.rate || s.Bytes != c.bytes || s.Duration != c.took {
					t.Errorf("got %v %v, %v, %d bytes in %v, want %v %d, %d bytes in %v", got.Outcome, failures, measures(s), s.Bytes, s.Duration, c.outcome, c.rate, c.bytes, c.took)
				}
			})
		})
	}
}

// The network in memory has no addresses that could be pinged, nor routers.
func TestNetpath_SaysWhatCannotBeMeasured(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, n *network) {
		n.serve("onenet.test:7", echo)
		got, failures, remarks := run(t, probe.Options{Dial: n.DialContext}, "{to: 'onenet.test:7', trips: {by: icmp}, path: true}")
		lacks := portolan.Unmeasured(measures(got.Steps[0])[portolan.NotMeasured])
		if got.Outcome != portolan.Good || lacks != portolan.NoRoundTrips|portolan.NoRouters || lacks.String() != "round trip and loss, routers on the path" {
			t.Errorf("got %v %v, lacking %q", got.Outcome, failures, lacks)
		}
		if !strings.Contains(remarks, "round trip and loss not measured: ") || !strings.Contains(remarks, "routers on the path not measured: ") {
			t.Errorf("got remarks %s", remarks)
		}
		got, _, _ = run(t, probe.Options{Dial: n.DialContext}, "{to: 'onenet.test:7', trips: {count: 1}}")
		if _, lacks := measures(got.Steps[0])[portolan.NotMeasured]; lacks {
			t.Error("a step that measured what it was asked to says that it did not")
		}
	})
}

func TestNetpath_ChangesOfThePath(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, n *network) {
		n.serve("onenet.test:7", echo)
		const step = "{to: 'onenet.test:7', trips: {count: 1}, path: true}"
		got, _, remarks := run(t, probe.Options{Dial: n.DialContext}, step)
		if _, measured := measures(got.Steps[0])[portolan.PathChange]; measured || !strings.Contains(remarks, "this run stands alone") {
			t.Errorf("without a memory: got %v %s", measures(got.Steps[0]), remarks)
		}
		o := probe.Options{Dial: n.DialContext, Tools: map[any]any{netpath.MemoryKey{}: netpath.NewMemory()}}
		got, _, remarks = run(t, o, step)
		if _, measured := measures(got.Steps[0])[portolan.PathChange]; measured || !strings.Contains(remarks, "this is the first run") {
			t.Errorf("first run: got %v %s", measures(got.Steps[0]), remarks)
		}
		got, _, _ = run(t, o, step)
		if changed, measured := measures(got.Steps[0])[portolan.PathChange]; !measured || changed != 0 {
			t.Errorf("second run: got %v", measures(got.Steps[0]))
		}
	})
}
