package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// island is a network namespace with one link to here.
type island struct {
	t           *testing.T
	name, link  string
	here, there string // addresses of the two ends
}

// newIsland makes a namespace. It needs root, as the tests' machine gives it.
func newIsland(t *testing.T) *island {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("network namespaces need root: run the end-to-end tests as root")
	}
	n := rand.N(1 << 14)
	i := &island{
		t: t, name: fmt.Sprintf("portolan-%d", n), link: fmt.Sprintf("pt%d", n),
		here: fmt.Sprintf("10.66.%d.%d", n>>6, n&63<<2+1), there: fmt.Sprintf("10.66.%d.%d", n>>6, n&63<<2+2),
	}
	i.do("ip", "netns", "add", i.name)
	t.Cleanup(func() { i.do("ip", "netns", "del", i.name) }) // its end of the link goes with it, and so does ours
	i.do("ip", "link", "add", i.link, "type", "veth", "peer", "name", "up0", "netns", i.name)
	i.do("ip", "addr", "add", i.here+"/30", "dev", i.link)
	i.do("ip", "link", "set", i.link, "up")
	i.inside("ip", "addr", "add", i.there+"/30", "dev", "up0")
	i.inside("ip", "link", "set", "up0", "up")
	i.inside("ip", "link", "set", "lo", "up")
	return i
}

func (i *island) do(args ...string) {
	i.t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		i.t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (i *island) inside(args ...string) {
	i.t.Helper()
	i.do(append([]string{"ip", "netns", "exec", i.name}, args...)...)
}

// lose has the island lose so many of a hundred packets that come in.
func (i *island) lose(percent int) {
	i.t.Helper()
	rules := fmt.Sprintf("table inet loss {\n chain in {\n type filter hook input priority 0\n numgen random mod 100 < %d counter drop\n }\n}\n", percent)
	path := filepath.Join(i.t.TempDir(), "loss.nft")
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		i.t.Fatal(err)
	}
	i.inside("nft", "-f", path)
}

// lost returns how many packets were lost.
func (i *island) lost() int {
	i.t.Helper()
	out, err := exec.Command("ip", "netns", "exec", i.name, "nft", "list", "ruleset").Output()
	if err != nil {
		i.t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(out), "counter packets ")
	var n int
	if _, err := fmt.Sscan(rest, &n); !found || err != nil {
		i.t.Fatalf("no counter in %s", out)
	}
	return n
}

// narrow has the link to the island carry so many bits a second.
func (i *island) narrow(bits int) {
	i.t.Helper()
	i.do("tc", "qdisc", "replace", "dev", i.link, "root", "tbf", "rate", fmt.Sprintf("%dbit", bits), "burst", "1600", "latency", "20s")
}

// mend takes everything away that was done to the network.
func (i *island) mend() {
	i.t.Helper()
	i.inside("nft", "flush", "ruleset")
	_ = exec.Command("tc", "qdisc", "del", "dev", i.link, "root").Run() // it fails where the link was not narrow
}

// newRemoteCenter starts a collector on an island.
func newRemoteCenter(t *testing.T) (*world, *island) {
	t.Helper()
	i := newIsland(t)
	w := newCenter(t)
	w.listen = i.there + ":8080"
	w.collector = start(t, w.dir, "collector", "ip", "netns", "exec", i.name, filepath.Join(binaries, "portolan-collector"),
		"--config", w.config, "--listen", w.listen, "--data", w.data(), "--ports", "../configs/ports.yaml")
	w.untilServes(w.collector, w.ready)
	return w, i
}

func TestNetwork_LossLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w, i := newRemoteCenter(t)
	c := newCourier(t, w, "MIA-1")
	c.start(w.listen)
	i.lose(30)
	for sent := 0; sent < rounds(8) || i.lost() < 10; sent++ {
		c.record(40)
		c.deliver(2 * time.Minute)
	}
	faults := i.lost()
	i.mend()
	w.checkCouriers(faults, c)
}

func TestNetwork_ThinLinkLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w, i := newRemoteCenter(t)
	c := newCourier(t, w, "MIA-1")
	c.start(w.listen)
	i.narrow(9600)
	begun := time.Now()
	for range rounds(1) {
		c.record(600)
		c.deliver(2 * time.Minute)
	}
	if took := time.Since(begun); took < time.Second { // it takes a few milliseconds otherwise
		t.Errorf("600 records took %s over 9,600 bit/s: the link was not thin", took)
	}
	i.mend()
	w.checkCouriers(rounds(1), c)
}

// A store whose disk is full takes nothing in, and goes on when there is room.
func TestStore_FullDiskLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newCenter(t)
	disk := tmpfs(t, filepath.Join(w.dir, w.store), "24m")
	w.startCollector()
	c := newCourier(t, w, "MIA-1")
	c.start(w.listen)
	c.record(3)
	c.deliver(20 * time.Second)
	faults := rounds(1)
	for range faults {
		filler := disk.fill()
		until(t, time.Minute, "the collector to say that its disk is full", func() error {
			c.record(3)
			if c.uplink.Status().LastError == "" {
				return fmt.Errorf("it still takes batches in")
			}
			return nil
		})
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		c.deliver(time.Minute)
	}
	w.checkCouriers(faults, c)
}

// small is a file system of a few megabytes.
type small struct {
	t   *testing.T
	dir string
}

func tmpfs(t *testing.T, dir, size string) small {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "mode=700,size="+size, "portolan-test", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount a small file system (it needs root): %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("unmount: %v: %s", err, out)
		}
	})
	return small{t, dir}
}

// fill leaves no room, and returns the file that takes it.
func (s small) fill() string {
	s.t.Helper()
	path := filepath.Join(s.dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); err != nil {
			return path // full, as it should be
		}
	}
}
