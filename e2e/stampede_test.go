package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/collector/registry"
	"portolan/evidence"
)

// newsWithin is how soon what is news must be at the collector however much backlog there is: agents send every 15 s.
const newsWithin = 15 * time.Second

// Agents that were cut off for hours return at once, more than the collector has room for, so that it tells many to come later:
// nothing that is refused is lost, and what is news is not kept waiting by backlog.
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
	atOnce(herd, func(c *courier) {
		c.start(w.listen)
		c.record(each)
		c.end() // what an earlier process spooled is backlog
	})
	w.startCollector()
	release := w.holdBacklog()
	before := w.told("overload")
	w.collector.signal(syscall.SIGSTOP) // until all knock
	atOnce(herd, func(c *courier) {
		c.start(w.listen)
		c.record(1)
	})
	released := portolan.InstantOf(time.Now())
	w.collector.signal(syscall.SIGCONT)
	until(t, time.Minute, "agents to be told to come later", func() error {
		if told := w.told("overload") - before; told < agents/20 {
			return fmt.Errorf("%d were", told)
		}
		return nil
	})
	release()
	for _, c := range herd {
		c.deliver(5 * time.Minute) // backlog that finds no room stands back
	}
	t.Logf("%d requests of %d agents were told to come later", w.told("overload")-before, agents)
	w.checkNews(released, herd)
	b := w.checkThere(herd...)
	w.checkCounted(agents * (each + 1))
	t.Logf("%d batches were given up for news, %d records came in two: nothing is lost, and nothing counts twice", len(b.missing), len(b.twice))
}

// holdBacklog takes what room the collector has for backlog, by requests whose bodies do not come, until release is called: however
// fast it is, it then has none for the herd's.
func (w *world) holdBacklog() (release func()) {
	w.t.Helper()
	var held []net.Conn
	w.t.Cleanup(func() {
		for _, conn := range held {
			conn.Close()
		}
	})
	until(w.t, time.Minute, "backlog's room to be taken", func() error {
		// What is tried below may have the last place just when a request to hold it comes: each time some are tried anew.
		for range 32 {
			conn, err := net.Dial("tcp", w.listen)
			if err != nil {
				return err
			}
			held = append(held, conn)
			if _, err := fmt.Fprintf(conn, "POST /ingest/v1/batches HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 1\r\n%s: %s\r\n\r\n",
				w.listen, evidence.MediaType, evidence.LaneHeader, portolan.Backlog); err != nil {
				return err
			}
		}
		r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.listen+"/ingest/v1/batches", strings.NewReader("x"))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", evidence.MediaType)
		r.Header.Set(evidence.LaneHeader, portolan.Backlog.String())
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable {
			return fmt.Errorf("backlog is answered %s", answer.Status)
		}
		return nil
	})
	return func() {
		for _, conn := range held {
			conn.Close()
		}
	}
}

// checkCounted checks how many results count in figures.
func (w *world) checkCounted(want int) {
	w.t.Helper()
	p, err := projection.New(w.t.Context(), projection.Options{Ledger: w.open()})
	if err != nil {
		w.t.Fatal(err)
	}
	now := portolan.InstantOf(time.Now())
	q := projection.Query{Window: portolan.Span{From: now.Add(-2 * time.Hour), To: now}, Now: now}
	answer, err := p.Latencies(w.t.Context(), q, false)
	if err != nil || len(answer.Rows) != 1 || answer.Rows[0].Count != uint64(want) {
		w.t.Errorf("counted %+v, %v, want %d results", answer.Rows, err, want)
	}
}

// atOnce does something with each of a herd beside each other.
func atOnce(herd []*courier, do func(*courier)) {
	var group sync.WaitGroup
	for _, c := range herd {
		group.Go(func() { do(c) })
	}
	group.Wait()
}

// told returns how many batches the collector answered so.
func (w *world) told(result string) (n int) {
	w.t.Helper()
	text, err := getText("http://" + w.listen + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	name := fmt.Sprintf("portolan_batches_total{result=%q}", result)
	_, after, found := strings.Cut(string(text), "\n"+name)
	if _, err := fmt.Sscan(after, &n); err != nil || !found {
		w.t.Fatalf("read %s: %v", name, err)
	}
	return n
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

// checkNews checks how long after all returned the live records of each agent were at the collector.
func (w *world) checkNews(released portolan.Instant, herd []*courier) {
	w.t.Helper()
	l := w.open()
	links, err := l.Read(w.t.Context(), ledger.Query{Limit: 1_000_000})
	if err != nil {
		w.t.Fatal(err)
	}
	var waits []time.Duration
	var last portolan.Instant // backlog came until then
	refused := 0
	for _, link := range links {
		if link.Lane == portolan.Backlog {
			last = max(last, link.ReceivedAt)
		}
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
			if r.Result != nil {
				waits = append(waits, link.ReceivedAt.Sub(released))
			}
		}
	}
	l.Close()
	for _, c := range herd {
		for _, stub := range c.uplink.Status().Stubs {
			if !stub.Resend {
				refused++
			}
		}
	}
	slices.Sort(waits)
	if len(waits) != len(herd) || refused > 0 {
		w.t.Fatalf("%d live records of %d agents arrived as live, %d batches were refused for good", len(waits), len(herd), refused)
	}
	late := waits[len(waits)*99/100]
	w.t.Logf("live records of %d agents were at the collector within %s, 99 of 100 within %s, the median within %s, beside backlog that came for %s",
		len(waits), waits[len(waits)-1], late, waits[len(waits)/2], last.Sub(released))
	// On a machine that is short of time nothing comes within seconds; news then comes well before backlog all the same.
	if want := max(newsWithin, last.Sub(released)*3/4); late > want {
		w.t.Errorf("of a hundred live records one waited for %s, want at most %s", late, want)
	}
}
