package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/agent/spool"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
	"portolan/collector/projection"
	"portolan/evidence"
)

// agentMetric returns the sum of a metric's samples at an agent's own page.
func (w *world) agentMetric(agent, name string) (int, error) {
	text, err := getText(w.page(agent) + "/metrics")
	if err != nil {
		return 0, err
	}
	return sumMetric(text, name)
}

func sumMetric(text []byte, name string) (int, error) {
	sum, found := 0.0, false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if rest, ok := strings.CutPrefix(line, name); !ok || !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, " ") {
			continue
		}
		value, err := strconv.ParseFloat(line[strings.LastIndex(line, " ")+1:], 64)
		if err != nil {
			return 0, err
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("no metric %s", name)
	}
	return int(sum), nil
}

// untilRuns waits until the agent has made so many more runs.
func (w *world) untilRuns(agent string, more int) {
	w.t.Helper()
	first := -1
	w.until(60*time.Second, fmt.Sprintf("%d runs of %s", more, agent), func() error {
		runs, err := w.agentMetric(agent, "portolan_agent_runs_total")
		if err != nil {
			return err
		}
		if first < 0 {
			first = runs
		}
		if runs < first+more {
			return fmt.Errorf("%d so far", runs-first)
		}
		return nil
	})
}

// spooled stops an agent and returns its stream and the number of its last record.
func (w *world) spooled(agent string) (portolan.Stream, portolan.Seq) {
	w.t.Helper()
	w.agents[agent].end(syscall.SIGTERM)
	s, err := spool.Open(filepath.Join(w.dir, "sim", agent, "spool"), spool.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	if pending, err := s.Pending(); err != nil || pending.Records > 0 {
		w.t.Errorf("%s stopped with %d records not acknowledged (%v)", agent, pending.Records, err)
	}
	return s.Stream(), s.Next() - 1
}

// books is what a stopped collector's ledger holds.
type books struct {
	records map[portolan.Stream]map[portolan.Seq]evidence.Record
	sender  map[portolan.Stream]portolan.AgentID
	twice   []string
	missing []string // batches that never came
	links   int
}

// open stops the collector and opens its ledger.
func (w *world) open() *sqlite.Ledger {
	w.t.Helper()
	w.collector.end(syscall.SIGTERM)
	l, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(w.data(), "ledger.db")})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	return l
}

func readBooks(t testing.TB, l ledger.Ledger) books {
	t.Helper()
	ctx := context.Background()
	b := books{records: map[portolan.Stream]map[portolan.Seq]evidence.Record{}, sender: map[portolan.Stream]portolan.AgentID{}}
	links, err := l.Read(ctx, ledger.Query{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if link.Status == ledger.Missing {
			b.missing = append(b.missing, fmt.Sprintf("%s/%d to %d", link.Chain.Agent, link.First, link.Number))
			continue
		}
		if link.Status != ledger.Accepted {
			t.Errorf("batch %d of %s was %v: %v %s", link.Number, link.Chain.Agent, link.Status, link.Reason, link.Detail)
			continue
		}
		envelope, err := evidence.Open(link.Bytes, evidence.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		batch, err := envelope.Decode(func(h evidence.PlanHash) (*portolan.Plan, bool) {
			plan, err := l.Plan(ctx, h)
			return plan, err == nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b.add(batch)
	}
	return b
}

func (b *books) add(batch *evidence.Batch) {
	b.links++
	if b.records[batch.Stream] == nil {
		b.records[batch.Stream] = map[portolan.Seq]evidence.Record{}
		b.sender[batch.Stream] = batch.Agent
	}
	for _, r := range batch.Records {
		if _, there := b.records[batch.Stream][r.Seq()]; there {
			b.twice = append(b.twice, fmt.Sprintf("%s/%s/%d", batch.Agent, batch.Stream, r.Seq()))
		}
		b.records[batch.Stream][r.Seq()] = r
	}
}

// checkOrder fails the test if a record is in two batches, or if a batch never came.
func (b *books) checkOrder(t testing.TB) {
	t.Helper()
	if len(b.twice)+len(b.missing) > 0 {
		t.Errorf("records in two batches: %v; batches that never came: %v", b.twice, b.missing)
	}
}

// gaps returns the reasons of a stream's gap records.
func (b *books) gaps(stream portolan.Stream) []portolan.GapReason {
	var reasons []portolan.GapReason
	for _, r := range b.records[stream] {
		if r.Gap != nil {
			reasons = append(reasons, r.Gap.Reason)
		}
	}
	slices.Sort(reasons)
	return reasons
}

// checkWhole fails the test unless every record of every agent is in the ledger, once.
func (w *world) checkWhole(b books, last map[portolan.Stream]portolan.Seq) {
	w.t.Helper()
	b.checkOrder(w.t)
	total := 0
	for stream, seq := range last {
		for n := portolan.Seq(1); n <= seq; n++ {
			if _, there := b.records[stream][n]; !there {
				w.t.Errorf("record %d of stream %s (of %d) never arrived", n, stream, seq)
			}
		}
		total += int(seq)
	}
	w.t.Logf("checked %d records in %d batches: each is there once", total, b.links)
}

// checkUndisturbed fails the test unless what the collector folded while it was disturbed equals what it folds
// from the ledger in one go.
func checkUndisturbed(t testing.TB, l ledger.Ledger) {
	t.Helper()
	ctx := context.Background()
	p, err := projection.New(ctx, projection.Options{Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	now := portolan.InstantOf(time.Now())
	query := projection.Query{
		Window: portolan.Span{From: now.Add(-2 * time.Hour), To: now},
		Group:  []projection.Dimension{projection.BySystem, projection.ByPort, projection.ByAgent}, Weight: portolan.WeightTime, Now: now,
	}
	disturbed, err := p.Figures(ctx, query)
	if err != nil {
		t.Fatal(err)
	}
	if len(disturbed.Rows) == 0 {
		t.Fatal("no figures to compare")
	}
	if err := p.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	undisturbed, err := p.Figures(ctx, query)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%+v", disturbed.Rows), fmt.Sprintf("%+v", undisturbed.Rows); got != want {
		t.Errorf("figures differ from those of an undisturbed fold:\n%s", cmp.Diff(want, got))
	}
}

func TestCollector_KilledInTrafficLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	agents := []string{"MIA-1", "SEA-1", "IAD-1"}
	w := newWorld(t, time.Second, "MIA", "SEA", "IAD")
	for range rounds(3) {
		w.untilRuns("MIA-1", 3)
		w.collector.end(syscall.SIGKILL)
		w.untilRuns("SEA-1", 2)
		w.startCollector()
	}
	w.untilAcknowledged(agents...)
	last := map[portolan.Stream]portolan.Seq{}
	for _, agent := range agents {
		stream, seq := w.spooled(agent)
		last[stream] = seq
	}
	l := w.open()
	w.checkWhole(readBooks(t, l), last)
	checkUndisturbed(t, l)
}

func TestAgent_KilledLosesNothingAndOwnsUpToItsDeadTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Second, "MIA")
	kills := rounds(2)
	for range kills {
		w.untilRuns("MIA-1", 4)
		w.agents["MIA-1"].end(syscall.SIGKILL)
		w.startAgent("MIA-1")
	}
	w.untilRuns("MIA-1", 3)
	w.untilAcknowledged("MIA-1")
	stream, seq := w.spooled("MIA-1")
	l := w.open()
	b := readBooks(t, l)
	w.checkWhole(b, map[portolan.Stream]portolan.Seq{stream: seq})
	if got, want := b.gaps(stream), slices.Repeat([]portolan.GapReason{portolan.GapKilled}, kills); !slices.Equal(got, want) {
		t.Errorf("gap records = %v, want one for each kill: %v", got, want)
	}
	checkUndisturbed(t, l)
}

// A workstation that was suspended says so when it wakes: the time is neither up nor down.
func TestAgent_SuspendedOwnsUpToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Second, "MIA")
	w.untilRuns("MIA-1", 3)
	w.agents["MIA-1"].signal(syscall.SIGSTOP)
	asleep := time.Now()
	w.until(time.Minute, "20 s to pass", func() error {
		if passed := time.Since(asleep); passed < 20*time.Second {
			return fmt.Errorf("%s so far", passed)
		}
		return nil
	})
	w.agents["MIA-1"].signal(syscall.SIGCONT)
	w.untilRuns("MIA-1", 3)
	stream, seq := w.spooled("MIA-1")
	l := w.open()
	b := readBooks(t, l)
	w.checkWhole(b, map[portolan.Stream]portolan.Seq{stream: seq})
	if got := b.gaps(stream); !slices.Equal(got, []portolan.GapReason{portolan.GapAsleep}) {
		t.Errorf("gap records = %v, want one: asleep", got)
	}
	checkUndisturbed(t, l)
}

// untilAcknowledged waits until the collector has acknowledged a batch of each agent that was sent from now on.
func (w *world) untilAcknowledged(agents ...string) {
	w.t.Helper()
	since := int(time.Now().Unix()) + 1
	w.until(90*time.Second, "a batch of each agent to be acknowledged", func() error {
		for _, agent := range agents {
			at, err := w.agentMetric(agent, "portolan_agent_last_acknowledged_timestamp_seconds")
			if err != nil || at <= since {
				return fmt.Errorf("%s: last at %d (%v)", agent, at, err)
			}
		}
		return nil
	})
}
