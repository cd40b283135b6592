package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger/postgres"
	"portolan/internal/pgtest"
)

// cluster is a world whose two collectors share a PostgreSQL database, behind one address.
type cluster struct {
	*world
	url        string
	collectors [2]*process
	addresses  [2]string
}

// newCluster starts a simulator, two collectors on the database, and one agent at each of the named ports.
func newCluster(t *testing.T, url string, ports ...string) *cluster {
	t.Helper()
	c := &cluster{world: newCountry(t, "", time.Second, ports...), url: url}
	for n := range c.addresses {
		c.addresses[n] = freeAddress(t)
	}
	balance(t, c.listen, c.addresses[:])
	c.startOne(0)
	c.shareKeys()
	c.startOne(1)
	c.store = "collector-0"
	for _, port := range ports {
		c.enroll(port + "-1")
		c.startAgent(port + "-1")
	}
	return c
}

func (c *cluster) startOne(n int) {
	c.t.Helper()
	name := fmt.Sprintf("collector-%d", n)
	c.collectors[n] = launch(c.t, c.dir, name, "portolan-collector", "--config", c.config, "--listen", c.addresses[n],
		"--data", filepath.Join(c.dir, name), "--store", c.url, "--ports", "../configs/ports.yaml")
	c.untilServes(c.collectors[n], func() error { _, err := getText("http://" + c.addresses[n] + "/-/ready"); return err })
}

// shareKeys gives the second collector the keys of the first.
func (c *cluster) shareKeys() {
	c.t.Helper()
	to := filepath.Join(c.dir, "collector-1")
	if err := os.Mkdir(to, 0o700); err != nil {
		c.t.Fatal(err)
	}
	for _, name := range []string{"ca.key", "ca.crt", "journal.key", "journal.crt", "token.secret"} {
		key, err := os.ReadFile(filepath.Join(c.dir, "collector-0", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), key, 0o600)
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// leader returns which collector says that it leads.
func (c *cluster) leader() (int, error) {
	for n, address := range c.addresses {
		text, err := getText("http://" + address + "/metrics")
		if err != nil {
			continue
		}
		if leads, err := sumMetric(text, "portolan_collector_leads"); err == nil && leads == 1 {
			return n, nil
		}
	}
	return 0, errors.New("nobody leads")
}

// balance forwards connections to the addresses in turn, passing over those that refuse: one name for several
// collectors.
func balance(t *testing.T, listen string, addresses []string) {
	t.Helper()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	var turn atomic.Int64
	var carrying sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	carrying.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			carrying.Go(func() { carry(ctx, near, addresses, int(turn.Add(1))) })
		}
	})
	t.Cleanup(func() { stop(); l.Close(); carrying.Wait() })
}

func carry(ctx context.Context, near net.Conn, addresses []string, turn int) {
	defer near.Close()
	for n := range addresses {
		far, err := net.Dial("tcp", addresses[(turn+n)%len(addresses)])
		if err != nil {
			continue
		}
		defer far.Close()
		end := context.AfterFunc(ctx, func() { near.Close(); far.Close() })
		defer end()
		var back sync.WaitGroup
		back.Go(func() { _, _ = io.Copy(near, far); near.Close() })
		_, _ = io.Copy(far, near)
		far.Close()
		back.Wait()
		return
	}
}

func TestCluster_LosesAndDoublesNothingThroughFaults(t *testing.T) {
	t.Parallel()
	agents := []string{"MIA-1", "SEA-1"}
	primary, standby := replicated(t)
	c := newCluster(t, pgtest.URL("postgres", primary, standby), "MIA", "SEA")

	for range rounds(1) {
		c.untilRuns("MIA-1", 3)
		c.killLeader()
		c.untilRuns("SEA-1", 2)
		if err := primary.Kill(); err != nil {
			t.Fatal(err)
		}
		c.untilRuns("MIA-1", 2)
		if err := primary.Run(); err != nil {
			t.Fatal(err)
		}
		c.untilAcknowledged(agents...)
	}
	// The primary is lost for good; what it acknowledged is on the standby too.
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(); err != nil {
		t.Fatal(err)
	}
	c.untilRuns("SEA-1", 2)
	c.untilAcknowledged(agents...)
	c.checkAll(agents...)
}

// replicated starts a server with a synchronous standby.
func replicated(t *testing.T) (primary, standby *pgtest.Server) {
	t.Helper()
	primary, err := pgtest.Start(pgtest.Options{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { primary.Remove() })
	// Alone it must not wait for the standby in order to commit.
	standby, err = primary.Standby("synchronous_standby_names = ''")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { standby.Remove() })
	if err := primary.Set("synchronous_standby_names = '*'"); err != nil {
		t.Fatal(err)
	}
	return primary, standby
}

// killLeader kills the collector that leads, waits until the other does, and starts it again.
func (c *cluster) killLeader() {
	c.t.Helper()
	leader, err := c.leader()
	if err != nil {
		c.t.Fatal(err)
	}
	c.collectors[leader].end(syscall.SIGKILL)
	c.until(10*time.Second, "another collector to lead", func() error {
		next, err := c.leader()
		if err == nil && next == leader {
			err = errors.New("the dead one leads")
		}
		return err
	})
	c.startOne(leader)
}

// checkAll stops everything and checks that each record is in the database once, and that figures are what they would
// be without faults.
func (c *cluster) checkAll(agents ...string) {
	c.t.Helper()
	last := map[portolan.Stream]portolan.Seq{}
	for _, agent := range agents {
		stream, seq := c.spooled(agent)
		last[stream] = seq
	}
	for _, p := range c.collectors {
		p.end(syscall.SIGTERM)
	}
	l, err := postgres.Open(context.Background(), postgres.Options{URL: c.url})
	if err != nil {
		c.t.Fatal(err)
	}
	defer l.Close()
	c.checkWhole(readBooks(c.t, l), last)
	checkUndisturbed(c.t, l)
}
