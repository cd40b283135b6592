package ingest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portolan/collector/ingest"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// stuck holds every append until it is let go.
type stuck struct {
	ingest.Ledger
	entered, release chan struct{}
}

func (s stuck) Append(ctx context.Context, o ledger.Offer) (ledger.Receipt, error) {
	s.entered <- struct{}{}
	<-s.release
	return s.Ledger.Append(ctx, o)
}

func TestIngest_OverloadTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	s := stuck{entered: make(chan struct{}), release: make(chan struct{})}
	c := newCenter(t, false, func(o *ingest.Options) {
		s.Ledger = o.Ledger
		o.Ledger, o.Concurrent, o.RetryAfter = s, 1, 7*time.Second
	})
	a := c.enroll(t, "MIA-1")
	body := a.seal(t, 1, a.key).Bytes
	done := make(chan int)
	go func() {
		status, _ := a.send(t, body)
		done <- status
	}()
	<-s.entered
	response, err := a.client.Post(c.server.URL+"/ingest/v1/batches", "application/vnd.portolan.batch", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") != "7" || c.last() != ingest.Overload {
		t.Errorf("got %d, Retry-After %q, counted %v", response.StatusCode, response.Header.Get("Retry-After"), c.last())
	}
	close(s.release)
	if status := <-done; status != http.StatusOK {
		t.Errorf("the one that was served: %d", status)
	}
}

func TestIngest_SlowBodyGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, func(o *ingest.Options) { o.Concurrent, o.ReadTimeout = 1, 50*time.Millisecond })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.URL+"/ingest/v1/batches", neverEnds{t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/vnd.portolan.batch")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil {
		response.Body.Close()
		if response.StatusCode != http.StatusRequestTimeout {
			t.Errorf("got %d, want 408", response.StatusCode)
		}
	}
	a := c.enroll(t, "MIA-1") // there is room again
	if status, _ := a.send(t, a.seal(t, 1, a.key).Bytes); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// neverEnds is a body of which nothing comes.
type neverEnds struct{ ctx context.Context }

func (n neverEnds) Read([]byte) (int, error) {
	<-n.ctx.Done()
	return 0, io.ErrUnexpectedEOF
}

func TestIngest_ServesLiveBatchesWhileBacklogWaits(t *testing.T) {
	t.Parallel()
	s := stuck{entered: make(chan struct{}), release: make(chan struct{})}
	c := newCenter(t, false, func(o *ingest.Options) {
		s.Ledger = o.Ledger
		o.Ledger, o.Concurrent = s, 2
	})
	late, news := c.enroll(t, "MIA-1"), c.enroll(t, "SEA-1")
	send := func(a *agent, lane string) int {
		status, _ := c.post(t, a, lane, a.seal(t, 1, a.key).Bytes)
		return status
	}
	statuses := make(chan int, 2)
	go func() { statuses <- send(late, "backlog") }()
	<-s.entered
	if status := send(c.enroll(t, "IAD-1"), "backlog"); status != http.StatusServiceUnavailable {
		t.Errorf("second backlog batch: got %d, want 503", status)
	}
	go func() { statuses <- send(news, "live") }()
	<-s.entered // the live one has a place
	close(s.release)
	for range 2 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("got %d, want 200", status)
		}
	}
}

func TestIngest_RefusesBacklogWhileFoldingIsBehind(t *testing.T) {
	t.Parallel()
	var behind atomic.Int64
	c := newCenter(t, false, func(o *ingest.Options) {
		o.Behind = func() time.Duration { return time.Duration(behind.Load()) }
	})
	a, news := c.enroll(t, "MIA-1"), c.enroll(t, "SEA-1")
	body := a.seal(t, 1, a.key).Bytes
	behind.Store(int64(6 * time.Second))
	if status, after := c.post(t, a, "backlog", body); status != http.StatusServiceUnavailable || after != "5" {
		t.Errorf("backlog while folding is 6 s behind: got %d, Retry-After %q; want 503, 5", status, after)
	}
	if status, _ := c.post(t, news, "live", news.seal(t, 1, news.key).Bytes); status != http.StatusOK {
		t.Errorf("news while folding is 6 s behind: got %d", status)
	}
	behind.Store(int64(4 * time.Second))
	if status, _ := c.post(t, a, "backlog", body); status != http.StatusOK {
		t.Errorf("backlog while folding is 4 s behind: got %d", status)
	}
}

func TestIngest_BoundsTheBytesThatItWorksOn(t *testing.T) {
	t.Parallel()
	alike := newCenter(t, false, func(*ingest.Options) {}).enroll(t, "MIA-1")
	s := stuck{entered: make(chan struct{}), release: make(chan struct{})}
	c := newCenter(t, false, func(o *ingest.Options) {
		s.Ledger = o.Ledger
		// Room for one large batch and a small one, not for two large ones: how well one packs differs by some percent.
		o.Ledger, o.InFlight = s, 3*int64(len(alike.seal(t, 6000, alike.key).Bytes))/2
	})
	a := c.enroll(t, "MIA-1")
	body := a.seal(t, 6000, a.key).Bytes
	statuses := make(chan int, 2)
	go func() { status, _ := c.post(t, a, "backlog", body); statuses <- status }()
	<-s.entered // alone, it has room although it is more than half
	other := c.enroll(t, "SEA-1")
	large := other.seal(t, 6000, other.key).Bytes
	for _, lane := range []string{"backlog", "live"} {
		if status, _ := c.post(t, other, lane, large); status != http.StatusServiceUnavailable {
			t.Errorf("a second large batch, %s: got %d, want 503", lane, status)
		}
	}
	small := c.enroll(t, "IAD-1")
	go func() { status, _ := c.post(t, small, "live", small.seal(t, 1, small.key).Bytes); statuses <- status }()
	<-s.entered
	close(s.release)
	for range 2 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("got %d, want 200", status)
		}
	}
}

// post sends a batch in a lane, and returns the status with what Retry-After says.
func (c *center) post(t *testing.T, a *agent, lane string, body []byte) (status int, retryAfter string) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.URL+"/ingest/v1/batches", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	request.Header.Set("Content-Type", evidence.MediaType)
	request.Header.Set(evidence.LaneHeader, lane)
	response, err := a.client.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	response.Body.Close()
	return response.StatusCode, response.Header.Get("Retry-After")
}
