package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// crashPoint is where a collector dies: as one of its threads is about to make its n-th system call of a kind, n up to
// most. The kinds lie in this order between receipt and acknowledgement.
type crashPoint struct {
	name, call string
	most       int
}

func crashPoints() []crashPoint {
	return []crashPoint{
		{"before a request is read", "read", 400},
		{"before a batch is written", "pwrite64", 400},
		{"before a commit is synced", "fsync", 40},
		{"before an answer is sent", "write", 200},
	}
}

// TestCollector_KilledAtEveryPointBetweenReceiptAndAcknowledgement has strace kill the real collector as it is about to
// make a system call, so that each point is met as exactly as the kernel knows it, while couriers deliver.
func TestCollector_KilledAtEveryPointBetweenReceiptAndAcknowledgement(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("find strace: %v; on Debian: apt-get install strace", err)
	}
	w := newCenter(t)
	w.startCollector()
	couriers := []*courier{newCourier(t, w, "MIA-1"), newCourier(t, w, "SEA-1"), newCourier(t, w, "IAD-1")}
	for _, c := range couriers {
		c.start(w.listen)
		c.record(1)
		c.deliver(30 * time.Second)
	}
	w.collector.end(syscall.SIGKILL)
	kills := 0
	for range rounds(2) {
		for _, point := range crashPoints() {
			n := 1 + rand.N(point.most)
			if w.crash(strace, point, n, couriers) {
				kills++
			}
		}
	}
	w.startCollector()
	for _, c := range couriers {
		c.deliver(2 * time.Minute)
	}
	if kills == 0 {
		t.Error("the collector never died while it served")
	}
	w.checkCouriers(kills, couriers...)
}

// crash runs a collector until it dies at a point, while couriers deliver to it, and returns whether it did, and served
// before.
func (w *world) crash(strace string, point crashPoint, n int, couriers []*courier) (met bool) {
	w.t.Helper()
	served := false
	// With -D the collector is the test's own child, and strace is its child.
	w.collector = start(w.t, w.dir, "collector", strace, "-D", "-f", "-qq", "-o", os.DevNull,
		"-e", "trace="+point.call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", point.call, n),
		filepath.Join(binaries, "portolan-collector"), "--config", w.config, "--listen", w.listen, "--data", w.data(), "--ports", "../configs/ports.yaml")
	enough, late := time.Now().Add(20*time.Second), false
	until(w.t, time.Minute, "the collector to die "+point.name, func() error {
		if w.collector.ended() {
			return nil
		}
		if !served {
			served = w.ready() == nil
			return fmt.Errorf("does not serve yet")
		}
		for _, c := range couriers {
			c.record(3)
		}
		if time.Now().After(enough) {
			late = true
			w.collector.signal(syscall.SIGKILL)
		}
		return fmt.Errorf("call %d of %s has not come", n, point.call)
	})
	w.t.Logf("died %s, at call %d: %v; served before: %v", point.name, n, !late, served)
	return served && !late
}
