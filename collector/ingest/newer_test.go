package ingest_test

import (
	"bytes"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"portolan/collector/ingest"
	"portolan/collector/ledger"
)

func TestIngest_NewerVersionIsAcknowledgedUnread(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, nil)
	a := c.enroll(t, "MIA-1")
	body := a.sealChanged(t, func(content []byte) { content[1] = 99 }) // the version, its value behind the tag
	status, r := a.send(t, body)
	if status != http.StatusAccepted || r.SetAside != "version" || r.Number != 1 || r.Hash != a.next.Previous.String() {
		t.Fatalf("got %d %+v", status, r)
	}
	links := c.links(t)
	if len(links) != 1 || links[0].Status != ledger.Waiting || !bytes.Equal(links[0].Bytes, body) {
		t.Errorf("kept: %+v, want the bytes, waiting", links)
	}
}

func TestIngest_NewerVersionWaitsForTheUpgrade(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, nil)
	var upgraded atomic.Bool
	c.ingest.KnowOnly(upgraded.Load)
	a := c.enroll(t, "MIA-1")
	for number := uint64(1); number <= 2; number++ {
		body := a.seal(t, 1, a.key).Bytes
		status, r := a.send(t, body)
		if status != http.StatusAccepted || r.SetAside != "version" || r.Number != number || c.last() != ingest.SetAside {
			t.Fatalf("batch %d: %d %+v, counted %v", number, status, r, c.last())
		}
		if status, r := a.send(t, body); status != http.StatusAccepted || !r.Duplicate {
			t.Fatalf("batch %d again: %d %+v", number, status, r)
		}
	}
	if n, err := c.ingest.TakeIn(t.Context()); n != 0 || err != nil {
		t.Fatalf("before the upgrade: took in %d, %v", n, err)
	}
	upgraded.Store(true)
	if status, r := a.send(t, a.seal(t, 1, a.key).Bytes); status != http.StatusUnprocessableEntity {
		t.Fatalf("its plan still waits: %d %+v", status, r)
	}
	if n, err := c.ingest.TakeIn(t.Context()); n != 2 || err != nil {
		t.Fatalf("after the upgrade: took in %d, %v; want 2", n, err)
	}
	if status, r := a.send(t, a.seal(t, 1, a.key).Bytes); status != http.StatusOK {
		t.Fatalf("after the upgrade: %d %+v", status, r)
	}
	var numbers []uint64
	for _, link := range c.links(t) {
		if link.Status == ledger.Accepted {
			numbers = append(numbers, link.Number)
		}
	}
	if !slices.Equal(numbers, []uint64{1, 2, 4}) {
		t.Errorf("accepted: %v, want 1, 2 and 4", numbers)
	}
}
