package collector

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portolan"
)

func TestAsides_PoisonIsShownAndTheAgentGoesOn(t *testing.T) {
	t.Parallel()
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	start := portolan.InstantOf(time.Now()).Add(-10 * time.Minute)
	a.send(portolan.Live, a.run(start, portolan.Good))
	a.last[0] ^= 1 // what it sends next follows a batch that nobody has
	if status := a.send(portolan.Live, a.run(start.Add(time.Minute), portolan.Good)); status != http.StatusConflict {
		t.Fatalf("poison: got %d, want 409", status)
	}
	if status := a.send(portolan.Live, a.run(start.Add(2*time.Minute), portolan.Good)); status != http.StatusOK {
		t.Fatalf("the next batch: got %d, want 200", status)
	}

	var list, one asidesAnswer
	r.get("/api/v1/asides?agent=MIA-1", &list)
	if len(list.Rows) != 1 || list.Rows[0].Reason != "broken-chain" || list.Rows[0].Number != 2 || list.Rows[0].Bytes != nil {
		t.Fatalf("list: got %+v, want batch 2, broken-chain, without bytes", list.Rows)
	}
	r.get(fmt.Sprintf("/api/v1/asides?agent=MIA-1&id=%d", *list.Rows[0].ID), &one)
	if sent, err := base64.StdEncoding.DecodeString(*one.Rows[0].Bytes); err != nil || int64(len(sent)) != list.Rows[0].SizeBytes {
		t.Errorf("by id: got %d bytes, %v; want the %d that were sent", len(sent), err, list.Rows[0].SizeBytes)
	}
	if status, _ := r.get(fmt.Sprintf("/api/v1/asides?agent=SEA-1&id=%d", *list.Rows[0].ID), nil); status != http.StatusNotFound {
		t.Errorf("under another agent: got %d, want 404", status)
	}
	for reason, want := range map[string]string{"broken-chain": "1", "fork": "0", "version": "0"} {
		if got := metricOf(r, fmt.Sprintf("portolan_batches_set_aside{reason=%q}", reason)); got != want {
			t.Errorf("metric for %s: got %q, want %s", reason, got, want)
		}
	}
	if status, body := r.get("/record", nil); status != http.StatusOK || !strings.Contains(string(body), "does not follow the batch before it") {
		t.Errorf("page: %d, does not say what was wrong", status)
	}
}
