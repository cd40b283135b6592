package e2e

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"portolan/sim/fleet"
)

// BenchmarkFleet plays 10,000 agents with 15 transactions a minute each against a real collector process over TLS, and
// tells the collector's largest memory, how long acknowledgements took, and how long a restart takes until it is ready.
func BenchmarkFleet(b *testing.B) {
	for b.Loop() {
		c := newTLSCenter(b)
		c.start()
		out, err := exec.Command(filepath.Join(binaries, "portolan-sim"), "fleet", "--collector", "https://"+c.listen, "--data", c.data,
			"--agents", "10000", "--ports", "477", "--series", "15", "--for", "2m", "--quiet", "--output", "json").Output()
		if err != nil {
			b.Fatalf("fleet: %v: %s", err, out)
		}
		var report fleet.Report
		if err := json.Unmarshal(out, &report); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(c.peak())/(1<<20), "peak-MiB")
		b.ReportMetric(report.Live.P99*1000, "p99-ms")
		b.ReportMetric(report.Rate, "results/s")
		c.process.end(syscall.SIGTERM)
		begun := time.Now()
		c.start()
		b.ReportMetric(time.Since(begun).Seconds(), "restart-s")
		c.process.end(syscall.SIGTERM)
	}
}

// tlsCenter is a collector alone that serves TLS.
type tlsCenter struct {
	b            *testing.B
	listen, data string
	process      *process
}

func newTLSCenter(b *testing.B) *tlsCenter {
	b.Helper()
	return &tlsCenter{b: b, listen: freeAddress(b), data: filepath.Join(b.TempDir(), "collector")}
}

// start starts the collector and returns when it is ready.
func (c *tlsCenter) start() {
	c.b.Helper()
	host, _, err := net.SplitHostPort(c.listen)
	if err != nil {
		c.b.Fatal(err)
	}
	c.process = launch(c.b, filepath.Dir(c.data), "collector", "portolan-collector", "--listen", c.listen, "--data", c.data, "--tls-host", host)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, // nothing is told to it
	}}
	until(c.b, time.Minute, "the collector to be ready", func() error {
		response, err := client.Get("https://" + c.listen + "/-/ready")
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("answered %s", response.Status)
		}
		return nil
	})
}

// peak returns the most memory that the process had, in bytes.
func (c *tlsCenter) peak() int64 {
	c.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.process.cmd.Process.Pid))
	if err != nil {
		c.b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "VmHWM:" {
			kilobytes, err := strconv.ParseInt(words[1], 10, 64)
			if err != nil {
				c.b.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	c.b.Fatal("the kernel does not say how much memory it had")
	return 0
}
