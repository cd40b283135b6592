package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ingest"
	"portolan/collector/ledger"
	"portolan/evidence"
)

func TestIngest_AcknowledgesWhatIsDurable(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"plain": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCenter(t, secure, nil)
			a := c.enroll(t, "MIA-1")
			for number := uint64(1); number <= 3; number++ {
				before := wallClock()
				sealed := a.seal(t, 2, a.key)
				status, r := a.send(t, sealed.Bytes)
				if status != http.StatusOK || r.Number != number || r.Hash != sealed.Hash.String() || r.Duplicate || c.last() != ingest.Accepted {
					t.Fatalf("batch %d: %d %+v", number, status, r)
				}
				if r.ReceivedAt < before || r.RepliedAt < r.ReceivedAt || r.RepliedAt > wallClock() {
					t.Errorf("times: received %v, replied %v", r.ReceivedAt, r.RepliedAt)
				}
				link, err := c.Link(t.Context(), ledger.Chain{Agent: "MIA-1", Stream: a.next.Stream}, number)
				if err != nil || link.Status != ledger.Accepted || !bytes.Equal(link.Bytes, sealed.Bytes) || link.Content.Records != 2 {
					t.Fatalf("kept: %+v, %v", link, err)
				}
			}
			if !slices.Equal(c.accepted, []uint64{1, 2, 3}) {
				t.Errorf("handed on: %v", c.accepted)
			}
			if agents := c.registry.Agents(); agents[0].HeardAt == 0 {
				t.Error("the agent was not noted as heard")
			}
		})
	}
}

func TestIngest_CertificateAloneIsEnough(t *testing.T) {
	t.Parallel()
	c := newCenter(t, true, nil)
	a := c.enroll(t, "MIA-1")
	if status, r := a.send(t, a.seal(t, 1, nil).Bytes); status != http.StatusOK {
		t.Errorf("unsigned batch over TLS: %d %+v", status, r)
	}
}

func TestIngest_BatchThatAgedOnTheWayIsBacklog(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, nil)
	a := c.enroll(t, "MIA-1")
	for number, header := range []string{"", "backlog", "live", "nonsense"} {
		request, err := http.NewRequest(http.MethodPost, c.server.URL+"/ingest/v1/batches", bytes.NewReader(a.seal(t, 1, a.key).Bytes))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", evidence.MediaType)
		request.Header.Set(evidence.LaneHeader, header)
		response, err := a.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		link, err := c.Link(t.Context(), ledger.Chain{Agent: "MIA-1", Stream: a.next.Stream}, uint64(number+1))
		if err != nil {
			t.Fatal(err)
		}
		want := portolan.Live
		if header == "backlog" {
			want = portolan.Backlog
		}
		if link.Lane != want {
			t.Errorf("with header %q: kept as %v, want %v", header, link.Lane, want)
		}
	}
}

// forgetful stores and then fails, as if the collector died between the store and the acknowledgement.
type forgetful struct {
	ingest.Ledger
	once sync.Once
}

func (f *forgetful) Append(ctx context.Context, o ledger.Offer) (ledger.Receipt, error) {
	receipt, err := f.Ledger.Append(ctx, o)
	f.once.Do(func() { receipt, err = ledger.Receipt{}, errors.New("killed") })
	return receipt, err
}

func TestIngest_SentAgainCountsOnce(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, func(o *ingest.Options) { o.Ledger = &forgetful{Ledger: o.Ledger} })
	a := c.enroll(t, "MIA-1")
	first := a.seal(t, 3, a.key)
	status, r := a.send(t, first.Bytes)
	if status != http.StatusInternalServerError || r.Error.Code != "error" || c.last() != ingest.Error || len(c.failures) != 1 {
		t.Fatalf("got %d %+v, failures %v; want an error without the inner text", status, r, c.failures)
	}
	status, r = a.send(t, first.Bytes)
	if status != http.StatusOK || !r.Duplicate || c.last() != ingest.Duplicate {
		t.Errorf("sent again: %d %+v", status, r)
	}
	if links := c.links(t); len(links) != 1 {
		t.Errorf("%d batches are kept, want 1", len(links))
	}
	if status, _ := a.send(t, a.seal(t, 1, a.key).Bytes); status != http.StatusOK {
		t.Errorf("the next one: %d", status)
	}
}

func TestIngest_ConcurrentAgentsLoseNothing(t *testing.T) {
	t.Parallel()
	const agents, batches = 6, 10
	c := newCenter(t, false, nil)
	var group sync.WaitGroup
	for _, id := range []portolan.AgentID{"MIA-1", "MIA-2", "SEA-1", "SEA-2", "IAD-1", "IAD-2"}[:agents] {
		a := c.enroll(t, id)
		group.Go(func() {
			for range batches {
				body := a.seal(t, 2, a.key).Bytes
				for range 2 { // each one twice
					if status, r := a.send(t, body); status != http.StatusOK {
						t.Errorf("%s: %d %+v", id, status, r)
					}
				}
			}
		})
	}
	group.Wait()
	if links := c.links(t); len(links) != agents*batches {
		t.Errorf("%d batches are kept, want %d", len(links), agents*batches)
	}
	if len(c.accepted) != agents*batches {
		t.Errorf("%d were handed on, want %d", len(c.accepted), agents*batches)
	}
}

func TestIngest_NumbersThatNeverCameAreMissing(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, nil)
	a := c.enroll(t, "MIA-1")
	a.send(t, a.seal(t, 1, a.key).Bytes)
	a.seal(t, 1, a.key)
	a.seal(t, 1, a.key)
	if status, r := a.send(t, a.seal(t, 1, a.key).Bytes); status != http.StatusOK || r.Number != 4 {
		t.Fatalf("after a gap: %d %+v", status, r)
	}
	links := c.links(t)
	if len(links) != 3 || links[1].Status != ledger.Missing || links[1].First != 2 || links[1].Number != 3 {
		t.Errorf("kept: %+v", links)
	}
}

func TestIngest_NothingIsRefusedForItsTime(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	c := newCenter(t, false, nil)
	for id, offset := range map[portolan.AgentID]time.Duration{"MIA-1": year, "MIA-2": -year} {
		a := c.enroll(t, id)
		a.next.SentAt = wallClock().Add(-offset)
		a.next.Clock.Offset = offset
		now := wallClock()
		if status, r := a.send(t, a.seal(t, 1, a.key).Bytes); status != http.StatusOK {
			t.Fatalf("clock off by %v: %d %+v", offset, status, r)
		}
		link, err := c.Link(t.Context(), ledger.Chain{Agent: id, Stream: a.next.Stream}, 1)
		if err != nil {
			t.Fatal(err)
		}
		recorded, corrected := now, now.Add(offset)
		if span := link.Content.Span; span.From > min(recorded, corrected).Add(time.Minute) || span.To < max(recorded, corrected) {
			t.Errorf("span %v to %v does not hold both %v and %v", span.From, span.To, recorded, corrected)
		}
	}
}
