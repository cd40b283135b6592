package collector

import (
	"net/http"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

func TestRemove_TakesTheBytesAndLeavesTheFiguresAndAStub(t *testing.T) {
	t.Parallel()
	var c *collector
	r := startCollector(t, t.TempDir(), func(o *Options) { o.started = func(started *collector) { c = started } })
	a := r.enroll("MIA-1")
	start := portolan.InstantOf(time.Now()).Add(-3 * time.Hour)
	a.send(portolan.Live, a.run(start, portolan.Good))
	held := a.run(start.Add(30*time.Second), portolan.Failed)
	for n := 1; n < 3; n++ {
		a.send(portolan.Live, a.run(start.Add(time.Duration(n)*time.Minute), portolan.Good))
	}
	r.foldedAll()
	window := portolan.Span{From: start, To: start.Add(10 * time.Minute)}
	before := r.ask(window, nil)
	horizon := portolan.InstantOf(time.Now()).Add(time.Second)
	now := portolan.InstantOf(time.Now())
	count, err := c.remove(t.Context(), horizon, now)
	if err != nil || count != 3 {
		t.Fatalf("removed %d, %v; want 3", count, err)
	}
	links, err := c.ledger.Read(t.Context(), ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if link.Status != ledger.Forgotten || link.Bytes != nil {
			t.Errorf("batch %d: is kept as %v with %d bytes", link.Number, link.Status, len(link.Bytes))
		}
	}
	// What reaches back before it changes nothing; what comes now goes on.
	a.send(portolan.Backlog, held)
	if status := a.send(portolan.Live, a.run(start.Add(3*time.Minute), portolan.Good)); status != http.StatusOK {
		t.Errorf("the next batch: %d", status)
	}
	r.foldedAll()
	if got := metricOf(r, "portolan_projection_unreadable_batches_total"); got != "1" {
		t.Errorf("passed by %s batches, want the one that reaches back", got)
	}
	after := r.ask(window, nil)
	if len(before.Rows) != 1 || len(after.Rows) != 1 || before.Rows[0].UpSeconds <= 0 || after.Rows[0].DownSeconds != 0 || after.Rows[0].UpSeconds < before.Rows[0].UpSeconds {
		t.Errorf("figures: before %+v, after %+v", before.Rows, after.Rows)
	}
	if count, err := c.remove(t.Context(), start, now); err != nil || count != 0 {
		t.Errorf("with nothing old: removed %d, %v; want none", count, err)
	}
	stub, err := c.ledger.LastJournal(t.Context(), evidence.EntryRemoved, "")
	if err != nil || stub.Number == 0 {
		t.Errorf("the stub: %v", err)
	}
}
