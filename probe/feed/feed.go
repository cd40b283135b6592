// Package feed is the way of talking to a system that sends a stream of items without being asked for each:
// a radar picture with the tracks of many sensors, as JSON, one item a line over TCP or a WebSocket.
//
// A step connects, subscribes, and watches the stream for a while that its definition bounds in time, lines
// and bytes. From this sample it measures what a user of the picture depends on: how long the first item took,
// how old the newest item of each source is, which share of the sources is live. The definition's limits
// judge it. Items are counted and dropped, never kept.
//
// Ages count by the feed's own clock where the definition names it, so that a workstation whose clock is wrong
// does not call a good picture stale.
package feed

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"os"
	"time"

	"portolan"
	"portolan/probe"
)

// Way returns the way of watching a feed, for the key "feed" under a step.
func Way() probe.Way {
	return probe.Way{Name: "feed", Decode: func(decode func(into any) error) (probe.Action, []probe.Fault) {
		var d definition
		if err := decode(&d); err != nil {
			return nil, nil
		}
		a, faults := compile(&d)
		if len(faults) > 0 {
			return nil, faults
		}
		return a, nil
	}}
}

// action is one subscription, ready to be filled with a run's values, and what its sample must be.
type action struct {
	url       probe.Template
	subscribe probe.Template // empty: nothing is sent
	fields    fields
	sources   int
	bounds    bounds
	limits    limits
	secure    probe.TLS
	needs     []string
}

// fields names the keys of a message that mean something here.
type fields struct {
	source, time string // of an item; a message without a source is none
	clock        string // the feed's own time; empty: ages count by the workstation's clock
	failure      string // a message that has it is an error; empty: none is
}

// bounds ends the sample.
type bounds struct {
	first time.Duration // how long the first item is waited for
	time  time.Duration // from the first item on
	lines int
	bytes int64
}

// limits is what the sample must be. Zero values set no limit.
type limits struct {
	age        time.Duration // of the newest item of all
	liveWithin time.Duration // a source is live if its newest item is no older
	live       int64         // the least share of live sources, in millionths
	pattern    string        // names the sources whose share of the items is measured; empty for none
	share      int64         // the least such share, in millionths
}

var _ probe.Action = (*action)(nil)

// Needs implements probe.Action.
func (a *action) Needs() []string { return a.needs }

// Gives implements probe.Action.
func (a *action) Gives() []string { return nil }

// Perform implements probe.Action.
func (a *action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	w := &watch{action: a, watch: probe.StartStopwatch(), sample: newSample(a)}
	failure := w.perform(ctx, run)
	return probe.Observation{
		Phases: w.watch.Stop(), Bytes: w.bytes, Measures: w.sample.measures(), Failure: failure,
	}
}

// watch is one performance of an action.
type watch struct {
	action *action
	watch  *probe.Stopwatch
	sample *sample
	bytes  int64
}

func (w *watch) perform(ctx context.Context, run *probe.Run) *probe.Failure {
	request, err := w.action.fill(run)
	if err != nil {
		return &probe.Failure{Kind: portolan.KindMonitor, Err: err}
	}
	s, failure := w.connect(ctx, run, request.url)
	if failure != nil {
		return failure
	}
	defer s.close()
	defer context.AfterFunc(ctx, s.close)()
	w.watch.Enter(portolan.PhaseRequest)
	if request.subscribe != "" {
		if err := s.write(ctx, request.subscribe); err != nil {
			return probe.NetworkFailure(ctx, portolan.PhaseRequest, err)
		}
	}
	if failure := w.collect(ctx, s); failure != nil {
		return failure
	}
	w.watch.Enter(portolan.PhaseCheck)
	return w.sample.judge()
}

// collect reads until the sample is full.
func (w *watch) collect(ctx context.Context, s *stream) *probe.Failure {
	w.watch.Enter(portolan.PhaseWait)
	b := w.action.bounds
	s.until(time.Now().Add(b.first))
	for lines := 0; lines < b.lines && w.bytes < b.bytes; lines++ {
		line, err := s.line()
		w.bytes += int64(len(line))
		full := w.sample.items > 0 && ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case full:
			return nil
		case errors.Is(err, errTooLong):
			return &probe.Failure{Phase: portolan.PhaseRead, Kind: portolan.KindTooLarge, Err: err}
		case err != nil:
			return w.broken(ctx, err)
		}
		first := w.sample.items == 0
		if failure := w.sample.take(line, w.watch.Elapsed()); failure != nil {
			return failure
		}
		if first && w.sample.items > 0 {
			w.watch.Enter(portolan.PhaseRead)
			s.until(time.Now().Add(b.time))
		}
	}
	return nil
}

// broken returns the failure of a stream that gave no more.
func (w *watch) broken(ctx context.Context, err error) *probe.Failure {
	if w.sample.items == 0 && ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("no item within %s: %w", w.action.bounds.first, err)
	}
	return probe.NetworkFailure(ctx, w.watch.Phase(), err)
}

// trace returns ctx with the callbacks that move the stopwatch from phase to phase until the connection is
// there: a phase lasts until the next begins.
func (w *watch) trace(ctx context.Context) context.Context {
	enter := w.watch.Enter
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { enter(portolan.PhaseDNS) },
		ConnectStart:      func(string, string) { enter(portolan.PhaseConnect) },
		TLSHandshakeStart: func() { enter(portolan.PhaseTLS) },
		GotConn:           func(httptrace.GotConnInfo) { enter(portolan.PhaseRequest) },
		WroteRequest:      func(httptrace.WroteRequestInfo) { w.watch.Advance(portolan.PhaseRequest, portolan.PhaseWait) },
	})
}
