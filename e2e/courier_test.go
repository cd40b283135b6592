package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"portolan"
	"portolan/agent/spool"
	"portolan/agent/uplink"
	"portolan/evidence"
)

// newCenter starts a collector alone.
func newCenter(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), listen: freeAddress(t), store: "collector", agents: map[string]*process{}}
	w.ready = func() error { _, err := getText("http://" + w.listen + "/-/ready"); return err }
	w.config = filepath.Join(w.dir, "collector.yaml")
	if err := os.WriteFile(w.config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// courier is an agent's spool and uplink without its probes: what it spools is known to the test, to the last record.
type courier struct {
	t   *testing.T
	id  portolan.AgentID
	dir string
	key *ecdsa.PrivateKey
	// every is how often live records are sent; zero for once a second.
	every time.Duration
	made  []portolan.Result

	spool  *spool.Spool
	uplink *uplink.Uplink
	stop   context.CancelFunc
	done   chan struct{}
}

// newCourier enrolls an agent at the collector of w; start begins to deliver.
func newCourier(t *testing.T, w *world, id portolan.AgentID) *courier {
	t.Helper()
	c := &courier{t: t, id: id, dir: filepath.Join(w.dir, string(id))}
	var err error
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), crand.Reader); err != nil {
		t.Fatal(err)
	}
	token, err := exec.Command(filepath.Join(binaries, "portolanctl"), "enroll", "--data", w.data(), "--agent", string(id), "--port", string(id.Port())).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := enrollWith(w.listen, id, c.key, string(bytes.TrimSpace(token))); err != nil {
		t.Fatal(err)
	}
	return c
}

func enrollWith(collector string, id portolan.AgentID, key *ecdsa.PrivateKey, token string) error {
	csr, err := x509.CreateCertificateRequest(crand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(id)}}, key)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{
		"token": token, "agent": string(id), "csr": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		return err
	}
	response, err := http.Post("http://"+collector+"/enroll/v1/agents", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		return fmt.Errorf("enroll %s: %s: %s", id, response.Status, text)
	}
	return nil
}

// copy returns a courier with the same identity on a copy of the disk of c, which has ended. What c has delivered is not
// for the copy to answer for.
func (c *courier) copy() *courier {
	c.t.Helper()
	twin := &courier{t: c.t, id: c.id, dir: c.dir + "-copy", key: c.key}
	if err := os.CopyFS(twin.dir, os.DirFS(c.dir)); err != nil {
		c.t.Fatal(err)
	}
	return twin
}

func (c *courier) plan() portolan.Plan {
	plan := portolan.Plan{Port: c.id.Port()}
	for n := range 3 {
		plan.Series = append(plan.Series, portolan.PlannedSeries{
			System: "tpac", Transaction: portolan.TransactionID(fmt.Sprintf("work-%d", n)), Share: 1, Interval: time.Minute,
			Latency: 5 * time.Second, Timeout: 30 * time.Second, Steps: []portolan.PlannedStep{{Step: "sign-on"}},
		})
	}
	return plan
}

// start begins a process that delivers to an address, as an agent does at the quickest pace that it may have.
func (c *courier) start(address string) {
	c.t.Helper()
	var err error
	if c.spool, err = spool.Open(c.dir, spool.Options{}); err != nil {
		c.t.Fatal(err)
	}
	if err := c.spool.SetPlan(c.plan()); err != nil {
		c.t.Fatal(err)
	}
	c.uplink = uplink.New(uplink.Options{
		URL: "http://" + address, Agent: c.id, Signer: c.key, Spool: c.spool, Every: cmp.Or(c.every, time.Second),
		Client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConns: 1}},
		Rand:   rand.New(rand.NewPCG(rand.Uint64(), 2)),
	})
	ctx, stop := context.WithCancel(context.Background())
	c.stop, c.done = stop, make(chan struct{})
	go func() {
		defer close(c.done)
		_ = c.uplink.Run(ctx)
	}()
	c.t.Cleanup(c.end)
}

// end ends the process. What it spooled is on its disk.
func (c *courier) end() {
	if c.stop == nil {
		return
	}
	c.stop()
	<-c.done
	c.stop = nil
	if err := c.spool.Close(); err != nil {
		c.t.Error(err)
	}
}

// record spools results of now.
func (c *courier) record(count int) {
	c.t.Helper()
	for n := range count {
		now := portolan.InstantOf(time.Now())
		r := portolan.Result{
			System: "tpac", Transaction: portolan.TransactionID(fmt.Sprintf("work-%d", n%3)), Due: now, Start: now,
			Duration: time.Duration(1+n%50) * time.Millisecond, Attempt: 1, Outcome: portolan.Good,
			Steps: []portolan.StepResult{{Step: "sign-on", Duration: time.Millisecond, Outcome: portolan.Good}},
		}
		var err error
		if r.Seq, err = c.spool.Append(evidence.Record{Result: &r}); err != nil {
			c.t.Fatal(err)
		}
		c.made = append(c.made, r)
	}
	c.uplink.Notify()
}

// deliver waits until everything that was spooled is acknowledged.
func (c *courier) deliver(limit time.Duration) {
	c.t.Helper()
	until(c.t, limit, string(c.id)+" to deliver", func() error {
		if waiting := c.spool.Waiting(); waiting > 0 {
			return fmt.Errorf("%d records wait: %s", waiting, c.uplink.Status().LastError)
		}
		return nil
	})
}

// checkCouriers stops the collector and checks that each record that couriers spooled is in its ledger once, as it was
// spooled, and that figures are what they would be without faults. It tells how many faults and records that were.
func (w *world) checkCouriers(faults int, couriers ...*courier) {
	w.t.Helper()
	b := w.checkThere(couriers...)
	b.checkOrder(w.t)
	w.t.Logf("%d faults, %d batches: each record is there once, at its event time", faults, b.links)
}

// checkThere is checkCouriers for couriers that gave batches up: what was in them is in later ones, and counts once wherever it
// is.
func (w *world) checkThere(couriers ...*courier) books {
	w.t.Helper()
	for _, c := range couriers {
		c.end()
	}
	l := w.open()
	b := readBooks(w.t, l)
	records := 0
	for _, c := range couriers {
		for _, want := range c.made {
			if n := b.count(c.id, want); n != 1 {
				w.t.Errorf("%s, record %d, started %s: is there %d times, want once", c.id, want.Seq, want.Start, n)
			}
			records++
		}
	}
	checkUndisturbed(w.t, l)
	if err := l.Close(); err != nil {
		w.t.Error(err)
	}
	w.t.Logf("%d records of couriers are there", records)
	return b
}

// count returns how often a result of an agent is there, under whatever stream of its own: two agents may well start a
// run in the same microsecond.
func (b *books) count(agent portolan.AgentID, want portolan.Result) (n int) {
	for stream, records := range b.records {
		if b.sender[stream] != agent {
			continue
		}
		got := records[want.Seq].Result
		if got != nil && got.Start == want.Start && got.Duration == want.Duration && got.Transaction == want.Transaction {
			n++
		}
	}
	return n
}
