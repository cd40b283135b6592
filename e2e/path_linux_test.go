package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/probe"
	"portolan/probe/netpath"
)

// responder echoes on one port and sends characters on another, at the near end of the link to an island.
type responder struct{ echo, chargen string }

func newResponder(t *testing.T, host string) responder {
	t.Helper()
	serve := func(f func(net.Conn)) string {
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() { defer c.Close(); f(c) }()
			}
		}()
		return l.Addr().String()
	}
	return responder{
		echo: serve(func(c net.Conn) { _, _ = io.Copy(c, c) }),
		chargen: serve(func(c net.Conn) {
			for chunk := make([]byte, 4096); ; {
				if _, err := c.Write(chunk); err != nil {
					return
				}
			}
		}),
	}
}

// measured is what portolanctl says of a run with one step.
type measured struct {
	Outcome string
	Symptom struct{ Phase, Kind string }
	Steps   []struct {
		Measures []struct {
			Measure string
			Value   int64
		}
		Remarks []string
	}
}

func (m measured) get(measure string) (int64, bool) {
	for _, v := range m.Steps[0].Measures {
		if v.Measure == measure {
			return v.Value, true
		}
	}
	return 0, false
}

// measure runs a step of the way netpath on the island, by the operator's own tool.
func (i *island) measure(step string) measured {
	i.t.Helper()
	path := filepath.Join(i.t.TempDir(), "path.yaml")
	definition := fmt.Sprintf(`{system: path, name: Path, owner: {organization: Test, contact: test@example.gov}, synthetic: {accepted: true, by: Test, since: 2026-11-01},
objective: {availability: 99%%, window: 30d}, endpoint: "http://path.test", load: {max_per_second: 1}, transactions: [
{transaction: path, title: Path, interval: 2m, latency: 45s, timeout: 100s, steps: [{step: path, title: Path, netpath: %s}]}]}`, step)
	if err := os.WriteFile(path, []byte(definition), 0o600); err != nil {
		i.t.Fatal(err)
	}
	var complaint strings.Builder
	command := exec.Command("ip", "netns", "exec", i.name, filepath.Join(binaries, "portolanctl"), "try", path, "--output", "json")
	command.Stderr = &complaint
	out, _ := command.Output() // its exit code tells the outcome, which is in the output too
	var m measured
	if err := json.Unmarshal(out, &m); err != nil || len(m.Steps) != 1 {
		i.t.Fatalf("%v in %s%s", err, out, &complaint)
	}
	i.t.Logf("%+v", m)
	return m
}

// letPing lets everybody on the island send pings.
func (i *island) letPing() {
	i.t.Helper()
	i.inside("sh", "-c", "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range")
}

func TestPath_LossIsMeasured(t *testing.T) {
	t.Parallel()
	i := newIsland(t)
	r := newResponder(t, i.here)
	i.lose(30) // of what comes to the island: of each round trip the way back
	for _, by := range []string{"connect", "icmp"} {
		if by == "icmp" {
			i.letPing()
		}
		m := i.measure(fmt.Sprintf("{to: %q, loss: 50%%, trips: {by: %s, count: 200, every: 10ms, wait: 400ms}}", r.echo, by))
		// Four standard deviations of a binomial distribution of 200: a right measure fails once in 16,000 runs.
		if loss, ok := m.get("loss-ratio"); !ok || loss < 300_000-130_000 || loss > 300_000+130_000 {
			t.Errorf("%s: lost %d millionths, want about 300,000", by, loss)
		}
		if m.Outcome == "failed" {
			t.Errorf("%s: got %s %+v with a limit of 50 %%", by, m.Outcome, m.Symptom)
		}
		m = i.measure(fmt.Sprintf("{to: %q, loss: 5%%, trips: {by: %s, count: 200, every: 10ms, wait: 400ms}}", r.echo, by))
		phase := map[string]string{"connect": "connect", "icmp": "wait"}[by]
		if m.Outcome != "failed" || m.Symptom.Kind != "timeout" || m.Symptom.Phase != phase {
			t.Errorf("%s: got %s %+v with a limit of 5 %%, want failed in %s by timeout", by, m.Outcome, m.Symptom, phase)
		}
	}
}

func TestPath_PingsNeedLeave(t *testing.T) {
	t.Parallel()
	i := newIsland(t)
	r := newResponder(t, i.here)
	i.inside("sh", "-c", "echo 1 0 > /proc/sys/net/ipv4/ping_group_range")
	m := i.measure(fmt.Sprintf("{to: %q, trips: {by: icmp, count: 3}}", r.echo))
	_, trip := m.get("round-trip")
	if _, loss := m.get("loss-ratio"); m.Outcome != "good" || trip || loss || !strings.Contains(strings.Join(m.Steps[0].Remarks, " "), "ping_group_range") {
		t.Errorf("without leave: got %+v, want no measure and a remark", m)
	}
	i.letPing()
	m = i.measure(fmt.Sprintf("{to: %q, trips: {by: icmp, count: 3}}", r.echo))
	if trip, ok := m.get("round-trip"); m.Outcome != "good" || !ok || trip <= 0 {
		t.Errorf("with leave: got %+v, want a round trip", m)
	}
}

func TestPath_ThroughputIsThatOfTheLink(t *testing.T) {
	t.Parallel()
	i := newIsland(t)
	r := newResponder(t, i.here)
	step := fmt.Sprintf("{to: %q, trips: {count: 1}, throughput: {from: %q, size: 256KiB, time: 20s, least: 400KiB}}", r.echo, r.chargen)
	if m := i.measure(step); m.Outcome != "good" {
		t.Errorf("a free link: got %+v", m)
	}
	i.narrow(800_000) // 100,000 bytes a second, headers included
	m := i.measure(step)
	if rate, _ := m.get("throughput"); rate < 80_000 || rate > 110_000 {
		t.Errorf("got %d bytes a second over 800 kbit/s", rate)
	}
	if m.Outcome != "slow" || m.Symptom.Kind != "late" || m.Symptom.Phase != "read" {
		t.Errorf("got %s %+v, want slow in read", m.Outcome, m.Symptom)
	}
}

func TestPath_EchoesTellDelay(t *testing.T) {
	t.Parallel()
	r := newResponder(t, "127.0.0.1")
	proxy := toxic(t, r.echo)
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(`{"name": "late", "type": "latency", "stream": "downstream", "attributes": {"latency": 120}}`)); err != nil {
		t.Fatal(err)
	}
	got, _ := perform(t, probe.Options{}, fmt.Sprintf("{to: %q, round_trip: 100ms, trips: {by: echo}}", proxy.Listen))
	if trip := got.Steps[0].Measures[1]; got.Outcome != portolan.Slow || trip.Measure != portolan.RoundTrip || trip.Value < 120_000 || trip.Value > 400_000 {
		t.Errorf("got %v %+v, want slow with a round trip of 120 ms", got.Outcome, got.Steps[0].Measures)
	}
}

// perform runs a step of the way netpath here, and returns its remarks too.
func perform(t *testing.T, o probe.Options, step string) (got portolan.Result, remarks string) {
	t.Helper()
	action, faults := netpath.Way().Decode(func(into any) error { return yaml.Unmarshal([]byte(step), into) })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	o.Progress = func(_ portolan.StepResult, seen probe.Observation) { remarks = strings.Join(seen.Remarks, "\n") }
	got, _ = probe.NewRunner(o).Run(t.Context(), &probe.Transaction{
		System: "path", ID: "path", Timeout: time.Minute, Steps: []probe.Step{{ID: "path", Action: action}},
	}, 1, 1)
	t.Log(remarks)
	return got, remarks
}

// TestPath_ChangesAreSeen reaches an address by one router, then by another.
func TestPath_ChangesAreSeen(t *testing.T) {
	t.Parallel()
	first, second, far := newIsland(t), newIsland(t), newIsland(t)
	target := strings.Replace(far.there, "10.66.", "10.67.", 1) // an address that only the routers know the way to
	for _, router := range []*island{first, second} {
		// A link from the router to the far island, without one of it to here in the way.
		there := "v" + far.link[2:]
		router.do("ip", "link", "add", there, "netns", router.name, "type", "veth", "peer", "name", "v"+router.link[2:], "netns", far.name)
		router.inside("ip", "link", "set", there, "up")
		router.inside("ip", "route", "add", target+"/32", "dev", there)
		router.inside("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
		far.inside("ip", "link", "set", "v"+router.link[2:], "up")
		far.inside("ip", "route", "add", router.there+"/32", "dev", "v"+router.link[2:])
		router.inside("ip", "addr", "add", router.there+"/32", "dev", there)
	}
	far.inside("ip", "addr", "add", target+"/32", "dev", "lo")
	far.inside("sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done")
	far.inside("ip", "link", "set", "up0", "down")
	listener := start(t, t.TempDir(), "listener", "ip", "netns", "exec", far.name, filepath.Join(binaries, "portolan-sim"), "serve", "--listen", target+":8090", "--systems", "rtic", "--ports", "MIA")
	by := func(router *island) {
		router.do("ip", "route", "replace", target+"/32", "via", router.there)
		for _, end := range []*island{first, second} {
			if end == router {
				far.inside("ip", "route", "replace", end.here+"/32", "via", end.there, "onlink", "dev", "v"+end.link[2:])
			}
		}
	}
	t.Cleanup(func() { _ = exec.Command("ip", "route", "del", target+"/32").Run() })
	by(first)
	until(t, 20*time.Second, "the far end to listen", func() error {
		if listener.ended() {
			listener.showLog()
			t.Fatal("it ended")
		}
		conn, err := net.DialTimeout("tcp", target+":8090", time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	o := probe.Options{Tools: map[any]any{netpath.MemoryKey{}: netpath.NewMemory()}}
	change := func(router *island) (int64, bool) {
		t.Helper()
		got, remarks := perform(t, o, fmt.Sprintf("{to: '%s:8090', trips: {count: 1}, path: true}", target))
		if want := " by " + router.there + ", " + target; !strings.Contains(remarks, want) {
			t.Errorf("got %s, want the path%s", remarks, want)
		}
		for _, m := range got.Steps[0].Measures {
			if m.Measure == portolan.PathChange {
				return m.Value, true
			}
		}
		return 0, false
	}
	if _, known := change(first); known {
		t.Error("the first run knows of a change")
	}
	if changed, known := change(first); !known || changed != 0 {
		t.Errorf("by the same router: got %d %v", changed, known)
	}
	by(second)
	if changed, known := change(second); !known || changed != 1 {
		t.Errorf("by another router: got %d %v", changed, known)
	}
}
