package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/registry"
	"portolan/evidence"
)

// newsWithin is how soon what is news must be at the collector however much backlog there is: agents send every 15 s.
const newsWithin = 15 * time.Second

// Agents that were cut off for hours return at once: nothing that is refused is lost, and what is news is not kept
// waiting by backlog.
func TestStampede_LosesNothingAndDelaysNoNews(t *testing.T) {
	t.Parallel()
	agents, each := 200, 240
	if os.Getenv("PORTOLAN_SOAK") != "" {
		agents = 1000
	}
	w := newCenter(t)
	w.startCollector()
	herd := newHerd(t, w, agents)
	w.collector.end(15)
	var spooling sync.WaitGroup
	for _, c := range herd {
		spooling.Go(func() {
			c.start(w.listen)
			c.record(each)
			c.end() // what an earlier process spooled is backlog
			c.start(w.listen)
		})
	}
	spooling.Wait()
	w.startCollector()
	released := portolan.InstantOf(time.Now())
	for _, c := range herd {
		c.record(1)
	}
	for _, c := range herd {
		c.deliver(3 * time.Minute)
	}
	w.checkNews(released, herd)
	w.checkCouriers(agents, herd...)
}

// newHerd enrolls so many agents, with their spools in memory: the disk of this machine is not a thousand disks.
func newHerd(t *testing.T, w *world, agents int) []*courier {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "portolan-herd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	authority, err := registry.OpenAuthority(w.data(), 0, portolan.InstantOf(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	herd := make([]*courier, agents)
	for n := range herd {
		id := portolan.AgentID(fmt.Sprintf("X%03d-%d", n/2, 1+n%2))
		c := &courier{t: t, id: id, dir: filepath.Join(dir, string(id)), every: newsWithin}
		if c.key, err = ecdsa.GenerateKey(elliptic.P256(), crand.Reader); err != nil {
			t.Fatal(err)
		}
		token, err := authority.NewToken(id, time.Hour, portolan.InstantOf(time.Now()))
		if err == nil {
			err = enrollWith(w.listen, id, c.key, token)
		}
		if err != nil {
			t.Fatal(err)
		}
		herd[n] = c
	}
	return herd
}

// checkNews checks how long after they were spooled the live records of each agent were at the collector.
func (w *world) checkNews(released portolan.Instant, herd []*courier) {
	w.t.Helper()
	l := w.open()
	links, err := l.Read(w.t.Context(), ledger.Query{Limit: 1_000_000})
	if err != nil {
		w.t.Fatal(err)
	}
	var waits []time.Duration
	refused := 0
	for _, link := range links {
		if link.Lane != portolan.Live || link.Content.Records == 0 || link.Status != ledger.Accepted {
			continue
		}
		envelope, err := evidence.Open(link.Bytes, evidence.DefaultLimits())
		if err != nil {
			w.t.Fatal(err)
		}
		batch, err := envelope.Decode(func(h evidence.PlanHash) (*portolan.Plan, bool) {
			plan, err := l.Plan(w.t.Context(), h)
			return plan, err == nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range batch.Records {
			if r.Result != nil && r.Result.Start >= released {
				waits = append(waits, link.ReceivedAt.Sub(r.Result.Start))
			}
		}
	}
	l.Close()
	for _, c := range herd {
		refused += int(c.uplink.Status().Refused)
	}
	slices.Sort(waits)
	if len(waits) != len(herd) || refused > 0 {
		w.t.Fatalf("%d live records of %d agents arrived as live, %d batches were refused", len(waits), len(herd), refused)
	}
	late := waits[len(waits)*99/100]
	w.t.Logf("live records of %d agents were at the collector within %s, the median within %s, beside all backlog", len(waits), waits[len(waits)-1], waits[len(waits)/2])
	if late > newsWithin {
		w.t.Errorf("of a hundred live records one waited for %s, want at most %s", late, newsWithin)
	}
}
