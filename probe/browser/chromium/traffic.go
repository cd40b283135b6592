package chromium

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
)

// traffic follows what the page asks the network for, and whether its document is there.
type traffic struct {
	mu sync.Mutex // guards everything that follows
	// frame is the page's main frame.
	frame cdp.FrameID
	// fail ends the step that is being performed; nil between steps.
	fail context.CancelCauseFunc
	// exchanges are those of the step, in order; open are those of the page that have not ended.
	exchanges []*exchange
	open      map[network.RequestID]*exchange
	// early holds the requests that were on their way before the page told of them: two processes tell.
	early map[network.RequestID]time.Time
	// document is what the page is loading; nil once it is there. asked says that the page wants one, and has not yet
	// asked the network for it.
	document *exchange
	asked    bool
	// settled is closed when neither holds any longer; nil if nobody waits.
	settled chan struct{}
	bytes   int64
	shown   int // documents that have taken the place of another so far
}

// mostExchanges bounds how many requests of a step are followed: a page may make any number.
const mostExchanges = 2000

// exchange is one request, and what came of it so far. A redirect ends one and begins the next.
type exchange struct {
	loader   cdp.LoaderID
	document bool
	began    time.Time
	wrote    time.Time // the request left for the network; zero if it has not
	answered *network.Response
	end      cdp.MonotonicTime // of the answer; zero if it has not ended
	failed   string            // Chromium's name of the error; empty for none
}

func newTraffic() *traffic { return &traffic{open: map[network.RequestID]*exchange{}} }

// watch says which frame counts.
func (t *traffic) watch(frame cdp.FrameID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frame = frame
}

// begin begins a step, which fail ends early.
func (t *traffic) begin(fail context.CancelCauseFunc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail, t.exchanges, t.bytes, t.early = fail, nil, 0, map[network.RequestID]time.Time{}
}

// event takes what happened.
func (t *traffic) event(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.requestLocked(e)
	case *network.EventRequestWillBeSentExtraInfo:
		t.wroteLocked(e.RequestID)
	case *network.EventResponseReceived:
		if x := t.open[e.RequestID]; x != nil {
			x.answered = e.Response
		}
	case *network.EventLoadingFinished:
		t.bytes += int64(e.EncodedDataLength)
		t.endLocked(e.RequestID, e.Timestamp, "")
	case *network.EventLoadingFailed:
		t.failedLocked(e)
	case *cdppage.EventFrameRequestedNavigation:
		t.asked = t.asked || e.FrameID == t.frame && e.Disposition == cdppage.ClientNavigationDispositionCurrentTab
	case *cdppage.EventFrameNavigated:
		if e.Frame.ID == t.frame {
			t.shown++
			// What the former document asked for, nobody waits for any longer.
			maps.DeleteFunc(t.open, func(_ network.RequestID, x *exchange) bool { return x.loader != e.Frame.LoaderID })
		}
	case *cdppage.EventNavigatedWithinDocument, *cdppage.EventFrameStoppedLoading:
		t.asked = false
		t.settleLocked()
	case *cdppage.EventLifecycleEvent:
		t.lifecycleLocked(e)
	case *inspector.EventTargetCrashed:
		t.failLocked(errCrashed)
	}
}

func (t *traffic) requestLocked(e *network.EventRequestWillBeSent) {
	if e.RedirectResponse != nil {
		if x := t.open[e.RequestID]; x != nil {
			x.answered = e.RedirectResponse
			t.bytes += int64(e.RedirectResponse.EncodedDataLength)
		}
		t.endLocked(e.RequestID, e.Timestamp, "")
	}
	x := &exchange{loader: e.LoaderID, began: time.Now(), document: e.Type == network.ResourceTypeDocument && e.FrameID == t.frame}
	if !x.document && e.Type != network.ResourceTypeXHR && e.Type != network.ResourceTypeFetch || len(t.exchanges) >= mostExchanges {
		return
	}
	x.wrote = t.early[e.RequestID]
	delete(t.early, e.RequestID)
	t.exchanges = append(t.exchanges, x)
	t.open[e.RequestID] = x
	if x.document {
		t.document, t.asked = x, false
	}
}

// wroteLocked notes that a request is on its way.
func (t *traffic) wroteLocked(id network.RequestID) {
	x := t.open[id]
	switch {
	case x != nil && x.wrote.IsZero():
		x.wrote = time.Now()
	case x == nil && t.fail != nil && len(t.early) < mostExchanges:
		t.early[id] = time.Now()
	}
}

func (t *traffic) endLocked(id network.RequestID, at cdp.MonotonicTime, failed string) {
	if x := t.open[id]; x != nil {
		x.end, x.failed = at, failed
		delete(t.open, id)
	}
}

// aborted is the error of a request that something else took the place of: another address, a download.
const aborted = "net::ERR_ABORTED"

func (t *traffic) failedLocked(e *network.EventLoadingFailed) {
	x := t.open[e.RequestID]
	t.endLocked(e.RequestID, e.Timestamp, e.ErrorText)
	if x == nil || x != t.document {
		return
	}
	t.document = nil
	if e.ErrorText != aborted {
		t.failLocked(&loadError{x})
	}
	t.settleLocked()
}

// lifecycleLocked notes that the document is there, and what became of it.
func (t *traffic) lifecycleLocked(e *cdppage.EventLifecycleEvent) {
	x := t.document
	if x == nil || e.Name != "DOMContentLoaded" || e.LoaderID != x.loader {
		return
	}
	t.document = nil
	if x.answered != nil && x.answered.Status >= 400 {
		t.failLocked(&statusError{int(x.answered.Status)})
	}
	t.settleLocked()
}

func (t *traffic) failLocked(cause error) {
	if t.fail != nil {
		t.fail(cause)
	}
}

func (t *traffic) settleLocked() {
	if t.settled != nil && t.document == nil && !t.asked {
		close(t.settled)
		t.settled = nil
	}
}

// settle waits until the document is there that the page is loading, if it is.
func (t *traffic) settle(ctx context.Context) error {
	t.mu.Lock()
	if t.document == nil && !t.asked {
		t.mu.Unlock()
		return ctx.Err()
	}
	if t.settled == nil {
		t.settled = make(chan struct{})
	}
	settled := t.settled
	t.mu.Unlock()
	select {
	case <-settled:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loaded reports whether the step has loaded a document.
func (t *traffic) loaded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, x := range t.exchanges {
		if x.document {
			return true
		}
	}
	return false
}

// documents returns how many documents were shown so far.
func (t *traffic) documents() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown
}
