package collector

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/encoding/protowire"

	"portolan"
)

// BenchmarkRemoteWrite sends what BenchmarkLoad sends, batch by batch, to a real Prometheus: the samples that a
// blackbox-style agent would have for the same results, by remote write. Prometheus is spared TLS and signatures, and
// does not sync before it answers. Its disk is what a snapshot of all blocks takes, after compaction.
func BenchmarkRemoteWrite(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(heapGrowth))
	for _, detail := range []struct {
		name  string
		steps bool
	}{{"steps-and-phases", true}, {"runs-alone", false}} {
		b.Run(detail.name, func(b *testing.B) { benchmarkRemoteWrite(b, detail.steps) })
	}
}

func benchmarkRemoteWrite(b *testing.B, steps bool) {
	p := startPrometheus(b)
	agents := make([]*remoteWriter, 64)
	// Batches are a minute apart and end now: Prometheus takes nothing from the future.
	start := time.Now().Add(-time.Duration(b.N/len(agents)+2) * time.Minute)
	for n := range agents {
		id := portolan.AgentID(fmt.Sprintf("MIA-%d", n+1))
		a := &loader{start: portolan.InstantOf(start), bare: !steps}
		plan := loadPlan(id.Port())
		a.next.Agent, a.next.PlanBody = id, &plan
		agents[n] = &remoteWriter{loader: a, url: p.url + "/api/v1/write"}
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	spent := p.spent(b)
	var group sync.WaitGroup
	for _, a := range agents {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				a.send(b)
			}
		})
	}
	group.Wait()
	b.StopTimer()
	results := float64(b.N * resultsABatch)
	b.ReportMetric(results/b.Elapsed().Seconds(), "results/s")
	b.ReportMetric(float64((p.spent(b)-spent).Microseconds())/float64(b.N), "server-cpu-us/batch")
	b.ReportMetric(float64(p.snapshot(b))/results, "bytes/result")
}

// peer is a Prometheus that runs for a benchmark.
type peer struct {
	url, data string
	process   *os.Process
}

func startPrometheus(b *testing.B) *peer {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	dir := b.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	p := &peer{url: "http://" + address, data: filepath.Join(dir, "data")}
	cmd := exec.Command("prometheus", "--config.file", config, "--storage.tsdb.path", p.data, "--web.listen-address", address,
		"--web.enable-remote-write-receiver", "--web.enable-admin-api", "--log.level", "error")
	if err := cmd.Start(); err != nil {
		b.Fatalf("start prometheus: %v; on Debian: apt-get install prometheus", err)
	}
	p.process = cmd.Process
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; {
		response, err := http.Get(p.url + "/-/ready")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return p
			}
		}
		if time.Now().After(deadline) {
			b.Fatalf("prometheus is not ready after a minute: %v", err)
		}
		wait(context.Background(), 50*time.Millisecond)
	}
}

// spent returns the processor time that the server has taken.
func (p *peer) spent(b *testing.B) time.Duration { return cpuTime(b, p.process.Pid) }

// cpuTime returns the processor time that a process has taken.
func cpuTime(b *testing.B, pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name, which may hold anything
	var state string
	var skip, user, system int64
	_, err = fmt.Sscan(rest, &state, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &user, &system)
	if err != nil {
		b.Fatal(err)
	}
	const ticksASecond = 100 // of every Linux that Go runs on
	return time.Duration(user+system) * time.Second / ticksASecond
}

// snapshot returns how many bytes all blocks take once what is in memory is compacted too.
func (p *peer) snapshot(b *testing.B) (size int64) {
	response, err := http.Post(p.url+"/api/v1/admin/tsdb/snapshot", "", nil)
	if err != nil {
		b.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.Fatalf("snapshot: %d %s", response.StatusCode, body)
	}
	err = filepath.WalkDir(filepath.Join(p.data, "snapshots"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		size += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// remoteWriter sends an agent's results as samples.
type remoteWriter struct {
	*loader
	url    string
	client http.Client
	body   []byte
}

func (w *remoteWriter) send(b *testing.B) {
	w.loader.start = w.loader.start.Add(time.Minute)
	w.body = w.body[:0]
	for n := range w.next.PlanBody.Series {
		w.result(w.draw(n))
	}
	request, err := http.NewRequest(http.MethodPost, w.url, bytes.NewReader(s2.EncodeSnappy(nil, w.body)))
	if err != nil {
		b.Error(err)
		return
	}
	request.Header = http.Header{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"}, "X-Prometheus-Remote-Write-Version": {"0.1.0"},
	}
	response, err := w.client.Do(request)
	if err != nil {
		b.Error(err)
		return
	}
	answer, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		b.Errorf("answered %d %s", response.StatusCode, answer)
	}
}

// result adds the samples of a run: whether it succeeded and how long it took, and the same of each step, with its size
// and how long each of its phases took.
func (w *remoteWriter) result(r *portolan.Result) {
	at := int64(r.End()) / 1000
	run := []string{"agent", string(w.next.Agent), "job", "portolan", "port", string(w.next.Agent.Port()), "system", string(r.System), "transaction", string(r.Transaction)}
	good := func(o portolan.Outcome) float64 {
		if o == portolan.Good {
			return 1
		}
		return 0
	}
	w.sample(at, good(r.Outcome), "probe_success", run)
	w.sample(at, r.Duration.Seconds(), "probe_duration_seconds", run)
	for i := range r.Steps {
		s := &r.Steps[i]
		step := append(append([]string{}, run[:6]...), "step", string(s.Step))
		step = append(step, run[6:]...)
		w.sample(at, good(s.Outcome), "probe_step_success", step)
		w.sample(at, s.Duration.Seconds(), "probe_step_duration_seconds", step)
		w.sample(at, float64(s.Bytes), "probe_step_bytes", step)
		for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
			took, _ := s.Phases.Get(p)
			phase := append(append([]string{}, run[:4]...), "phase", p.String())
			w.sample(at, took.Seconds(), "probe_phase_duration_seconds", append(phase, step[4:]...))
		}
	}
}

// sample adds a series with one sample to the request, as remote write 1.0 has it; labels are in the order of their names.
func (w *remoteWriter) sample(at int64, value float64, name string, labels []string) {
	var series []byte
	for i := -2; i < len(labels); i += 2 {
		label := []string{"__name__", name}
		if i >= 0 {
			label = labels[i : i+2]
		}
		var pair []byte
		for n, text := range label {
			pair = protowire.AppendString(protowire.AppendTag(pair, protowire.Number(n+1), protowire.BytesType), text)
		}
		series = protowire.AppendBytes(protowire.AppendTag(series, 1, protowire.BytesType), pair)
	}
	var sample []byte
	sample = protowire.AppendFixed64(protowire.AppendTag(sample, 1, protowire.Fixed64Type), math.Float64bits(value))
	sample = protowire.AppendVarint(protowire.AppendTag(sample, 2, protowire.VarintType), uint64(at))
	series = protowire.AppendBytes(protowire.AppendTag(series, 2, protowire.BytesType), sample)
	w.body = protowire.AppendBytes(protowire.AppendTag(w.body, 1, protowire.BytesType), series)
}
