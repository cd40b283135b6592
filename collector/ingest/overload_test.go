package ingest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
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
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.URL+"/ingest/v1/batches", bytes.NewReader(a.seal(t, 1, a.key).Bytes))
		if err != nil {
			t.Error(err)
			return 0
		}
		request.Header.Set("Content-Type", evidence.MediaType)
		request.Header.Set(evidence.LaneHeader, lane)
		response, err := a.client.Do(request)
		if err != nil {
			t.Error(err)
			return 0
		}
		response.Body.Close()
		return response.StatusCode
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
